import { expect, test } from 'vitest'
import { FORMATS } from '../check/prelude.ts'
import { FORMAT_NAMES, hasFormat } from './formats.ts'

test('the judge knows every format a policy may name', () => {
  expect([...FORMAT_NAMES].sort()).toEqual([...FORMATS].sort())
})

test.each<[string, readonly string[], readonly string[]]>([
  ['email', ['ada@example.org'], ['ada@example', 'ada @example.org', 'ada@@example.org']],
  ['hostname', ['example.org', 'a-b.c'], ['-a.org', 'a_b.org', `${'a'.repeat(64)}.org`, '']],
  [
    'ip_address',
    ['192.0.2.1', '2001:db8::1', '::ffff:192.0.2.1'],
    ['256.0.0.1', '192.0.2', '1::2::3', 'fe80::1%eth0'],
  ],
  ['phone', ['+49 30 1234567', '+1 (415) 555-0100'], ['030 1234567', '+49', '+1234567890123456']],
  ['language', ['en', 'de-CH', 'zh-Hant-TW'], ['e', 'english language', '']],
  ['time_zone', ['Europe/Berlin', 'UTC'], ['Europe/Nowhere', '+01:00', '']],
  ['version', ['1.2.3', '1.0.0-rc.1+build.5'], ['1.2', '01.2.3', 'v1.2.3']],
  ['colour', ['#fff', '#A0B1C2', '#a0b1c2ff'], ['fff', '#ffff0', '#ggg']],
  ['base64', ['', 'YQ==', 'YWJj'], ['YQ=', 'YQ', 'YW-j']],
  ['card_number', ['4111 1111 1111 1111', '378282246310005'], ['4111 1111 1111 1112', '4111']],
  ['isin', ['US0378331005', 'DE0007164600'], ['US0378331006', 'us0378331005']],
  ['country', ['DE', 'US'], ['ZZ', 'de', 'DEU']],
  ['currency', ['EUR', 'USD'], ['EURO', 'eur']],
  ['iban', ['DE89 3704 0044 0532 0130 00'], ['DE88 3704 0044 0532 0130 00']],
  ['uuid', ['2f1b5c1e-8a5b-4c59-9a34-0f5b8a2f6c11'], ['2f1b5c1e8a5b4c599a340f5b8a2f6c11']],
  ['url', ['https://example.org/a?b=c'], ['ftp://example.org', 'example.org', 'https://']],
])('%s', (format, good, bad) => {
  for (const text of good) expect([text, hasFormat(format, text)]).toEqual([text, true])
  for (const text of bad) expect([text, hasFormat(format, text)]).toEqual([text, false])
})

test('a format nobody knows is nobody’s', () => expect(hasFormat('shoe_size', '43')).toBe(false))
