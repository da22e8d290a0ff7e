/**
 * Detectors, as data: where a candidate may be, and what proves that something stands there. They see folded text
 * (see `text.ts`), so letters in the patterns are small. Repetitions are bounded, so that a text costs its length times a constant.
 */
export interface Found {
  readonly start: number
  readonly end: number
}

interface Detector {
  readonly candidates: RegExp
  /** The first part of a candidate that is it; without one, every candidate is. */
  readonly prove?: (candidate: string) => Found | undefined
}

const DETECTORS: Readonly<Record<string, Detector>> = {
  // A run of digits may hold more than the card's own, such as an expiry date or a verification code behind it.
  card_number: { candidates: /[0-9](?:[ .-]{0,2}[0-9]){12,}/g, prove: cardIn },
  email_address: {
    candidates: /[a-z0-9._%+-]{1,64}@[a-z0-9](?:[a-z0-9-]{0,62}\.){1,8}[a-z]{2,24}(?![a-z0-9])/g,
  },
  iban: { candidates: /(?<![a-z0-9])[a-z]{2}[0-9]{2}(?:[ -]?[a-z0-9]){11,40}/g, prove: ibanIn },
  phone_number: {
    candidates:
      /(?<![0-9+])(?:\+[0-9]{1,3}[ .-]?)?(?:\([0-9]{1,4}\)[ .-]?)?[0-9]{2,4}(?:[ .-][0-9]{2,4}){1,4}(?![0-9])|(?<![0-9])\+[0-9]{8,15}(?![0-9])/g,
    prove: phoneIn,
  },
  ssn: { candidates: /(?<![0-9-])[0-9]{3}[ -][0-9]{2}[ -][0-9]{4}(?![0-9-])/g, prove: ssnIn },
}

export const DETECTOR_NAMES: readonly string[] = Object.keys(DETECTORS)

export function hasDetector(name: string): boolean {
  return Object.hasOwn(DETECTORS, name)
}

/** Where `detector` finds something in folded `text`, in order, without overlap; undefined for one nobody knows. */
export function spans(detector: string, text: string): readonly Found[] | undefined {
  if (!hasDetector(detector)) return undefined
  const { candidates, prove } = DETECTORS[detector]!
  const found: Found[] = []
  for (const { 0: candidate, index } of text.matchAll(candidates)) {
    // One candidate may hold several, one behind the other.
    for (let from = 0; from < candidate.length; ) {
      const part = prove === undefined ? { start: 0, end: candidate.length } : prove(candidate.slice(from))
      if (part === undefined) break
      found.push({ start: index + from + part.start, end: index + from + part.end })
      from += part.end
    }
  }
  return found
}

const CARD_DIGITS_MIN = 13
const CARD_DIGITS_MAX = 19

/** The first 13 to 19 digits, standing free, whose check digit is right. */
function cardIn(candidate: string): Found | undefined {
  const at = Array.from(candidate.matchAll(/[0-9]/g), (match) => match.index)
  for (let first = 0; first + CARD_DIGITS_MIN <= at.length; first++) {
    if (first > 0 && at[first]! - at[first - 1]! === 1) continue
    for (let count = Math.min(CARD_DIGITS_MAX, at.length - first); count >= CARD_DIGITS_MIN; count--) {
      const last = first + count - 1
      if (last + 1 < at.length && at[last + 1]! - at[last]! === 1) continue
      const [start, end] = [at[first]!, at[last]! + 1]
      if (luhn(digitsOf(candidate.slice(start, end)))) return { start, end }
    }
  }
  return undefined
}

/** Words that follow may look like more of it: the longest beginning whose remainder is right. */
function ibanIn(candidate: string): Found | undefined {
  for (let end = candidate.length; end >= 15; end--) {
    const behind = candidate[end]
    if (behind !== undefined && /[a-z0-9]/.test(behind)) continue
    if (mod97(candidate.slice(0, end).replace(/[ -]/g, ''))) return { start: 0, end }
  }
  return undefined
}

function phoneIn(candidate: string): Found | undefined {
  const count = digitsOf(candidate).length
  // A date and a bare pair of numbers are none.
  const isDate = /^[0-9]{4}-[0-9]{2}-[0-9]{2}/.test(candidate)
  return count >= 9 && count <= 15 && !isDate ? { start: 0, end: candidate.length } : undefined
}

/** As issued: no area 000, 666 or 9xx, no group 00, no serial 0000. */
function ssnIn(candidate: string): Found | undefined {
  const digits = digitsOf(candidate)
  const area = digits.slice(0, 3)
  if (area === '000' || area === '666' || area >= '900') return undefined
  return digits.slice(3, 5) === '00' || digits.slice(5) === '0000'
    ? undefined
    : { start: 0, end: candidate.length }
}

function digitsOf(text: string): string {
  return text.replace(/[^0-9]/g, '')
}

function luhn(digits: string): boolean {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48
    const weighted = i % 2 === 0 ? digit : digit * 2
    sum += weighted > 9 ? weighted - 9 : weighted
  }
  return sum % 10 === 0 && /[1-9]/.test(digits)
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
