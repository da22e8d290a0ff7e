/**
 * Text as the words by which a value is followed from step to step. Case, white space and punctuation fall away; the
 * formats of numbers (`1,000.00`, `1000`) and dates (`May 15th, 2024`, `2024-05-15`) become one. One pass, no
 * backtracking: each expression is tried at one place only and looks a bounded way ahead.
 */
import { fold } from '../text.ts'

const SCHEME = /https?:\/\//y
const ISO_DATE = /(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?![\p{L}\p{N}])/uy
const DAY_FIRST = /(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?![\p{L}\p{N}])/uy
const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')
const MONTH = '(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}'
const NAMED_DAY_FIRST = new RegExp(
  `(\\d{1,2})(?:st|nd|rd|th|\\.)?\\s{1,2}(?:of\\s)?${MONTH}\\.?,?\\s{1,2}(\\d{4})(?![\\p{L}\\p{N}])`,
  'uy',
)
const NAMED_MONTH_FIRST = new RegExp(
  `${MONTH}\\.?\\s{1,2}(\\d{1,2})(?:st|nd|rd|th)?,?\\s{1,2}(\\d{4})(?![\\p{L}\\p{N}])`,
  'uy',
)
/** Digits with the signs that group them; what is longer is no amount. */
const NUMBER = /\d{1,30}(?:[.,']\d{1,30}){0,8}(?![\p{L}\p{N}_])/uy
const WORD = /[\p{L}\p{N}\p{M}_]+/uy
const IN_WORD = /[\p{L}\p{N}\p{M}_]/u

/** `max`: words read; what follows is left out and reported as cut. */
export function wordsOf(text: string, max: number): { readonly words: string[]; readonly cut: boolean } {
  const folded = fold(text)
  const words: string[] = []
  let at = 0
  while (at < folded.length) {
    if (words.length >= max) return { words, cut: true }
    const code = folded.charCodeAt(at)
    const isAscii = code < 128
    if (isAscii && !isWordCode(code)) {
      at++
      continue
    }
    const read = match(SCHEME, folded, at)
    if (read !== null) {
      at += read[0].length
      continue
    }
    const special = code >= 48 && code <= 57 ? startsWithDigit(folded, at) : monthFirst(folded, at, code)
    if (special !== undefined) {
      words.push(...special.words)
      at += special.length
      continue
    }
    const word = match(WORD, folded, at)
    if (word === null) {
      at += isAscii || !IN_WORD.test(String.fromCodePoint(folded.codePointAt(at) ?? 32)) ? 1 : 2
      continue
    }
    words.push(word[0])
    at += word[0].length
  }
  return { words, cut: false }
}

interface Special {
  readonly words: readonly string[]
  readonly length: number
}

function match(expression: RegExp, text: string, at: number): RegExpExecArray | null {
  expression.lastIndex = at
  return expression.exec(text)
}

function isWordCode(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 122) || code === 95
}

function startsWithDigit(text: string, at: number): Special | undefined {
  const iso = match(ISO_DATE, text, at)
  if (iso !== null) return dated(iso, iso[1]!, iso[3]!, iso[4]!)
  const dayFirst = match(DAY_FIRST, text, at)
  if (dayFirst !== null) {
    // 03/04 is read by month or by day in different countries; a day above twelve decides.
    const [, a, sign, b, year] = dayFirst
    const byMonth = sign === '/' && Number(a) <= 12
    return byMonth ? dated(dayFirst, year!, a!, b!) : dated(dayFirst, year!, b!, a!)
  }
  const named = match(NAMED_DAY_FIRST, text, at)
  if (named !== null) return dated(named, named[3]!, String(MONTHS.indexOf(named[2]!) + 1), named[1]!)
  const number = match(NUMBER, text, at)
  return number === null ? undefined : { words: numberWords(number[0]), length: number[0].length }
}

function monthFirst(text: string, at: number, code: number): Special | undefined {
  if (code < 97 || code > 115) return undefined
  const named = match(NAMED_MONTH_FIRST, text, at)
  return named === null
    ? undefined
    : dated(named, named[3]!, String(MONTHS.indexOf(named[1]!) + 1), named[2]!)
}

function dated(read: RegExpExecArray, year: string, month: string, day: string): Special {
  return { words: [`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`], length: read[0].length }
}

/** One plain decimal where the signs can be read as grouping and a point; else the digits one by one. */
function numberWords(written: string): string[] {
  const parts = written.split(/[.,']/)
  const signs = written.replace(/\d/g, '')
  if (parts.length === 1) return [plainNumber(written, '')]
  const [last] = parts.slice(-1)
  const grouped = (groups: readonly string[]) =>
    groups[0]!.length <= 3 && groups.slice(1).every((one) => one.length === 3)
  const sameSign = new Set(signs).size === 1
  if (sameSign && grouped(parts) && (parts.length > 2 || signs[0] !== '.'))
    return [plainNumber(parts.join(''), '')]
  if (parts.length === 2) return [plainNumber(parts[0]!, last!)]
  const inner = parts.slice(0, -1)
  const oneGrouping = new Set(signs.slice(0, -1)).size === 1 && signs.at(-1) !== signs[0]
  return oneGrouping && grouped(inner) ? [plainNumber(inner.join(''), last!)] : parts
}

/** `007` stays as it is: leading zeros are part of an identifier. */
function plainNumber(whole: string, part: string): string {
  const fraction = part.replace(/0+$/, '')
  return fraction === '' ? whole : `${whole}.${fraction}`
}
