import { expect, test } from 'vitest'
import { compile } from '../pipeline.ts'
import { source } from '../source.ts'
import { runTests } from './run.ts'

const POLICY = `policy "P" version 1.0
tool pay(amount: money in USD, kind: text)
agent clerk { may call pay }
rule "Large" { when clerk calls pay and amount > 10 USD and not (kind is "a" or kind is "b") then deny }
rule "Any" { when clerk calls pay and amount is between 1 USD and 5 USD then warn }
consistency "Once" { pay at most once }
`
const paying = (name: string, amount: number, kind: string, verdict: string) =>
  `test "${name}" { when clerk calls pay with amount = ${amount} USD, kind = "${kind}" expect ${verdict} }\n`

function coverageOf(tests: string) {
  const text = POLICY + tests
  const run = runTests(compile(source(text)).plan!)
  expect(run.results.filter((result) => result.kind === 'failed')).toEqual([])
  return run.coverage.checks.map(({ check, fired, quiet, operands }) => ({
    check,
    seen: `${fired ? 'fired' : ''} ${quiet ? 'quiet' : ''}`.trim(),
    operands: operands.map(
      ({ span, holds, fails }) => `${text.slice(...span)}: ${holds ? 'y' : ''}${fails ? 'n' : ''}`,
    ),
  }))
}

test('without tests nothing has been seen', () => {
  expect(coverageOf('').map(({ seen }) => seen)).toEqual(['', '', ''])
})

test('an operand that is not reached has not been seen, either way', () => {
  const [large] = coverageOf(paying('small', 5, 'a', 'allow'))
  expect(large).toEqual({
    check: 'Large',
    seen: 'quiet',
    operands: ['amount > 10 USD: n', 'kind is "a": ', 'kind is "b": '],
  })
})

test('operands are told apart through a negation', () => {
  const [large] = coverageOf(paying('a', 50, 'a', 'allow') + paying('c', 50, 'c', 'deny'))
  expect(large).toMatchObject({
    seen: 'fired quiet',
    operands: ['amount > 10 USD: y', 'kind is "a": yn', 'kind is "b": n'],
  })
})

test('words the compiler takes apart stay one condition', () => {
  const [, any] = coverageOf(paying('two', 2, 'a', 'allow') + paying('nine', 9, 'a', 'allow'))
  expect(any).toMatchObject({ seen: 'fired quiet', operands: ['amount is between 1 USD and 5 USD: yn'] })
})

test('given steps are not asserted of and do not count', () => {
  const tests = `test "twice" {
    given clerk calls pay with amount = 50 USD, kind = "c"
    when clerk calls pay with amount = 9 USD, kind = "a" expect deny because "Once" }`
  const [large, , once] = coverageOf(tests)
  expect(large).toMatchObject({
    seen: 'quiet',
    operands: ['amount > 10 USD: n', 'kind is "a": ', 'kind is "b": '],
  })
  expect(once).toMatchObject({ seen: 'fired' })
})

test('what a consistency or a flow remembers is seen on given steps too', () => {
  const text = `policy "P" version 1.0
tool look(kind: text) returns text { reads only }
tool pay(to: text) { external }
agent clerk { may call pay, look }
consistency "Looked" { pay needs an earlier (clerk calls look and kind is "a") }
flow "From" { to of pay comes only from (result of look and value starts with "x") }
test "a" { given clerk calls look with kind = "a"  given result of look to clerk with value = "x1"  when clerk calls pay with to = "x1" expect allow }
test "b" { given clerk calls look with kind = "b"  given result of look to clerk with value = "y1"  when clerk calls pay with to = "y1" expect deny }
`
  const { results, coverage } = runTests(compile(source(text)).plan!)
  expect(results.map(({ kind }) => kind)).toEqual(['passed', 'passed'])
  const shown = coverage.checks.flatMap(({ operands }) =>
    operands.map(
      ({ span, holds, fails }) => `${text.slice(...span)}: ${holds ? 'y' : ''}${fails ? 'n' : ''}`,
    ),
  )
  expect(shown).toEqual(['kind is "a": yn', 'value starts with "x": yn'])
})

test('limits of fields and checks of records are seen to be kept and to refuse, each by itself', () => {
  const text = `policy "P" version 1.0
schema Stay { from: date  to: date  check "In order": from <= to }
tool book(stay: Stay, guests: whole number, at least 1, names: list of text, at least 1) { external }
agent clerk { may call book }
test "a" { when clerk calls book with stay = { from = 2027-01-01, to = 2027-01-02 }, guests = 1, names = ["abc"] expect allow }
test "b" { when clerk calls book with stay = { from = 2027-01-03, to = 2027-01-02 }, guests = 0, names = ["ab"] expect deny }
`
  const { coverage } = runTests(compile(source(text)).plan!)
  expect(coverage.records).toMatchObject([{ check: 'In order', holds: true, fails: true }])
  expect(coverage.limits.map(({ field, holds, fails }) => [field, holds, fails])).toEqual([
    ['guests', true, true],
    ['names', true, false],
  ])
})
