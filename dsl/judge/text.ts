/**
 * How text is compared. Unless a policy says `exactly`, both sides are folded first, so that neither full-width
 * digits, nor a zero-width joiner inside a word, nor capitals slip past a test.
 */

/** Characters drawn as nothing: zero-width, soft hyphen, fillers, variation selectors, Unicode tags; and the bidirectional ones. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}]/gu
// biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of ASCII is meant, and folds to itself but for case
const ASCII = /^[\u0000-\u007f]*$/
const WORD = /[\p{L}\p{N}\p{M}_]/u

/** Names and identifiers are short: looking at them costs less than calling an expression. */
const SHORT = 32

function isAscii(text: string): boolean {
  if (text.length > SHORT) return ASCII.test(text)
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false
  return true
}

/** Compatibility form without invisible characters; case kept. The identity of a join key. */
export function plain(text: string): string {
  return isAscii(text) ? text : text.replace(INVISIBLE, '').normalize('NFKC').replace(INVISIBLE, '')
}

/** `plain`, then case folded (by way of capitals, so that ß and ss, ς and σ agree). */
export function fold(text: string): string {
  if (isAscii(text)) return text.toLowerCase()
  return plain(text).toUpperCase().toLowerCase().replaceAll('ς', 'σ').normalize('NFKC')
}

/** `fold(text) === folded`, without building a string when `folded` and the text are ASCII. */
export function foldsTo(text: string, folded: string): boolean {
  if (text === folded) return true
  const { length } = text
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    // Only a non-ASCII character can vanish or expand, and it never folds into the middle of an ASCII match.
    if (code > 127) return fold(text) === folded
    const expected = folded.charCodeAt(i)
    if (expected > 127) return fold(text) === folded
    if (code !== expected && (code < 65 || code > 90 || code + 32 !== expected)) return false
  }
  return length === folded.length
}

export type TextTest = 'contains' | 'starts' | 'ends' | 'equals'

/** One test of `subject` against `wanted`, both folded by the caller unless exact. Empty `wanted` never matches but by `equals`. */
export function testText(test: TextTest, subject: string, wanted: string, words: boolean): boolean {
  if (test === 'equals') return subject === wanted
  if (wanted === '') return false
  if (test === 'starts') return subject.startsWith(wanted) && (!words || endsWord(subject, wanted.length))
  if (test === 'ends') {
    return subject.endsWith(wanted) && (!words || startsWord(subject, subject.length - wanted.length))
  }
  if (!words) return subject.includes(wanted)
  for (let at = subject.indexOf(wanted); at >= 0; at = subject.indexOf(wanted, at + 1)) {
    if (startsWord(subject, at) && endsWord(subject, at + wanted.length)) return true
  }
  return false
}

function startsWord(text: string, at: number): boolean {
  if (at === 0) return true
  const low = text.charCodeAt(at - 1)
  const before = low >= 0xdc00 && low <= 0xdfff ? text.slice(at - 2, at) : text.charAt(at - 1)
  return !WORD.test(before)
}

function endsWord(text: string, at: number): boolean {
  return at >= text.length || !WORD.test(String.fromCodePoint(text.codePointAt(at) ?? 32))
}

/** Characters as people count them least surprisingly: code points. */
export function characters(text: string): number {
  let count = text.length
  for (let i = 0; i < text.length - 1; i++) {
    const high = text.charCodeAt(i)
    if (high < 0xd800 || high > 0xdbff) continue
    const low = text.charCodeAt(i + 1)
    if (low >= 0xdc00 && low <= 0xdfff) {
      count--
      i++
    }
  }
  return count
}
