/** Text formats of the prelude: `text as email`. Each test is linear and pure. */
import { mod97 } from './detectors.ts'

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
}

const REGIONS = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })
const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'))

export const FORMAT_NAMES: readonly string[] = Object.keys(FORMATS)

/** False for a format nobody knows: what cannot be tested is not accepted. */
export function hasFormat(format: string, text: string): boolean {
  return Object.hasOwn(FORMATS, format) && FORMATS[format]!(text)
}
