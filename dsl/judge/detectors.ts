/**
 * Detectors, as data: a linear candidate pattern and a proof. They see folded text (see `text.ts`), so capitals in the
 * patterns are written small. `spans` gives what to redact; pure, in order, without overlap.
 */
export interface Found {
  readonly start: number
  readonly end: number
}

interface Detector {
  /** Global, with bounded repetitions only: no nesting, so no backtracking beyond the bound. */
  readonly candidates: RegExp
  readonly proves: (candidate: string) => boolean
}

const DETECTORS: Readonly<Record<string, Detector>> = {
  card_number: {
    candidates: /(?<![0-9])[0-9](?:[ .-]?[0-9]){12,18}(?![0-9])/g,
    proves: (text) => luhn(digitsOf(text)),
  },
  email_address: {
    candidates: /[a-z0-9._%+-]{1,64}@[a-z0-9](?:[a-z0-9-]{0,62}\.){1,8}[a-z]{2,24}(?![a-z0-9])/g,
    proves: () => true,
  },
  iban: {
    candidates: /(?<![a-z0-9])[a-z]{2}[0-9]{2}(?: ?[a-z0-9]){11,30}(?![a-z0-9])/g,
    proves: (text) => mod97(text.replaceAll(' ', '')),
  },
  phone_number: {
    candidates:
      /(?<![0-9+])(?:\+[0-9]{1,3}[ .-]?)?(?:\([0-9]{1,4}\)[ .-]?)?[0-9]{2,4}(?:[ .-][0-9]{2,4}){2,4}(?![0-9])|(?<![0-9])\+[0-9]{8,15}(?![0-9])/g,
    proves: (text) => {
      const count = digitsOf(text).length
      return count >= 9 && count <= 15 && !/^[0-9]{4}-[0-9]{2}-[0-9]{2}/.test(text)
    },
  },
  ssn: {
    candidates: /(?<![0-9-])[0-9]{3}[ -][0-9]{2}[ -][0-9]{4}(?![0-9-])/g,
    proves: (text) => {
      const digits = digitsOf(text)
      const area = digits.slice(0, 3)
      return (
        area !== '000' &&
        area !== '666' &&
        area < '900' &&
        digits.slice(3, 5) !== '00' &&
        digits.slice(5) !== '0000'
      )
    },
  },
}

export const DETECTOR_NAMES: readonly string[] = Object.keys(DETECTORS)

export function hasDetector(name: string): boolean {
  return Object.hasOwn(DETECTORS, name)
}

/** Where `detector` finds something in `text`; undefined for a detector nobody knows. */
export function spans(detector: string, text: string): readonly Found[] | undefined {
  if (!hasDetector(detector)) return undefined
  const { candidates, proves } = DETECTORS[detector]!
  const found: Found[] = []
  for (const match of text.matchAll(candidates)) {
    if (proves(match[0])) found.push({ start: match.index, end: match.index + match[0].length })
  }
  return found
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
