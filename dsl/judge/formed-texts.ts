/** Texts of a declared form: few of each, so that the same order, reader or account comes up again. */

import type { Shape } from '../plan/plan.ts'
import { validate } from './shape.ts'
import type { Json } from './step.ts'

/** Texts made of one mask. */
const MASKED = 5

/** Those the policy's own tests give the field, and some made up; none where the form is a pattern that no example has. */
export function formedTexts(shape: Shape & { kind: 'text' }, examples: readonly Json[]): string[] {
  const { like, likeShown, format } = shape
  const masked = likeShown === undefined || likeShown === like ? [] : maskedTexts(likeShown)
  const formed = format === undefined ? [] : (FORMED[format] ?? [])
  const looks = (text: Json): text is string => typeof text === 'string' && validate(shape, text).length === 0
  return Array.from(new Set([...examples, ...masked, ...formed].filter(looks)))
}

/** `BK-#####`: BK-00001 and those that follow. */
function maskedTexts(mask: string): string[] {
  const digits = mask.replaceAll(/[^#]/g, '').length
  return Array.from({ length: MASKED }, (_, index) => {
    const number = Array.from(String(index + 1).padStart(digits, '0'))
    return mask.replaceAll(/[#@*]/g, (sign) => (sign === '#' ? number.shift()! : LETTERS[index]!))
  })
}

const LETTERS = 'ABCDE'

/** Some of each format (a test holds them to the judge). */
export const FORMED: Readonly<Record<string, readonly string[]>> = {
  base64: ['YQ==', 'YWJj'],
  card_number: ['4111 1111 1111 1111', '5500 0055 5555 5559'],
  colour: ['#ffffff', '#A0B1C2'],
  country: ['DE', 'US', 'FR'],
  currency: ['EUR', 'USD'],
  email: ['ada@example.org', 'bo@example.com'],
  hostname: ['example.org', 'shop.example.com'],
  iban: ['DE89370400440532013000', 'GB29NWBK60161331926819'],
  ip_address: ['192.0.2.1', '2001:db8::1'],
  isin: ['US0378331005', 'DE0007164600'],
  language: ['en', 'de-CH'],
  phone: ['+49 30 1234567', '+1 (415) 555-0100'],
  time_zone: ['Europe/Berlin', 'UTC'],
  url: ['https://example.org/', 'https://example.com/a?b=c'],
  uuid: ['2f1b5c1e-8a5b-4c59-9a34-0f5b8a2f6c11', '7f6b2a8e-1c3d-4e5f-8a9b-0c1d2e3f4a5b'],
  version: ['1.2.3', '1.0.0-rc.1'],
}
