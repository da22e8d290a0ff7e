import { describe, expect, test } from 'vitest'
import { renderDiagnostic } from '../diagnostic.ts'
import { Cells } from '../judge/cells.ts'
import { createJudge } from '../judge/create.ts'
import type { Step } from '../judge/step.ts'
import { compile } from '../pipeline.ts'
import { source } from '../source.ts'

const SPEND = `policy "spend" version 2.1
parameter per_conversation: money in USD, over 0 USD, at most 50 USD, default 1 USD
parameter wait: duration, default 1 hour
needs tool send_money(amount: money in USD)
words secrets are "swordfish", "sesame"
group payments is send_money
agent clerk { may call send_money }
rule "no secrets" { when anyone answers, and text contains any of secrets then deny }
consistency "cap" { per conversation total amount of spends at most per_conversation }
consistency "pause" { payments at most 1 times in any wait }
test "by itself" { when clerk answers customer with text = "sesame" expect deny because "no secrets" }
`
const USER = `policy "Desk" version 1.0
use "spend" version 2 with per_conversation = 2 USD as spending
tool send_money(amount: money in USD, iban: text) { external }
agent teller { may call send_money, answer customer }
`

function read(files: Readonly<Record<string, string>>) {
  return { read: (path: string) => (Object.hasOwn(files, path) ? files[path] : undefined) }
}

function compiled(text: string, files: Readonly<Record<string, string>> = { 'spend.parapet': SPEND }) {
  return compile(source(text, 'desk.parapet'), read(files))
}

function complaints(text: string, files?: Readonly<Record<string, string>>): string[] {
  return compiled(text, files).diagnostics.map(({ code, message }) => `${code} ${message}`)
}

const step = (kind: Step['kind'], name: string, fields: Step['fields'], at = 0): Step => ({
  kind,
  agent: 'teller',
  name,
  conversation: 'c',
  turn: at,
  at,
  fields,
  actor: 'teller',
})

describe('a used library', () => {
  const { plan, diagnostics } = compiled(USER)

  test('speaks under its name, with the parameters it was given', () => {
    expect(diagnostics).toEqual([])
    expect(plan?.rules.map(({ name }) => name)).toEqual(['spending.no secrets'])
    expect(plan?.consistencies.map(({ name }) => name)).toEqual(['spending.cap', 'spending.pause'])
    const judge = createJudge(plan!)
    const cells = new Cells()
    expect(judge.judge(cells, step('spends', '', { amount: 1.5, tokens: 1 })).kind).toBe('allow')
    const [reason] = judge.judge(cells, step('spends', '', { amount: 1, tokens: 1 }, 1)).reasons
    expect(reason).toMatchObject({ check: 'spending.cap', at: { file: 'spend.parapet', line: 9 } })
  })

  test('keeps its groups and words to itself, under its name', () => {
    const judge = createJudge(plan!)
    const cells = new Cells()
    const pay = (at: number) => step('calls', 'send_money', { amount: 1, iban: 'x' }, at)
    expect(judge.judge(cells, pay(0)).kind).toBe('allow')
    expect(judge.judge(cells, pay(1_000)).kind).toBe('deny')
    expect(judge.judge(cells, pay(3_600_001)).kind).toBe('allow')
    const text = `${USER}words secrets are "tulip"\nrule "Ours" { when teller answers, and text contains any of spending.secrets then warn }\nrule "Paid" { when \`spending.payments\` then warn }\n`
    expect(complaints(text)).toEqual([])
  })

  test('runs its own tests as a policy', () => {
    const { plan: own, diagnostics: said } = compiled(SPEND)
    expect(said).toEqual([])
    expect(own?.tests.length).toBe(1)
    expect(own?.tools.map(({ name }) => name)).toEqual(['send_money'])
  })

  test('is part of the one hash', () => {
    const other = compiled(USER, { 'spend.parapet': SPEND.replace('1 times', '2 times') }).plan
    expect(other?.hash).not.toBe(plan?.hash)
    expect(compiled(USER).plan?.hash).toBe(plan?.hash)
  })
})

describe('what is wrong with a use', () => {
  test.each([
    ['a library that is not there', USER.replace('"spend"', '"spent"'), 'P0240 there is no library `spent`'],
    ['another version', USER.replace('version 2 ', 'version 3 '), 'P0242 `spend` has version 2.1, not 3'],
    [
      'a parameter that is misspelt',
      USER.replace('per_conversation =', 'per_conversatoin ='),
      'P0244 the library has no parameter `per_conversatoin`',
    ],
    [
      'a value out of bounds',
      USER.replace('= 2 USD', '= 51 USD'),
      'P0216 this is no value of `per_conversation`: it is out of bounds',
    ],
    [
      'a value of another type',
      USER.replace('= 2 USD', '= 2 hours'),
      'P0216 this is no value of `per_conversation`',
    ],
    [
      'a file outside',
      USER.replace('"spend"', '"../spend"'),
      "P0240 `../spend` lies outside of the policy's folder",
    ],
  ])('%s is said', (_, text, complaint) => {
    expect(complaints(text)).toEqual([complaint])
  })

  test('a parameter without a value is said', () => {
    const files = { 'spend.parapet': SPEND.replace(', default 1 hour', '') }
    expect(complaints(USER, files)).toEqual(['P0243 `wait` has no value'])
  })

  test('a library that uses itself is said', () => {
    const files = {
      'spend.parapet': 'policy "a" version 2\nuse "b"\n',
      'b.parapet': 'policy "b" version 1\nuse "spend"\n',
    }
    expect(complaints('policy "Desk" version 1\nuse "spend"\n', files)).toEqual(['P0241 `spend` uses itself'])
  })

  test('vocabulary that the library needs and the policy lacks is said', () => {
    expect(complaints(USER.replace('amount: money in USD', 'amount: money in EUR'))).toContain(
      'P0245 `amount` of `send_money` is money in EUR, not money in USD, as the library needs it',
    )
  })

  test('mistakes in a library are drawn in its own text, and at its use', () => {
    const files = { 'spend.parapet': SPEND.replace('any of secrets', 'any of secretz') }
    const { diagnostics, plan } = compiled(USER, files)
    expect(plan).toBeUndefined()
    const drawn = renderDiagnostic(source(USER, 'desk.parapet'), diagnostics[0]!)
    expect(drawn).toContain('--> spend.parapet:8:')
    expect(drawn).toContain('--> desk.parapet:2:1')
    expect(diagnostics[0]?.span).toEqual([26, 89])
  })
})

describe('a group that a library needs', () => {
  const files = {
    'caps.parapet': `policy "caps" version 1.0
parameter most: whole number, default 1
needs group payments(amount: money in USD)
agent clerk { may call payments }
rule "large" { when payments and amount > 50 USD then deny }
consistency "often" { payments at most most times }
test "by itself" { when clerk calls payments with amount = 60 USD expect deny because "large" }
`,
  }
  const user = `policy "Desk" version 1.0
use "caps" with most = 2
tool send_money(amount: money in USD, iban: text) { external }
tool refund(amount: money in USD) { external }
tool look(id: text) { reads only }
agent teller { may call send_money, refund, look }
`
  const grouped = `${user}group payments is send_money, refund\n`

  test('stands for one tool in the library by itself', () => {
    const { plan, diagnostics } = compiled(files['caps.parapet'])
    expect(diagnostics).toEqual([])
    expect(plan?.tools.map(({ name }) => name)).toEqual(['payments'])
    const verdict = createJudge(plan!).judge(new Cells(), step('calls', 'payments', { amount: 60 }))
    expect(verdict.reasons.map(({ check }) => check)).toContain('large')
  })

  test('is whatever the policy puts into it', () => {
    const { plan, diagnostics } = compiled(grouped, files)
    expect(diagnostics).toEqual([])
    const judge = createJudge(plan!)
    const cells = new Cells()
    const call = (name: string, amount: number, at: number) =>
      judge.judge(cells, step('calls', name, { amount, ...(name === 'send_money' && { iban: 'x' }) }, at))
    expect(call('refund', 60, 0).reasons.map(({ check }) => check)).toEqual(['caps.large'])
    expect(call('refund', 1, 1).kind).toBe('allow')
    expect(call('send_money', 1, 2).kind).toBe('allow')
    expect(call('refund', 1, 3).reasons.map(({ check }) => check)).toEqual(['caps.often'])
  })

  test.each([
    ['is missing', user, 'P0245 the library needs a group `payments`, and the policy declares none'],
    [
      'has a member without the field',
      `${user}group payments is send_money, look\n`,
      'P0245 `look` has no `amount`, as the library needs it',
    ],
    [
      'has a member with another currency',
      grouped.replace('refund(amount: money in USD)', 'refund(amount: money in EUR)'),
      'P0245 `amount` of `refund` is money in EUR, not money in USD, as the library needs it',
    ],
  ])('is said where it %s', (_, text, complaint) => {
    expect(complaints(text, files)).toContain(complaint)
  })
})

test('a library may use a library, with its own parameters', () => {
  const files = {
    'spend.parapet': SPEND,
    'all.parapet':
      'policy "all" version 1\nparameter most: money in USD, default 3 USD\nuse "spend" with per_conversation = most\n',
  }
  const text = USER.replace(/use.*\n/, 'use "all" with most = 4 USD\n')
  const { plan, diagnostics } = compiled(text, files)
  expect(diagnostics).toEqual([])
  expect(plan?.consistencies[0]).toMatchObject({ name: 'all.spend.cap', form: { atMost: 4_000_000 } })
})
