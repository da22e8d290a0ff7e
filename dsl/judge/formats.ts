/** Text formats of the prelude: `text as email`. Each test is linear and pure. */
import { luhn } from './cards.ts'
import { mod97 } from './detectors.ts'
import { isHostname, isIpv4, isIpv6 } from './networks.ts'
import { isZone } from './zone.ts'

const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  email: (text) =>
    text.length <= 254 &&
    /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$/.test(
      text,
    ),
  url: (text) => text.length <= 2_048 && /^https?:\/\/[^\s]+$/i.test(text) && URL.canParse(text),
  uuid: (text) => /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text),
  iban: (text) => mod97(text.replaceAll(' ', '')),
  country: (text) => /^[A-Z]{2}$/.test(text) && text !== 'ZZ' && REGIONS.of(text) !== undefined,
  currency: (text) => CURRENCIES.has(text),
  hostname: isHostname,
  ip_address: (text) => isIpv4(text) || isIpv6(text),
  /** E.164: a plus sign, the country's code, at most 15 digits; spaces, hyphens and brackets between them. */
  phone: (text) =>
    text.length <= 30 && /^\+[1-9][0-9 ()./-]*[0-9]$/.test(text) && digits(text) >= 7 && digits(text) <= 15,
  /** BCP 47, as the platform reads it. */
  language: (text) => text.length <= 100 && isLanguage(text),
  /** IANA. */
  time_zone: (text) => text.length <= 100 && isZone(text),
  /** Semantic Versioning 2.0.0. */
  version: (text) => text.length <= 256 && VERSION.test(text),
  colour: (text) => /^#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/i.test(text),
  /** RFC 4648, section 4, with its padding. */
  base64: (text) => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text),
  /** Luhn's check digit. */
  card_number: (text) => text.length <= 30 && isCardNumber(text),
  /** Two letters, nine letters or digits, a check digit (ISO 6166). */
  isin: (text) =>
    /^[A-Z]{2}[A-Z0-9]{9}[0-9]$/.test(text) &&
    luhn(Array.from(text, (sign) => String(Number.parseInt(sign, 36))).join('')),
}

const VERSION =
  /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/

function digits(text: string): number {
  return text.replace(/[^0-9]/g, '').length
}

function isLanguage(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1
  } catch {
    // The only way the platform says that it is no language tag.
    return false
  }
}

function isCardNumber(text: string): boolean {
  const plain = text.replace(/[ -]/g, '')
  return /^[0-9]{12,19}$/.test(plain) && luhn(plain)
}

const REGIONS = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })
const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'))

export const FORMAT_NAMES: readonly string[] = Object.keys(FORMATS)

/** False for a format nobody knows: what cannot be tested is not accepted. */
export function hasFormat(format: string, text: string): boolean {
  return Object.hasOwn(FORMATS, format) && FORMATS[format]!(text)
}
