import { describe, expect, test } from 'vitest'
import { spans } from './detectors.ts'
import { redacted } from './repair.ts'
import { fold } from './text.ts'

const found = (detector: string, text: string) =>
  spans(detector, fold(text))?.map(({ start, end }) => text.slice(start, end))

describe.each([
  [
    'card_number',
    ['4111 1111 1111 1111', '4111-1111-1111-1111', '378282246310005', '５１０５１０５１０５１０５１００'],
    ['4111 1111 1111 1112', '0000 0000 0000 0000', 'order 1234567890123', '41111111111111112222222'],
  ],
  ['email_address', ['jo.doe+x@mail.example.co.uk', 'A@B.IO'], ['jo@localhost', '@handle', 'a@b.c1']],
  [
    'iban',
    ['DE89370400440532013000', 'GB82 WEST 1234 5698 7654 32'],
    ['DE89370400440532013001', 'GB00 WEST'],
  ],
  [
    'phone_number',
    [
      '+1 415 555 2671',
      '(415) 555-2671',
      '(37) 788-063',
      '+46 (0)8 928 571 38',
      '+4915123456789',
      '030 1234 5678',
    ],
    ['2024-05-15', '12 34', '1 000 000', '165.165.185.178', 'desk 12', 'cell: 4'],
  ],
  [
    'ssn',
    ['078-05-1120', '219 09 9999'],
    ['000-12-3456', '666-12-3456', '900-12-3456', '123-00-4567', '123-45-0000'],
  ],
  [
    'secret',
    [
      'AKIAIOSFODNN7EXAMPLE',
      'ghp_abcdefghijklmnopqrstuvwxyz0123456789',
      'sk-proj-abcdefghijklmnopqrstuv',
      'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w',
    ],
    ['password: required', 'the token of love', 'skating', 'ask-me-anything-you-like-today'],
  ],
])('%s', (detector, yes, no) => {
  test.each(yes)('is found in “%s”, alone and in a sentence', (text) => {
    expect(found(detector, text)).toEqual([text])
    expect(found(detector, `It is ${text} please, thanks.`)).toEqual([text])
  })
  test.each(no)('is not found in “%s”', (text) => {
    expect(found(detector, text)).toEqual([])
  })
})

test('what is said to be a telephone number needs fewer digits, however they are grouped', () => {
  expect(found('phone_number', 'Phone: 451 5986')).toEqual(['451 5986'])
  expect(found('phone_number', 'Mobile: 72 128 827, Fax: 9498777106.')).toEqual(['72 128 827', '9498777106'])
  expect(found('phone_number', 'Can someone call me on 9472 7916? I have some')).toEqual(['9472 7916'])
  expect(found('phone_number', 'microphone: 451 5986')).toEqual([])
})

test('a card of twelve digits is one only where such are issued', () => {
  expect(found('card_number', 'the limit for 501864667909')).toEqual(['501864667909'])
  expect(found('card_number', 'the order 401864667900')).toEqual([])
})

test('a card is found beside other numbers, and two in one run', () => {
  expect(found('card_number', 'card 4111 1111 1111 1111 12 27 123')).toEqual(['4111 1111 1111 1111'])
  expect(found('card_number', 'pay 7 4111 1111 1111 1111')).toEqual(['4111 1111 1111 1111'])
  expect(found('card_number', '4111 1111 1111 1111 5105 1051 0510 5100')).toEqual([
    '4111 1111 1111 1111',
    '5105 1051 0510 5100',
  ])
})

test.each([
  ['en dashes', '4111–1111–1111–1111'],
  ['spaced dashes', '4111 — 1111 — 1111 — 1111'],
  ['minus signs', '4111−1111−1111−1111'],
  ['hyphens that do not break', '4111\u20111111\u20111111\u20111111'],
  ['spaces that do not break', '4111\u00a01111\u202f1111\u20071111'],
  ['a line that breaks', '4111 1111\n1111 1111'],
  ['lines of their own', '3782\r\n822463\r\n10005'],
  ['a hyphenated line', '4111-1111-\n1111-1111'],
  ['a page that broke it', '41111111111\u202811111'],
  ['cells of a table', '4111\t1111\t1111\t1111'],
])('a card is found with %s between its digits', (_, card) => {
  expect(found('card_number', card)).toEqual([card])
  expect(found('card_number', `It is ${card} please.`)).toEqual([card])
})

test.each([
  ['iban', 'DE89–3704–0044–0532–0130–00'],
  ['iban', 'GB82\u00a0WEST\u00a01234\u00a05698\u00a07654\u00a032'],
  ['phone_number', '(415) 555\u20112671'],
  ['phone_number', '+1–415–555–2671'],
  ['ssn', '078–05–1120'],
])('%s is found with dashes and spaces of every kind: %s', (detector, text) => {
  expect(found(detector, `It is ${text} please.`)).toEqual([text])
})

test('a date with dashes of another kind is no telephone number', () => {
  expect(found('phone_number', '2024–05–15')).toEqual([])
})

test.each([
  ['with a wrong check digit', '4111 1111\n1111 1112'],
  ['not grouped as cards are', '41 11 11\n11 11 11 11 11'],
  ['of no network', '1234\n5678\n9012\n3452'],
  ['a column of negative numbers', '-4840\n-4840\n-4840\n-781'],
  ['a row of a table', '25405490698466\t1'],
])('numbers below or beside each other are no card: %s', (_, text) => {
  expect(found('card_number', text)).toEqual([])
})

test('of a password as it is written down, the value alone', () => {
  expect(found('secret', 'DB_PASSWORD=correct-horse')).toEqual(['correct-horse'])
  expect(found('secret', 'password: hunter2000, user: jo')).toEqual(['hunter2000'])
  expect(found('secret', 'token = parse(input)')).toEqual([])
})

test('a private key goes as a whole', () => {
  const key = '-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA75\n-----END RSA PRIVATE KEY-----'
  expect(found('secret', `a ${key} b`)).toEqual([key])
})

test('what only looks like one does not hide the next', () => {
  expect(found('iban', 'room ab12 and de89 3704 0044 0532 0130 00 too')).toEqual([
    'de89 3704 0044 0532 0130 00',
  ])
})

test('a text full of candidates costs no more than its length', () => {
  const cards = '4111 1111 1111 1111 '.repeat(10_000)
  expect(spans('card_number', cards)).toHaveLength(10_000)
  expect(spans('card_number', '4111\n1111 –\t1111 1111\n'.repeat(10_000))).toHaveLength(10_000)
  expect(spans('iban', 'de89 '.repeat(20_000))).toEqual([])
  expect(spans('email_address', 'a.'.repeat(100_000))).toEqual([])
  expect(spans('secret', '-----begin private key '.repeat(10_000))).toEqual([])
  expect(spans('secret', '://a:b'.repeat(20_000))).toEqual([])
})

test('an unknown detector is unknown', () => {
  expect(spans('fingerprint', 'x')).toBeUndefined()
})

test('redaction leaves nothing that the detector would find, whatever the writing', () => {
  const redact = (text: string) => redacted({ text }, ['text'], 'card_number')
  expect(redact('card 4111 1111 1111 1111.')).toBe('card [redacted].')
  expect(redact('card 4111\u200b1111 1111 1111.')).toBe('[redacted]')
  expect(redact('card ４１１１ 1111 1111 1111.')).toBe('card [redacted].')
  expect(redact('no card')).toBeUndefined()
  expect(redacted({ a: { b: ['4111111111111111', 7] }, n: 4111111111111111 }, [], 'card_number')).toEqual({
    a: { b: ['[redacted]', 7] },
    n: '[redacted]',
  })
})
