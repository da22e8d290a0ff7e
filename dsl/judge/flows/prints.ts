/**
 * Fingerprints of words and of two and three words in a row. A value occurs in a text when all of its overlapping
 * threes do (its two, its one, if it is shorter): the price of a constant-size memory is that a long value might be
 * put together from pieces of one source.
 *
 * 42 bits, seeded by the conversation: among a hundred thousand remembered prints two in fifty million collide, and
 * nobody who does not know the conversation can look for a collision beforehand.
 */

export type Print = number

/** Characters of one print in a cell. */
export const PRINT_CHARS = 7
const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_'
const HALF = 0x20_0000

export function seedOf(conversation: string): number {
  let seed = 0x811c_9dc5
  for (let i = 0; i < conversation.length; i++)
    seed = Math.imul(seed ^ conversation.charCodeAt(i), 0x0100_0193)
  return seed >>> 0
}

/** Of `count` words from `from` on, told apart from other counts. */
export function printOf(seed: number, words: readonly string[], from: number, count: number): Print {
  let a = seed ^ Math.imul(count, 0x9e37_79b1)
  let b = (seed >>> 7) ^ 0x5bd1_e995 ^ count
  for (let w = from; w < from + count; w++) {
    const word = words[w]!
    for (let i = 0; i < word.length; i++) {
      const code = word.charCodeAt(i)
      a = Math.imul(a ^ code, 0x0100_0193)
      b = Math.imul((b << 5) ^ (b >>> 11) ^ code, 0x27d4_eb2f)
    }
    a = Math.imul(a ^ 0x1f, 0x0100_0193)
    b = Math.imul(b ^ 0x1f, 0x165667b1)
  }
  a ^= a >>> 15
  b ^= b >>> 13
  return ((Math.imul(a, 0x85eb_ca6b) >>> 11) % HALF) * HALF + ((Math.imul(b, 0xc2b2_ae35) >>> 11) % HALF)
}

/** The prints whose presence means that the words occur. */
export function needed(seed: number, words: readonly string[]): Print[] {
  const width = Math.min(3, words.length)
  if (width === 0) return []
  const prints: Print[] = []
  for (let from = 0; from + width <= words.length; from++) prints.push(printOf(seed, words, from, width))
  return prints
}

/** What is remembered of words in a row: each, each two, each three, and the codes written in blocks (`joined`). */
export function remember(
  seed: number,
  words: readonly string[],
  codes: readonly string[],
  keep: (print: Print) => void,
): void {
  for (let from = 0; from < words.length; from++) {
    keep(printOf(seed, words, from, 1))
    if (from + 1 < words.length) keep(printOf(seed, words, from, 2))
    if (from + 2 < words.length) keep(printOf(seed, words, from, 3))
  }
  for (const code of codes) keep(printOf(seed, [code], 0, 1))
}

const BLOCK_MAX = 4
const CODE_MIN = 7
const CODE_MAX = 34
const BLOCK = /^[a-z]{0,4}[0-9]{0,4}[a-z]{0,4}$/
const COUNTRY = /^[a-z]{2}[0-9]{2}$/

/** `gb29 nwbk 6016 1331 …`: codes written in blocks, as one word; from where the blocks begin, and from a country on. */
export function joined(words: readonly string[]): string[] {
  const found: string[] = []
  let inside = false
  for (let from = 0; from < words.length; from++) {
    const starts = isBlock(words[from]!) && /\d/.test(words[from]!)
    if (starts && (!inside || COUNTRY.test(words[from]!))) {
      let code = words[from]!
      for (let to = from + 1; to < words.length && isBlock(words[to]!); to++) {
        code += words[to]!
        if (code.length > CODE_MAX) break
        if (code.length >= CODE_MIN) found.push(code)
      }
    }
    inside = starts
  }
  return found
}

function isBlock(word: string): boolean {
  return word.length <= BLOCK_MAX && BLOCK.test(word)
}

const CODES = Uint8Array.from(DIGITS, (digit) => digit.charCodeAt(0))
const ASCII = new TextDecoder()

/** 42 bits as seven digits of six, the lowest first; in halves, since bit operations end at 32. */
export function encode(prints: readonly Print[]): string {
  const codes = new Uint8Array(prints.length * PRINT_CHARS)
  let at = 0
  for (const print of prints) {
    const low = print % HALF
    const high = (print - low) / HALF
    codes[at] = CODES[low & 63]!
    codes[at + 1] = CODES[(low >>> 6) & 63]!
    codes[at + 2] = CODES[(low >>> 12) & 63]!
    codes[at + 3] = CODES[(low >>> 18) | ((high & 7) << 3)]!
    codes[at + 4] = CODES[(high >>> 3) & 63]!
    codes[at + 5] = CODES[(high >>> 9) & 63]!
    codes[at + 6] = CODES[high >>> 15]!
    at += PRINT_CHARS
  }
  return ASCII.decode(codes)
}

/** By character code; what is no digit counts as 0. */
const VALUE_OF = Uint8Array.from({ length: 128 }, (_, code) =>
  Math.max(0, DIGITS.indexOf(String.fromCharCode(code))),
)

export function decode(text: string): Print[] {
  const prints: Print[] = []
  const digit = (at: number): number => VALUE_OF[text.charCodeAt(at)] ?? 0
  for (let at = 0; at + PRINT_CHARS <= text.length; at += PRINT_CHARS) {
    const middle = digit(at + 3)
    const low = digit(at) | (digit(at + 1) << 6) | (digit(at + 2) << 12) | ((middle & 7) << 18)
    const high = (middle >>> 3) | (digit(at + 4) << 3) | (digit(at + 5) << 9) | (digit(at + 6) << 15)
    prints.push(high * HALF + low)
  }
  return prints
}
