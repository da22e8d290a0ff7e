/**
 * Payment card numbers in a text: as many digits as issuers give, with the right check digit, however they are grouped. Over
 * the end of a line, and in columns, there are other numbers below and beside each other: there it must look like a card, too.
 */

/**
 * Runs of digits that may hold one. A run may hold more than the card's own, such as an expiry date or a verification code
 * behind it.
 */
export const CARD_CANDIDATES =
  /[0-9](?:[0-9]|[ .\u2010-\u2015\u2212\t\n\v\f\r\u0085\u2028\u2029-]{1,4}[0-9]){11,}/g

/** Between two digits of one line. Folding leaves these dashes, and the minus sign that is drawn as one. */
const IN_LINE = /^(?:[ .-]{0,2}| ?[\u2010-\u2015\u2212-] ?)$/
/** Where one line ends and the next begins, or a column: a dash at the end parts a number, at the beginning it is a minus. */
const OVER_LINES = /^[ \u2010-\u2015\u2212-]{0,2}[\t\n\v\f\r\u0085\u2028\u2029]{1,2} {0,3}$/
/** Debit cards of some issuers have twelve digits, the others one more at least. */
const DIGITS_MIN = 12
const TWELVE_DIGITS = /^(?:50|5[6-8]|6)/
const DIGITS_MAX = 19
/** First digits that networks of payment cards were given (ISO/IEC 7812). */
const OF_A_NETWORK = /^(?:3[04-9]|4|5[0-8]|6|2[2-7]|1800|2131)/
/** How cards are embossed, and sixteen digits without gaps that a page has broken once. */
const EMBOSSED = /^(?:4 4 4(?: [1-4]| 4 3)?|4 4 5|4 6 [45]|4 12|5 11|6 10|7 9|8 8|9 7|10 6|11 5|12 4)$/

interface Place {
  readonly start: number
  readonly end: number
}

/** Each 12 to 19 digits of a candidate, standing free, whose check digit is right. */
export function cardsIn(candidate: string): readonly Place[] {
  const at = Array.from(candidate.matchAll(/[0-9]/g), (match) => match.index)
  const digits = candidate.replace(/[^0-9]/g, '')
  /** What stands before the digit; undefined at the candidate's ends. */
  const gaps = at.map((place, i) => (i === 0 ? undefined : candidate.slice(at[i - 1]! + 1, place)))
  const isCard = (first: number, end: number): boolean => {
    if (gaps[first] === '' || gaps[end] === '') return false
    const number = digits.slice(first, end)
    if (number.length === DIGITS_MIN && !TWELVE_DIGITS.test(number)) return false
    if (!luhn(number) || !/[1-9]/.test(number)) return false
    const inside = gaps.slice(first + 1, end)
    if (inside.every((gap) => IN_LINE.test(gap!))) return true
    const readable = inside.every((gap) => IN_LINE.test(gap!) || OVER_LINES.test(gap!))
    return readable && OF_A_NETWORK.test(number) && isEmbossed(inside)
  }
  const found: Place[] = []
  for (let first = 0; first + DIGITS_MIN <= at.length; ) {
    let end = Math.min(first + DIGITS_MAX, at.length)
    while (end - first >= DIGITS_MIN && !isCard(first, end)) end--
    if (end - first < DIGITS_MIN) first++
    else {
      found.push({ start: at[first]!, end: at[end - 1]! + 1 })
      first = end
    }
  }
  return found
}

/** `gaps` between the digits of a number. */
function isEmbossed(gaps: readonly (string | undefined)[]): boolean {
  const groups = [1]
  for (const gap of gaps) {
    if (gap === '') groups[groups.length - 1]!++
    else groups.push(1)
  }
  return EMBOSSED.test(groups.join(' '))
}

/** ISO/IEC 7812-1: doubled every second digit from the right, the sum of all digits ends in 0. */
export function luhn(digits: string): boolean {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48
    const weighted = i % 2 === 0 ? digit : digit * 2
    sum += weighted > 9 ? weighted - 9 : weighted
  }
  return sum % 10 === 0
}
