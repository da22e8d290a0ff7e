/**
 * Detectors, as data: where a candidate may be, and what proves that something stands there. They see folded text
 * (see `text.ts`), so letters in the patterns are small. Repetitions are bounded, so that a text costs its length times a constant.
 */
import { CARD_CANDIDATES, cardsIn } from './cards.ts'

export interface Found {
  readonly start: number
  readonly end: number
}

interface Detector {
  readonly candidates: RegExp
  /** The parts of a candidate that are it, in order; without one, every candidate is. */
  readonly prove?: (candidate: string) => readonly Found[]
  /** A candidate in which nothing is found cannot hide a later one: the search goes on behind it. */
  readonly whole?: true
}

const DETECTORS: Readonly<Record<string, Detector>> = {
  card_number: { candidates: CARD_CANDIDATES, prove: cardsIn, whole: true },
  email_address: {
    candidates: /[a-z0-9._%+-]{1,64}@[a-z0-9](?:[a-z0-9-]{0,62}\.){1,8}[a-z]{2,24}(?![a-z0-9])/g,
  },
  iban: {
    candidates: /(?<![a-z0-9])[a-z]{2}[0-9]{2}(?:[ \u2010-\u2015\u2212-]?[a-z0-9]){11,40}/g,
    prove: ibanIn,
  },
  // Said to be one, fewer digits are enough, however they are grouped.
  phone_number: {
    candidates:
      /(?<![a-z])(?:phone|telephone|tel|mobile|cell|desk|fax|call (?:me|us|him|her|them) (?:on|at))[ .:#]{1,3}\+?[(0-9][0-9() .\u2010-\u2015\u2212-]{4,20}[0-9](?![0-9])|(?<![0-9+]|[0-9]\.)(?:\+[0-9]{1,3}[ .\u2010-\u2015\u2212-]?)?\([0-9]{1,4}\)[ .\u2010-\u2015\u2212-]?[0-9]{1,4}(?:[ .\u2010-\u2015\u2212-][0-9]{2,4}){1,4}(?![0-9])|(?<![0-9+]|[0-9]\.)(?:\+[0-9]{1,3}[ .\u2010-\u2015\u2212-]?)?[0-9]{2,4}(?:[ .\u2010-\u2015\u2212-][0-9]{2,4}){1,4}(?![0-9])|(?<![0-9])\+[0-9]{8,15}(?![0-9])/g,
    prove: phoneIn,
  },
  // What services hand out, by its shape; what stands after `password=` and the like.
  secret: {
    candidates:
      /(?<![a-z0-9])(?:akia[0-9a-z]{16}|gh[pousr]_[a-z0-9]{36,255}|github_pat_[a-z0-9_]{22,255}|xox[abeprs]-[a-z0-9-]{10,250}|aiza[a-z0-9_-]{35}|[rs]k_(?:live|test)_[a-z0-9]{16,128}|sk-[a-z0-9_-]{20,200}|eyj[a-z0-9_-]{10,2000}\.eyj[a-z0-9_-]{10,2000}\.[a-z0-9_-]{10,1000}|(?:password|passwd|pwd|secret|token|api[ _-]?key|access[ _-]?key)["']?\s{0,3}[:=]\s{0,3}["']?[^\s"',;]{6,200})|-----begin (?:[a-z0-9]{1,12} ){0,3}private key-----[a-z0-9+/=\s]{0,8000}(?:-----end (?:[a-z0-9]{1,12} ){0,3}private key-----)?|:\/\/[^\s:@/]{1,64}:[^\s:@/]{3,64}(?=@)/g,
    prove: secretIn,
  },
  ssn: {
    candidates:
      /(?<![0-9-])[0-9]{3}[ \u2010-\u2015\u2212-][0-9]{2}[ \u2010-\u2015\u2212-][0-9]{4}(?![0-9-])/g,
    prove: ssnIn,
  },
}

export function hasDetector(name: string): boolean {
  return Object.hasOwn(DETECTORS, name)
}

/** Where `detector` finds something in folded `text`, in order, without overlap; undefined for one nobody knows. */
export function spans(detector: string, text: string): readonly Found[] | undefined {
  if (!hasDetector(detector)) return undefined
  const { candidates, prove = all, whole } = DETECTORS[detector]!
  if (text.search(candidates) < 0) return NONE
  // A copy: the place reached is kept in the expression itself.
  const search = new RegExp(candidates)
  const found: Found[] = []
  for (let match = search.exec(text); match !== null; match = search.exec(text)) {
    const { 0: candidate, index } = match
    const parts = prove(candidate)
    for (const { start, end } of parts) found.push({ start: index + start, end: index + end })
    const last = parts.at(-1)
    if (last !== undefined && !whole) search.lastIndex = index + last.end
    else if (!whole) search.lastIndex = index + 1
  }
  return found
}

function all(candidate: string): readonly Found[] {
  return [{ start: 0, end: candidate.length }]
}

const NONE: readonly Found[] = []
const PHONE_DIGITS_SAID = 7

/** Words that follow may look like more of it: the longest beginning whose remainder is right. */
function ibanIn(candidate: string): readonly Found[] {
  for (let end = candidate.length; end >= 15; end--) {
    const behind = candidate[end]
    if (behind !== undefined && /[a-z0-9]/.test(behind)) continue
    if (mod97(candidate.slice(0, end).replace(/[^a-z0-9]/g, ''))) return [{ start: 0, end }]
  }
  return NONE
}

function phoneIn(candidate: string): readonly Found[] {
  const start = /^[a-z :.#]+/.exec(candidate)?.[0].length ?? 0
  const number = candidate.slice(start)
  const count = digitsOf(number).length
  // A date, an address of the internet and a bare pair of numbers are none.
  const isOther =
    /^[0-9]{4}[\u2010-\u2015\u2212-][0-9]{2}[\u2010-\u2015\u2212-][0-9]{2}|^[0-9]{1,3}(?:\.[0-9]{1,3}){3}$/.test(
      number,
    )
  const least = start > 0 ? PHONE_DIGITS_SAID : number.includes('(') ? 8 : 9
  return count >= least && count <= 15 && !isOther ? [{ start, end: candidate.length }] : NONE
}

/** Of `password=…` the value alone. With space or a colon before it, it may be prose or code: then it needs a digit. */
function secretIn(candidate: string): readonly Found[] {
  const assigned =
    /^(?:password|passwd|pwd|secret|token|api[ _-]?key|access[ _-]?key)(["']?\s*[:=]\s*["']?)/.exec(candidate)
  if (assigned === null) return all(candidate)
  const start = assigned[0].length
  const value = candidate.slice(start)
  const sure = assigned[1] === '=' && !value.includes('(')
  return sure || (value.length >= 8 && /[0-9]/.test(value)) ? [{ start, end: candidate.length }] : NONE
}

/** As issued: no area 000, 666 or 9xx, no group 00, no serial 0000. */
function ssnIn(candidate: string): readonly Found[] {
  const digits = digitsOf(candidate)
  const area = digits.slice(0, 3)
  if (area === '000' || area === '666' || area >= '900') return NONE
  return digits.slice(3, 5) === '00' || digits.slice(5) === '0000' ? NONE : all(candidate)
}

function digitsOf(text: string): string {
  return text.replace(/[^0-9]/g, '')
}

/** ISO 13616: country and check digits moved behind, letters as 10–35, remainder 1. */
export function mod97(iban: string): boolean {
  const text = iban.toLowerCase()
  if (!/^[a-z]{2}[0-9]{2}[a-z0-9]{11,30}$/.test(text)) return false
  let rest = 0
  for (const char of text.slice(4) + text.slice(0, 4)) {
    const value = Number.parseInt(char, 36)
    rest = (value > 9 ? rest * 100 + value : rest * 10 + value) % 97
  }
  return rest === 1
}
