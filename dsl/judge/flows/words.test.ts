import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { partsOf } from './parts.ts'
import { decode, encode, joined, needed, type Print, remember } from './prints.ts'
import { wordsOf } from './words.ts'

const words = (text: string): readonly string[] => wordsOf(text, 1_000).words

function remembered(seed: number, words: readonly string[]): Print[] {
  const prints: Print[] = []
  remember(seed, words, joined(words), (print) => prints.push(print))
  return prints
}

/** Is everything that `value` needs remembered of `text`? */
function occurs(value: string, text: string): boolean {
  const told = new Set(remembered(7, words(text)))
  return needed(7, words(value)).every((print) => told.has(print))
}

const plainWord = fc.stringMatching(/^[a-z]{2,8}$/)
const phrase = fc.array(plainWord, { minLength: 1, maxLength: 8 }).map((all) => all.join(' '))
const around = fc.tuple(phrase, phrase)
const cents = fc.integer({ min: 0, max: 99_999_999 })
const day = fc.date({ min: new Date('1990-01-01'), max: new Date('2060-12-31'), noInvalidDate: true })

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
)

describe('a value is followed through', () => {
  test('quoting inside other text, with word borders', () => {
    fc.assert(
      fc.property(
        phrase,
        around,
        fc.constantFrom('"', "'", '(', '\n', ' – ', ': ', '{"a":"'),
        (value, [a, b], sign) => {
          expect(occurs(value, `${a} ${sign}${value}${sign} ${b}`)).toBe(true)
        },
      ),
    )
  })

  test('other case, white space and punctuation', () => {
    fc.assert(
      fc.property(phrase, fc.constantFrom('  ', '\n', ', ', '-', ' / ', '\t'), (value, sign) => {
        expect(occurs(value.toUpperCase().replaceAll(' ', sign), `so: ${value}.`)).toBe(true)
      }),
    )
  })

  test('the ways to write an amount', () => {
    fc.assert(
      fc.property(cents, (amount) => {
        const whole = Math.floor(amount / 100)
        const part = String(amount % 100).padStart(2, '0')
        const grouped = (sign: string): string => String(whole).replace(/\B(?=(\d{3})+$)/g, sign)
        const written = [
          `${whole}.${part}`,
          `${grouped(',')}.${part}`,
          `${grouped("'")}.${part}`,
          `${grouped('.')},${part}`,
        ]
        const value = String(amount / 100)
        for (const one of written) expect(occurs(value, `pay ${one} EUR`), one).toBe(true)
      }),
    )
  })

  test('the ways to write a date', () => {
    fc.assert(
      fc.property(day, (date) => {
        const iso = date.toISOString().slice(0, 10)
        const [year, month, of] = iso.split('-').map(Number)
        const name = MONTHS[month! - 1]!
        const written = [
          `${name} ${of}, ${year}`,
          `${name} ${of}th, ${year}`,
          `${of} ${name} ${year}`,
          `${of}. ${name.slice(0, 3)} ${year}`,
          `${iso.slice(8)}.${iso.slice(5, 7)}.${year}`,
          `${year}/${iso.slice(5, 7)}/${iso.slice(8)}`,
        ]
        for (const one of written) expect(occurs(iso, `on ${one} at noon`), one).toBe(true)
      }),
    )
  })

  test('codes written in blocks', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Z]{2}[0-9]{14,24}$/), (code) => {
        const blocks = code.replace(/(.{4})(?=.)/g, '$1 ')
        expect(occurs(code, `IBAN: ${blocks}`)).toBe(true)
        expect(joined(words(blocks))).toContain(code.toLowerCase())
      }),
    )
  })
})

describe('a value is not claimed', () => {
  test('when one of its words is missing', () => {
    fc.assert(
      fc.property(phrase, phrase, (value, text) => {
        const has = ` ${text} `.includes(` ${value} `)
        if (!has && value.split(' ').length < 3) expect(occurs(value, text)).toBe(false)
        if (value.split(' ').some((word) => !text.split(' ').includes(word)))
          expect(occurs(value, text)).toBe(false)
      }),
    )
  })
})

test('parts of a text are told from its words', () => {
  const text =
    'Mail anna@example.com, see www.example.org/a or report.pdf; pay 12.50 by 2024-05-15 to DE89370400440532013000. Done.Then go.'
  expect(partsOf(text)).toEqual([
    { kind: 'addresses', text: 'anna@example.com' },
    { kind: 'links', text: 'www.example.org/a' },
    { kind: 'numbers', text: '12.50' },
    { kind: 'dates', text: '2024-05-15' },
    { kind: 'identifiers', text: 'DE89370400440532013000' },
  ])
})

test('a number written in groups is one part, and a list of numbers is several', () => {
  const numbers = (text: string) =>
    partsOf(text).flatMap(({ kind, text }) => (kind === 'numbers' ? [text] : []))
  expect(numbers("3,200 kinds, 1'250.50 CHF; in 1884, 5 or 6,7,8 of '12'")).toEqual([
    '3,200',
    "1'250.50",
    '1884',
    '5',
    '6',
    '7',
    '8',
    '12',
  ])
})

test('a long text is cut, and says so', () => {
  expect(wordsOf('a b c d', 3)).toEqual({ words: ['a', 'b', 'c'], cut: true })
  expect(wordsOf('a b c', 3)).toEqual({ words: ['a', 'b', 'c'], cut: false })
})

test('fingerprints survive being written down', () => {
  fc.assert(
    fc.property(phrase, (text) => {
      const prints = remembered(3, words(text))
      expect(decode(encode(prints))).toEqual(prints)
    }),
  )
})
