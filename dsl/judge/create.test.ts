import { describe, expect, test } from 'vitest'
import { Cells } from './cells.ts'
import { createJudge } from './create.ts'
import {
  agent,
  and,
  binding,
  calls,
  compare,
  consistency,
  contains,
  detects,
  field,
  get,
  latest,
  not,
  number,
  optional,
  plan,
  record,
  required,
  rule,
  step,
  steps,
  text,
  textShape,
  tool,
  USD,
  usd,
  usdShape,
} from './plans.fixture.ts'
import { applyRepairs } from './repair.ts'
import { ALLOW } from './verdict.ts'

const MINUTE = 60_000
const refund = tool(
  'issue_refund',
  record(required('order', textShape), required('amount', usdShape), optional('note', textShape)),
)
const lookup = tool('lookup_order', record(required('order', textShape)))
const large = rule(
  'Large refunds need a supervisor',
  calls('issue_refund', compare(field('amount', USD), '>', usd(100))),
  {
    kind: 'ask',
    who: 'supervisor',
    withinMs: 4 * 60 * MINUTE,
    otherwise: 'deny',
  },
)

describe.each(['generated', 'interpreted'] as const)('the %s judge', (engine) => {
  const judgeOf = (parts: Parameters<typeof plan>[0]) =>
    createJudge(plan({ tools: [refund, lookup], ...parts }), { engine })

  test('lets a step through that nothing speaks against, with the shared verdict', () => {
    const judge = judgeOf({ rules: [large] })
    expect(judge.judge(new Cells(), step('issue_refund', { order: 'A', amount: 20 }))).toBe(ALLOW)
  })

  test('asks with the values that decided it', () => {
    const verdict = judgeOf({ rules: [large] }).judge(
      new Cells(),
      step('issue_refund', { order: 'A', amount: 150 }),
    )
    expect(verdict.kind).toBe('ask')
    expect(verdict.asks).toEqual([
      { check: large.name, who: 'supervisor', withinMs: 14_400_000, otherwise: 'deny' },
    ])
    expect(verdict.reasons[0]).toMatchObject({
      found: '`amount` is 150 USD, over 100 USD',
      values: { amount: '150 USD' },
    })
  })

  test('an approved ask is reported and stops nothing', () => {
    const judge = judgeOf({ rules: [large] })
    const verdict = judge.judge(new Cells(), step('issue_refund', { order: 'A', amount: 150 }), {
      approved: [large.name],
    })
    expect(verdict).toMatchObject({
      kind: 'allow',
      reasons: [{ check: large.name, action: 'ask' }],
      asks: [],
    })
  })

  test('denies what an agent may not do and names the nearest thing it may', () => {
    const judge = judgeOf({ agents: [agent('clerk', { kinds: ['calls'], names: ['lookup_order'] })] })
    const verdict = judge.decide(new Cells(), step('lookup_orders', { order: 'A' }))
    expect(verdict.kind).toBe('deny')
    expect(verdict.reasons.map((reason) => reason.checkKind)).toEqual(['permission', 'schema'])
    expect(verdict.reasons[0]?.found).toContain('did you mean `lookup_order`?')
    expect(
      judge.decide(new Cells(), step('lookup_order', { order: 'A' }, { agent: 'clark' })).reasons[0]?.found,
    ).toContain('did you mean `clerk`?')
  })

  test('an allow rule grants what is not listed, and an undecided one does not', () => {
    const judge = judgeOf({
      agents: [agent('clerk')],
      rules: [
        rule('Small ones', calls('issue_refund', compare(field('amount', USD), '<', usd(10))), {
          kind: 'allow',
        }),
      ],
    })
    expect(judge.decide(new Cells(), step('issue_refund', { order: 'A', amount: 5 })).kind).toBe('allow')
    expect(judge.decide(new Cells(), step('issue_refund', { order: 'A', amount: 50 })).kind).toBe('deny')
    expect(judge.decide(new Cells(), step('issue_refund', { order: 'A' })).kind).toBe('deny')
  })

  test('refuses arguments that do not fit, each with its path', () => {
    const verdict = judgeOf({}).decide(new Cells(), step('issue_refund', { order: 7, extra: true }))
    expect(verdict.kind).toBe('deny')
    expect(verdict.reasons).toHaveLength(1)
    expect(verdict.reasons[0]?.found).toBe(
      '`order` is 7, expected text; `amount` is missing, expected money in USD; `extra` is not a declared field',
    )
  })

  test('an unknown condition is never a false one', () => {
    const vip = rule('Only gold', calls('lookup_order', not(compare(field('tier'), '==', text('gold')))), {
      kind: 'deny',
    })
    const judge = judgeOf({ tools: [tool('lookup_order')], rules: [vip] })
    const verdict = judge.decide(new Cells(), step('lookup_order', {}))
    expect(verdict).toMatchObject({
      kind: 'deny',
      reasons: [{ outcome: 'unknown', found: '`tier` is missing or not text' }],
    })
    const warning = judgeOf({ tools: [tool('lookup_order')], rules: [{ ...vip, onError: 'warn' }] })
    expect(warning.decide(new Cells(), step('lookup_order', {}))).toMatchObject({
      kind: 'allow',
      reasons: [{ action: 'warn' }],
    })
  })

  test('the strongest action wins and every reason is kept; a shadow stops nothing', () => {
    const when = calls('lookup_order')
    const judge = judgeOf({
      rules: [
        rule('a', when, { kind: 'deny' }),
        rule('b', when, { kind: 'quarantine' }, { shadow: true }),
        rule('c', when, { kind: 'alert', who: 'operations' }),
      ],
    })
    const verdict = judge.decide(new Cells(), step('lookup_order', { order: 'A' }))
    expect(verdict.kind).toBe('deny')
    expect(verdict.reasons.map((reason) => [reason.check, reason.action, reason.shadow])).toEqual([
      ['a', 'deny', false],
      ['b', 'quarantine', true],
      ['c', 'alert', false],
    ])
  })

  test('a redaction is a repair, and the repaired step passes', () => {
    const judge = judgeOf({
      rules: [
        rule('No cards', steps({ kinds: ['answers'] }, detects(field('text'), 'card_number')), {
          kind: 'redact',
          path: ['text'],
          detector: 'card_number',
        }),
      ],
    })
    const said = step(
      '',
      { text: 'It is 4111 1111 1111 1111, thanks.' },
      { kind: 'answers', peer: 'customer' },
    )
    const verdict = judge.decide(new Cells(), said)
    expect(verdict.kind).toBe('repair')
    const fields = applyRepairs(said.fields, verdict.repairs)
    expect(fields).toEqual({ text: 'It is [redacted], thanks.' })
    expect(judge.decide(new Cells(), { ...said, fields })).toBe(ALLOW)
  })

  test('a `set` writes the value in the field’s own spelling', () => {
    const judge = judgeOf({
      rules: [rule('Cap', large.when, { kind: 'set', path: ['amount'], to: usd(100) })],
    })
    const asked = step('issue_refund', { order: 'A', amount: 150 })
    const verdict = judge.decide(new Cells(), asked)
    expect(applyRepairs(asked.fields, verdict.repairs)).toEqual({ order: 'A', amount: 100 })
  })

  test('text is compared as people read it', () => {
    const judge = judgeOf({
      tools: [tool('lookup_order')],
      rules: [rule('No secrets', calls('lookup_order', contains(field('text'), 'secret')), { kind: 'deny' })],
    })
    for (const said of ['SECRET', 'se\u200bcret', 'ｓｅｃｒｅｔ', 's\u{e0041}ecret']) {
      expect(judge.decide(new Cells(), step('lookup_order', { text: said })).kind).toBe('deny')
    }
    expect(judge.decide(new Cells(), step('lookup_order', { text: 'public' }))).toBe(ALLOW)
  })

  test('a binding sees the latest earlier step with the same key', () => {
    const result = steps({ kinds: ['result'], names: ['lookup_order'] })
    const bound = rule(
      'Only open orders',
      calls('issue_refund', not(compare(get(binding(0), 'status'), '==', text('open')))),
      { kind: 'deny' },
      { bindings: [latest('order', result, 'order')] },
    )
    const judge = judgeOf({ rules: [bound] })
    const cells = new Cells()
    const ask = (order: string) => judge.judge(cells, step('issue_refund', { order, amount: 1 })).kind
    const learn = (order: string, status: string) =>
      judge.judge(cells, step('lookup_order', { order, status }, { kind: 'result' }))
    expect(judge.decide(cells, step('issue_refund', { order: 'A', amount: 1 })).reasons[0]).toMatchObject({
      outcome: 'unknown',
      found: 'there is no `order` yet: no earlier `lookup_order`',
      next: [{ kind: 'calls', name: 'lookup_order', with: { order: 'A' } }],
    })
    learn('A', 'open')
    learn('B', 'closed')
    expect(ask('A')).toBe('allow')
    expect(ask('B')).toBe('deny')
    learn('A', 'closed')
    expect(ask('A')).toBe('deny')
  })

  test('`needs` teaches the call that was missing', () => {
    const judge = judgeOf({
      consistencies: [
        consistency(
          'Look first',
          {
            kind: 'needs',
            what: calls('issue_refund'),
            earlier: calls('lookup_order'),
            withinMs: 30 * MINUTE,
            same: [],
            bySomeoneElse: false,
          },
          { forEach: [['order']] },
        ),
      ],
    })
    const cells = new Cells()
    const now = step('').at
    const ask = (after: number) =>
      judge.judge(cells, step('issue_refund', { order: 'A', amount: 1 }, { at: now + after }))
    expect(ask(0).reasons[0]).toMatchObject({
      found: 'no earlier `lookup_order`',
      next: [
        {
          kind: 'calls',
          name: 'lookup_order',
          with: { order: 'A' },
          say: 'call `lookup_order` with order = A first',
        },
      ],
    })
    judge.judge(cells, step('lookup_order', { order: 'A' }, { at: now }))
    expect(ask(30 * MINUTE).kind).toBe('allow')
    expect(ask(30 * MINUTE + 1).kind).toBe('deny')
  })

  test('`at most` counts what was let through, for each key', () => {
    const judge = judgeOf({
      tools: [tool('issue_refund')],
      consistencies: [
        consistency(
          'Once',
          { kind: 'atMost', what: calls('issue_refund'), times: 1 },
          { forEach: [['order']] },
        ),
      ],
    })
    const cells = new Cells()
    const ask = (fields: { order?: string }) => judge.judge(cells, step('issue_refund', fields)).kind
    expect([ask({ order: 'A' }), ask({ order: 'A' }), ask({ order: 'B' }), ask({})]).toEqual([
      'allow',
      'deny',
      'allow',
      'deny',
    ])
  })

  test('a denial leaves no trace in the cells', () => {
    const judge = judgeOf({
      tools: [tool('issue_refund')],
      rules: [
        rule(
          'Never above ten',
          calls('issue_refund', and(compare(field('n', { kind: 'number' }), '>', number(10)))),
          { kind: 'deny' },
        ),
      ],
      consistencies: [consistency('Twice', { kind: 'atMost', what: calls('issue_refund'), times: 2 })],
    })
    const cells = new Cells()
    expect(judge.judge(cells, step('issue_refund', { n: 11 })).kind).toBe('deny')
    expect([...cells.entries()]).toEqual([])
    expect(cells.mark()).toBe(0)
  })
})

test('explains every check with the value of each sub-expression and the state it met', () => {
  const judge = createJudge(
    plan({
      tools: [refund],
      rules: [large],
      consistencies: [
        consistency(
          'Twice',
          { kind: 'atMost', what: calls('issue_refund'), times: 2 },
          { forEach: [['order']] },
        ),
      ],
    }),
  )
  const cells = new Cells()
  const asked = step('issue_refund', { order: 'A', amount: 20 })
  judge.judge(cells, asked)
  const { checks, verdict } = judge.explain(cells, asked)
  expect(verdict).toBe(ALLOW)
  expect(checks.map(({ check, outcome, state }) => [check, outcome, state])).toEqual([
    ['issue_refund', 'quiet', undefined],
    ['Large refunds need a supervisor', 'quiet', undefined],
    ['Twice', 'quiet', '1 time of at most 2'],
  ])
  expect(checks[1]?.parts.map(({ depth, value }) => [depth, value])).toEqual([
    [0, 'no'],
    [1, '20 USD'],
    [1, '100 USD'],
  ])
})

test('names nobody mentions share one address, and are refused under their own', () => {
  const judge = createJudge(plan({ tools: [refund] }))
  for (let i = 0; i < 10_000; i++) {
    const { reasons } = judge.decide(new Cells(), step(`tool_${i}`, {}, { agent: `agent_${i}` }))
    expect(reasons.map((reason) => reason.check)).toEqual([`agent_${i} may`, `tool_${i}`])
  }
})
