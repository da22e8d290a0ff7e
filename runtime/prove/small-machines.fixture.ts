/** Small policies and small machines, drawn at random: each is hardly anything, together they are every trouble there is. */
import fc from 'fast-check'
import { assign, setup } from 'xstate'
import { effects } from '#agents/effects.ts'
import { compile } from '#dsl/pipeline.ts'
import type { Plan } from '#dsl/plan/plan.ts'
import { source } from '#dsl/source.ts'
import type { Machine } from '#runtime/kernel/kernel.ts'

// ------------------------------------------------------------------ policies

const VOCABULARY = `policy "Small" version 1.0
tool look(deep: yes or no)
tool pay(big: yes or no)
tool hint()
message go { big: yes or no }
message stop { note: one of "hm" }
detector anger over text { within 5 seconds, gives score from 0 to 1, threshold 0.9 }
agent clerk { may receive go, stop from client  may call look, pay  may answer customer }
agent scout { may call hint }
`
const CONSTRAINTS = [
  'consistency "C" { pay needs an earlier look }',
  'consistency "C" { pay needs an earlier look each time }',
  'consistency "C" { pay at most once }',
  'consistency "C" { per turn  pay at most once }',
  'consistency "C" { look at most 2 times }',
  'consistency "C" { pay excludes a later look }',
  'consistency "C" { pay needs an earlier look with the same deep }',
  'consistency "C" { look only directly after pay }',
  'consistency "C" { while in one  pay never }',
  'consistency "C" { pay needs an earlier look within 10 minutes }',
  'consistency "C" { pay at most once in any 10 minutes }',
  'consistency "C" { look is followed by pay within 5 minutes }',
  'consistency "C" { pay never within 5 minutes after look }',
  'consistency "C" { pay at most once per calendar day in "UTC" }',
  'consistency "C" { look at most once per calendar month in "Europe/Berlin" }',
  'consistency "C" { across the fleet  pay at most once per calendar day in "UTC" }',
  'consistency "C" { across the fleet  pay at most 2 times in any 10 minutes }',
  'consistency "C" { across the fleet  pay needs an earlier look within 10 minutes }',
  'consistency "C" { pay needs an earlier hint }',
  'consistency "C" { pay needs an earlier hint within 10 minutes }',
  'consistency "C" { hint excludes a later pay }',
  'consistency "C" { look and pay alternate }',
  'consistency "C" { not both look and pay }',
  'consistency "C" { pay needs an earlier hint by someone else }',
  'consistency "C" { pay never within 5 minutes after clerk enters two }',
  'rule "R" { when scout calls pay then allow }',
  'rule "R" { when clerk receives stop then deny }',
  'rule "R" { when clerk calls pay and ago < 10 minutes where ago is the time since the latest look then deny }',
  'rule "R" { when clerk calls pay and ago >= 10 minutes where ago is the time since the latest hint then deny }',
  'rule "R" { when clerk calls pay and looks > 1 where looks is the number of look this calendar day in "UTC" then deny }',
  'rule "R" { when anyone spends and amount > 1 USD then deny }',
  'consistency "C" { total amount of (clerk spends) at most 2 USD }',
  'rule "R" { when clerk calls pay and now is between 22:00 and 06:00 in "UTC" then deny }',
  'rule "R" { when clerk receives stop and anger in note then deny }',
  'rule "R" { when clerk receives stop and anger in note then quarantine }',
  'rule "R" { when clerk receives go and not (sender has role "boss") then deny }',
  'rule "R" { when clerk calls pay then deny }',
  'rule "R" { when clerk calls pay and big = yes then deny }',
  'rule "R" { when clerk calls pay and big = yes then ask boss within 1 hour, otherwise deny }',
  'rule "R" { when clerk receives go and big = yes then deny }',
  'rule "R" { when clerk calls look and deep = yes then set deep to no }',
  'rule "R" { when clerk calls look then route to pay }',
  'rule "R" { when clerk enters two then deny }',
  'rule "R" { when clerk calls look then warn }',
  'rule "R" { when clerk receives stop then quarantine }',
].filter((one) => compile(source(VOCABULARY + one, 'one.parapet')).plan !== undefined)

export const policies = fc
  .uniqueArray(fc.constantFrom(...CONSTRAINTS), { minLength: 1, maxLength: 3 })
  .map((chosen) => VOCABULARY + chosen.map((one, i) => one.replace(/"[CR]"/, `"N${i}"`)).join('\n'))

export function planOf(policy: string): Plan {
  const { plan, diagnostics } = compile(source(policy, 'small.parapet'))
  if (!plan) throw new Error(`${policy}\n${diagnostics.map(({ message }) => message).join('\n')}`)
  return plan
}

// ------------------------------------------------------------------ machines

interface Edge {
  readonly on: string
  readonly to: string
  readonly does: string
  readonly guard: string
}

const STATES = ['one', 'two', 'three']
const edges = fc.array(
  fc.record({
    on: fc.constantFrom('go', 'stop', 'parapet.denied', 'parapet.result', 'parapet.failed', 'always'),
    to: fc.constantFrom(...STATES, 'end'),
    does: fc.constantFrom(
      'nothing',
      'look',
      'pay',
      'both',
      'pay as told',
      'count',
      'answer',
      'queued',
      'soon',
      'raised',
      'self',
    ),
    guard: fc.constantFrom('none', 'none', 'few', 'big'),
  }),
  { minLength: 2, maxLength: 4 },
)
export const machines = fc.record({ one: edges, two: edges, three: edges })

const kit = setup({
  types: { context: {} as { n: number }, events: {} as { type: string; big?: boolean } },
  actions: {
    ...effects,
    count: assign(({ context }: { context: { n: number } }) => ({ n: (context.n + 1) % 3 })),
  },
  guards: {
    few: ({ context }: { context: { n: number } }) => context.n < 1,
    big: ({ event }: { event: { type: string; big?: boolean } }) => event.big === true,
  },
})
const look = { type: 'call', params: () => ({ tool: 'look', args: { deep: true } }) } as const
const pay = { type: 'call', params: { tool: 'pay', args: { big: false } } } as const
const asTold = {
  type: 'call',
  params: ({ event }: { event: { big?: boolean } }) => ({ tool: 'pay', args: { big: event.big ?? true } }),
} as const
const answer = { type: 'answer', params: { to: 'customer', fields: {} } } as const
const queued = kit.enqueueActions(({ context, enqueue }) => {
  if (context.n < 1) enqueue({ type: 'call', params: { tool: 'pay', args: { big: false } } })
})
/** What a machine tells itself: nothing is judged on its way in. */
const soon = [
  kit.raise({ type: 'stop' }, { delay: 120_000 }),
  kit.raise({ type: 'stop' }, { delay: 660_000 }),
]
const raised = kit.raise(({ context }) => ({ type: context.n > 0 ? 'go' : 'stop' }))
const self = kit.sendTo(({ self }) => self, { type: 'stop' })
const DOES = {
  nothing: [],
  look: [look],
  pay: [pay],
  both: [look, pay],
  'pay as told': [asTold],
  count: ['count'],
  answer: [answer],
  queued: [queued],
  soon,
  raised: [raised],
  self: [self],
} as const

export function machineOf(drawn: Readonly<Record<string, readonly Edge[]>>): Machine {
  const stateOf = (name: string) => {
    const own = (drawn[name] ?? []).map(({ on, to, does, guard }) => ({
      on,
      transition: {
        target: to,
        actions: DOES[does as keyof typeof DOES],
        // What goes on by itself goes on to a state after it, so that it comes to an end.
        ...(guard !== 'none' && { guard: guard as 'few' | 'big' }),
      },
      forward: STATES.indexOf(to) > STATES.indexOf(name) || to === 'end',
    }))
    const of = (type: string) => own.filter(({ on }) => on === type).map(({ transition }) => transition)
    const always = own
      .filter(({ on, forward }) => on === 'always' && forward)
      .map(({ transition }) => transition)
    const types = [...new Set(own.map(({ on }) => on))].filter((type) => type !== 'always')
    return { on: Object.fromEntries(types.map((type) => [type, of(type)])), always }
  }
  return kit.createMachine({
    id: 'clerk',
    context: { n: 0 },
    initial: 'one',
    states: { one: stateOf('one'), two: stateOf('two'), three: stateOf('three'), end: { type: 'final' } },
  })
}
