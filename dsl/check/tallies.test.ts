/** What earlier steps come to has a type, and what would mean nothing is refused. */
import { expect, test } from 'vitest'
import { Cells } from '../judge/cells.ts'
import { createJudge } from '../judge/create.ts'
import { step } from '../judge/plans.fixture.ts'
import { compile } from '../pipeline.ts'
import { source } from '../source.ts'

const VOCABULARY = `policy "P" version 1.0
tool pay(k: text, n: number, m: money in EUR, d: date, l: list of text)
tool look(k: text, n: number) { reads only }
agent clerk { may call pay, look }
`
const rule = (condition: string, named: string) =>
  compile(
    source(
      `${VOCABULARY}rule "R" { when clerk calls pay and ${condition}\n where ${named}\n then deny }\n`,
      'p.parapet',
    ),
  )
const codesOf = (condition: string, named: string): string[] =>
  rule(condition, named)
    .diagnostics.filter(({ severity }) => severity === 'error')
    .map(({ code }) => code)

test.each([
  ['a number against money', 't > 5 EUR', 't is the number of pay', 'P0202'],
  ['money against a number', 't > 5', 't is the total m of pay', 'P0202'],
  ['another currency', 't > 5 USD', 't is the average m of pay', 'P0203'],
  ['a length of time against a number', 't > 5', 't is the time since the latest pay', 'P0201'],
  ['a total of texts', 't > 5', 't is the total k of pay', 'P0214'],
  ['a total of dates', 't is present', 't is the total d of pay', 'P0214'],
  ['an average of a list', 't is present', 't is the average l of pay', 'P0214'],
  ['different lists', 't > 5', 't is the number of distinct l of pay', 'P0201'],
  ['a field that is not there', 't > 5', 't is the total mm of pay', 'P0108'],
  ['a field of a number', 't.n > 5', 't is the number of pay', 'P0107'],
  ['a field of an item', 'some p in t has (p.x is "a")', 't is the latest 3 pay', 'P0107'],
  ['more than are kept', 'count of t > 3', 't is the latest 51 pay', 'P0218'],
  ['one step with a window', 't.n > 3', 't is the latest pay in the last 2 days', 'P0225'],
  ['a window without its unit', 't > 3', 't is the number of pay in the last 2', 'P0205'],
  ['a zone nobody knows', 't > 3', 't is the number of pay this calendar day in "Mars/Olympus"', 'P0117'],
  [
    'a join that what begins anew lacks',
    't > 3',
    't is the number of pay with the same n since the latest failure of pay',
    'P0115',
  ],
  ['a tool nobody declared', 't > 3', 't is the number of pay since the latest peek', 'P0106'],
])('%s is refused', (_, condition, named, code) => {
  expect(codesOf(condition, named)).toContain(code)
})

test.each([
  ['t > 5', 't is the number of failure of pay in the last 2 minutes'],
  ['t + m > 5 EUR', 't is the total m of pay with the same k since the latest look'],
  ['d > t', 't is the highest d of pay'],
  ['t is present and m > t * 10', 't is the average m of pay this calendar month in "Europe/Berlin"'],
  ['(t is missing or t > 1 hour)', 't is the time since the latest look'],
  ['no p in t has (p.m > m)', 't is the latest 3 (clerk calls pay and n > 3) in the last 1 day'],
  ['t > 2 and x > 2', 't is the number of pay and x is t * 2'],
])('%s where %s is fine', (condition, named) => {
  expect(codesOf(condition, named)).toEqual([])
})

test('a denial and an explanation tell the value by its name', () => {
  const { plan } = rule(
    'failures is at least 2',
    'failures is the number of failure of pay in the last 2 minutes',
  )
  if (plan === undefined) throw new Error('it does not compile')
  const judge = createJudge(plan)
  const cells = new Cells()
  const fields = { k: 'a', n: 1, m: 1, d: '2027-01-01', l: [] }
  const fails = step('pay', { error: 'timeout' }, { kind: 'fails' })
  const pay = step('pay', fields, { at: fails.at + 1 })
  judge.judge(cells, fails)
  expect(judge.judge(cells, pay).kind).toBe('allow')
  judge.judge(cells, fails)
  expect(judge.decide(cells, pay).reasons).toMatchObject([
    { found: '`failures` is 2, at least 2', values: { failures: 2 } },
  ])
  const [explained] = judge.explain(cells, pay).checks.filter(({ check }) => check === 'R')
  expect(explained?.parts.map(({ value }) => value)).toContain('2')
  expect(judge.decide(cells, { ...pay, at: pay.at + 120_000 }).kind).toBe('allow')
})
