/**
 * Five rules over a call that all let it through: the common case. The limit is the same five rules written by hand as a
 * closure, with the same handling of missing and misshapen fields; arguments are checked against their shape in all.
 */
import { Cells } from '../dsl/judge/cells.ts'
import { createJudge } from '../dsl/judge/create.ts'
import {
  and,
  calls,
  compare,
  field,
  literal,
  NUMBER,
  not,
  number,
  optional,
  plan,
  record,
  required,
  rule,
  step,
  text,
  textShape,
  tool,
  USD,
  usd,
  usdShape,
} from '../dsl/judge/plans.fixture.ts'
import type { Json, Step } from '../dsl/judge/step.ts'
import { foldsTo } from '../dsl/judge/text.ts'
import { ALLOW, type Verdict } from '../dsl/judge/verdict.ts'
import { compareMany } from './judge/many.ts'
import { PEERS } from './judge/peers.ts'

const STEPS = 200_000
const ROUNDS = 15

const deny = { kind: 'deny' } as const
const numberShape = { span: [0, 0], kind: 'number', whole: false, range: {} } as const
const tierShape = { span: [0, 0], kind: 'choice', options: ['gold', 'regular'] } as const
const policy = plan({
  tools: [
    tool(
      'issue_refund',
      record(
        required('order', textShape),
        required('amount', usdShape),
        required('items', numberShape),
        required('tier', tierShape),
        optional('note', textShape),
      ),
    ),
    tool('lookup_order'),
  ],
  rules: [
    rule('Cap', calls('issue_refund', compare(field('amount', USD), '>', usd(2_000))), deny),
    rule('Nothing for nothing', calls('issue_refund', compare(field('amount', USD), '<=', usd(0))), deny),
    rule(
      'Regulars get less',
      calls(
        'issue_refund',
        and(compare(field('tier'), '==', text('regular')), compare(field('amount', USD), '>', usd(500))),
      ),
      deny,
    ),
    rule('Few items', calls('issue_refund', not(compare(field('items', NUMBER), '<=', number(20)))), deny),
    rule(
      'No test orders',
      calls('issue_refund', compare(field('order'), '==', literal('ORD-000000', { kind: 'text' }))),
      deny,
    ),
    rule('Elsewhere', calls('lookup_order', compare(field('order'), '==', text('ORD-000000'))), deny),
  ],
})

/** The raw limit: what a careful engineer would write for this one policy. */
function byHand(): (step: Step) => Verdict {
  const refuse: Verdict = { ...ALLOW, kind: 'deny' }
  const micro = (raw: Json | undefined): number | undefined => {
    if (typeof raw !== 'number') return undefined
    const value = Math.round(raw * 1e6)
    return value / 1e6 === raw && Math.abs(value) <= Number.MAX_SAFE_INTEGER ? value : undefined
  }
  const known = new Set(['order', 'amount', 'items', 'tier', 'note'])
  return (one) => {
    if (one.kind !== 'calls' || one.agent !== 'clerk' || one.name !== 'issue_refund') return refuse
    const { order, amount, items, tier, note } = one.fields
    if (typeof order !== 'string' || typeof items !== 'number' || !Number.isFinite(items)) return refuse
    if (tier !== 'gold' && tier !== 'regular') return refuse
    if (note != null && typeof note !== 'string') return refuse
    for (const name in one.fields) if (!known.has(name)) return refuse
    const money = micro(amount)
    if (money === undefined) return refuse
    if (money > 2_000_000_000) return refuse
    if (money <= 0) return refuse
    if (foldsTo(tier, 'regular') && money > 500_000_000) return refuse
    if (!(items <= 20)) return refuse
    if (foldsTo(order, 'ord-000000')) return refuse
    return ALLOW
  }
}

// Parsed, as steps that travelled are: strings are not shared with the policy's.
const steps: Step[] = Array.from({ length: 1_000 }, (_, i) =>
  JSON.parse(
    JSON.stringify(
      step('issue_refund', {
        order: `ORD-${100_000 + i}`,
        amount: 1 + (i % 400) + 0.25,
        items: 1 + (i % 9),
        tier: i % 2 === 0 ? 'gold' : 'regular',
      }),
    ),
  ),
)

const cells = new Cells()
const [generated, interpreted] = [createJudge(policy), createJudge(policy, { engine: 'interpreted' })]
const hand = byHand()
const contenders: readonly (readonly [string, (step: Step) => Verdict, number])[] = [
  ['by hand', hand, STEPS],
  ['generated', (one) => generated.judge(cells, one), STEPS],
  ['interpreted', (one) => interpreted.judge(cells, one), STEPS / 20],
]

/** Nanoseconds a step. */
function round(judge: (step: Step) => Verdict, count: number): number {
  const start = process.hrtime.bigint()
  for (let i = 0; i < count; i++)
    if (judge(steps[i % steps.length]!).kind !== 'allow') throw new Error('refused')
  return Number(process.hrtime.bigint() - start) / count
}

const times = contenders.map((): number[] => [])
for (let i = 0; i < ROUNDS + 3; i++) {
  contenders.forEach(([, judge, count], which) => {
    const ns = round(judge, count)
    // The first rounds warm up.
    if (i >= 3) times[which]!.push(ns)
  })
}
const median = (list: readonly number[]) => list.toSorted((a, b) => a - b)[list.length >> 1]!
const limit = median(times[0]!)
console.log('Five rules and a shape over a call, nothing fires')
contenders.forEach(([name], i) => {
  const ns = median(times[i]!)
  console.log(
    `${name.padEnd(12)} ${ns.toFixed(1).padStart(8)} ns  ${(1e3 / ns).toFixed(2).padStart(6)} M/s  ${(ns / limit).toFixed(2).padStart(6)} ×`,
  )
})

/** Enough for a median; the slowest take most of a second. */
const PEER_STEPS = 4_000
const PEER_ROUNDS = 5
for (const [name, passes] of PEERS) {
  const taken: number[] = []
  for (let i = 0; i < PEER_ROUNDS + 1; i++) {
    const start = process.hrtime.bigint()
    for (let n = 0; n < PEER_STEPS; n++) {
      const answer = passes(steps[n % steps.length]!)
      // Waiting for an answer that is there already would cost its own time.
      if (!(answer === true || (answer !== false && (await answer)))) throw new Error(`${name} refused`)
    }
    if (i > 0) taken.push(Number(process.hrtime.bigint() - start) / PEER_STEPS)
  }
  const ns = median(taken)
  console.log(
    `${name.padEnd(18)} ${ns.toFixed(0).padStart(8)} ns  ${(1e3 / ns).toFixed(3).padStart(6)} M/s  ${(ns / limit).toFixed(0).padStart(6)} ×`,
  )
}
compareMany()
