import { expect, test } from 'vitest'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import { type PolicyAnswer, provePolicy } from './policy.ts'
import { AT } from './prove.ts'
import { loadSolver } from './z3.ts'

const VOCABULARY = `policy "Desk" version 1.0
tool pay(amount: money in USD, from 0 USD to 100 USD, fee: money in USD, from 0 USD to 50 USD, day: date, note: text)
tool look()
tool approve()
agent clerk { may call pay, look, approve }
`

const loaded = await loadSolver()

function answers(checks: string, how: 'asking' | 'alone' = 'asking'): readonly PolicyAnswer[] {
  const { plan, diagnostics } = compile(source(VOCABULARY + checks, 'desk.parapet'))
  if (!plan) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  if (loaded.kind === 'missing') throw new Error(loaded.why)
  return provePolicy(plan, AT, how === 'asking' ? { solver: loaded.solver } : {})
}

function speaks(condition: string, how?: 'asking' | 'alone'): PolicyAnswer['verdict'] {
  const [first] = answers(`rule "R" { when clerk calls pay and ${condition} then deny }`, how)
  return first!.verdict
}

test.each([
  'amount + fee > 150 USD',
  'amount * 2 > 150 USD and amount + fee < 75 USD',
  'amount - fee > 60 USD and amount < fee',
  'day + 3 days < day',
  'note is "open" and note contains "closed"',
  'note contains "very closed" and not (note contains "closed")',
  'length of note > 3 and note is "abc" exactly',
])('a rule whose arithmetic cannot come out never speaks: %s', (condition) => {
  expect(speaks(condition).kind).toBe('proved')
})

test.each([
  'amount * 3 = 291 USD',
  'amount + fee = 113.37 USD and amount > fee * 2',
  'day + 12 days = 2031-07-04',
  'weekday of now in "Europe/Berlin" is "Sunday" and amount * 7 = 49 USD',
  'note starts with "Re:" and note contains "gift card" and note is not "Re: gift card"',
  'length of note = 3 and note is not "abc"',
])('a rule whose arithmetic can come out is shown to speak, by a step that was judged: %s', (condition) => {
  const verdict = speaks(condition)
  expect(verdict.kind === 'refuted' ? verdict.reason?.check : verdict).toBe('R')
  expect(speaks(condition, 'alone').kind).not.toBe('proved')
})

const pairs = (checks: string): string[] =>
  answers(checks).flatMap(({ claim, check, with: other, verdict }) =>
    claim === 'pair' ? [`${check} + ${other}: ${verdict.kind}`] : [],
  )

test('what one check asks for and another never lets through contradicts it', () => {
  expect(
    pairs(`consistency "A" { pay needs an earlier look }
      rule "B" { when anyone calls look then deny }`),
  ).toContain('A + B: proved')
  expect(
    pairs(`consistency "A" { pay needs an earlier look }
      consistency "B" { look needs an earlier pay }`),
  ).toEqual(expect.arrayContaining(['A + B: proved', 'B + A: proved']))
  expect(
    pairs(`consistency "A" { pay is followed by look within 10 minutes }
      consistency "B" { pay excludes a later look }`),
  ).toContain('A + B: proved')
  expect(
    pairs(`consistency "A" { pay is followed by look within 10 minutes }
      consistency "B" { look never within 1 hour after pay }`),
  ).toContain('A + B: proved')
  expect(
    pairs(`rule "A" { when clerk calls pay and amount * 2 > 150 USD then ask boss within 1 hour, otherwise deny }
      rule "B" { when clerk calls pay and amount > 75 USD then deny }`),
  ).toContain('A + B: proved')
  expect(pairs('rule "B" { when anyone calls pay then deny }')).toContain(
    'clerk calls pay, which it may + B: proved',
  )
})

test('a rest is compared with a deadline where both are about the same thing', () => {
  const rests = (by: string, against: string): readonly string[] =>
    pairs(`tool quote(order: text)
      tool ship(order: text)
      agent scribe { may call quote, ship }
      consistency "A" { ${by} } consistency "B" { ${against} }`)
  const soon = 'ship needs an earlier quote within 10 minutes'
  const rest = 'ship never within 15 minutes after quote'
  expect(rests(`for each order  ${soon}`, `for each order  ${rest}`)).toContain('A + B: proved')
  expect(rests(`${soon} with the same order`, `for each order  ${rest}`)).toContain('A + B: proved')
  expect(rests(`for each order  ${soon}`, rest)).toContain('A + B: proved')
  // Another order was quoted a moment ago, or the same in another conversation.
  expect(rests(soon, `for each order  ${rest}`)).not.toContain('A + B: proved')
  expect(rests(`across the fleet  ${soon}`, rest)).not.toContain('A + B: proved')
})

test('a check is made to speak by the steps that it and what stands in their way speak of', () => {
  const numbers = Array.from({ length: 6 }, (_, i) => i)
  const beside = numbers.map(
    (i) => `tool other${i}(note: one of "a", "b", "c")
      agent helper${i} { may call other${i} }
      consistency "Once ${i}" { for each note  other${i} at most once }`,
  )
  const all = answers(`${beside.join('\n')}
    tool quote(order: text)
    tool ship(order: text, weight: whole number, from 1 to 6)
    agent packer { may call quote, ship }
    consistency "Sum" { for each order  total weight of ship at most 10 in any 1 day }
    consistency "Looked" { for each order  ship needs an earlier quote within 5 minutes }`)
  expect(all.find(({ check }) => check === 'Sum')?.verdict.kind).toBe('refuted')
})

test('checks that leave each other room do not contradict, and a step shows it', () => {
  expect(
    pairs(`consistency "A" { pay is followed by look within 10 minutes }
      consistency "B" { look never within 5 minutes after approve }`),
  ).toContain('A + B: refuted')
  expect(
    pairs(`consistency "A" { pay needs an earlier look }
      rule "B" { when anyone calls pay and amount > 70 USD then deny }`),
  ).toContain('A + B: refuted')
  expect(
    pairs(`rule "A" { when clerk calls pay and amount > 75 USD then ask boss within 1 hour, otherwise deny }
      rule "B" { when clerk calls pay and amount > 75.5 USD then deny }`),
  ).toContain('A + B: refuted')
})

test('what a ledger across the fleet limits is used up on the way, and what it gives is given', () => {
  const limits = `consistency "Once" { across the fleet  pay at most once in any 24 hours }
    consistency "Sum" { across the fleet  total amount of pay at most 150 USD per calendar day in "UTC" }
    consistency "Approved" { across the fleet  pay needs an earlier approve }
    consistency "Looked" { pay needs an earlier look }`
  const shown = answers(limits).flatMap(({ claim, check, verdict }) =>
    claim === 'pair' ? [] : [`${claim} ${check}: ${verdict.kind}`],
  )
  for (const check of ['Once', 'Approved', 'Looked'])
    expect(shown).toContain(`can-never-speak ${check}: refuted`)
  expect(shown).toContain('contradicts Looked: refuted')
  const [once] = answers(limits)
  const steps = once?.verdict.kind === 'refuted' ? once.verdict.steps.map(({ name }) => name) : []
  expect(steps.filter((name) => name === 'pay')).toHaveLength(2)
})
