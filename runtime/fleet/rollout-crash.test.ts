/** Daemons die at any point of a deployment; whoever comes next finishes it, or takes it back. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { deployed, rolledBack, type Standing } from '#runtime/deploy/next.ts'
import type { Rollout, Stage, WarmUp } from '#runtime/deploy/rollout.ts'
import { memoryBroker } from '#runtime/log/memory.ts'
import type { FleetLog } from '#runtime/log/port.ts'
import { LogClosed } from '#runtime/log/port.ts'
import { checkHistory } from './check-history.ts'
import { agents, till, VOCABULARY } from './desk.fixture.ts'
import { bundleOf, type FleetUnderTest, startFleet } from './fleet.fixture.ts'
import { Policies } from './policies.ts'
import { replayed } from './replay.fixture.ts'

const OLD = VOCABULARY
const SUM = `${OLD} consistency "Sum" { total amount of (clerk calls pay) at most 50 USD }`
const SMALL = `${OLD} rule "Small" { when clerk calls pay and amount > 10 USD then deny }`
const TEXTS = [OLD, SUM, SMALL]
const BUNDLES = TEXTS.map(bundleOf)
const PARTITIONS = 3
const CONVERSATIONS = ['c1', 'c2', 'c3', 'c4', 'c5']

const STAGES: readonly Stage[] = [
  { stage: 'enforce', share: 0 },
  { stage: 'shadow', share: 0 },
  { stage: 'canary', share: 5_000 },
]
const act = fc.oneof(
  fc.record({
    kind: fc.constant('tell' as const),
    conversation: fc.constantFrom(...CONVERSATIONS),
    amount: fc.constantFrom(5, 20, 40),
  }),
  fc.record({
    kind: fc.constant('deploy' as const),
    policy: fc.nat({ max: 2 }),
    stage: fc.constantFrom(...STAGES),
    warmUp: fc.constantFrom<WarmUp>('none', 'replay'),
  }),
  fc.record({ kind: fc.constant('rollback' as const) }),
)
/** The life goes on for so many appends; the last of them is lost, or stands and nobody hears of it. */
const life = fc.record({
  appends: fc.integer({ min: 1, max: 25 }),
  stands: fc.boolean(),
  acts: fc.array(act, { minLength: 1, maxLength: 6 }),
})

/** A log that goes away in the middle of an append. */
function mortal(log: FleetLog, appends: number, stands: boolean): FleetLog {
  let left = appends
  return new Proxy(log, {
    get(target, name) {
      if (name !== 'append') {
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      }
      return async (...args: Parameters<FleetLog['append']>) => {
        if (left > 1) {
          left--
          return target.append(...args)
        }
        if (left-- === 1 && stands) await target.append(...args)
        throw new LogClosed()
      }
    },
  })
}

function newest({ fleet, judge }: FleetUnderTest): Standing {
  const rollout = fleet.owned
    .flatMap((partition) => fleet.stateOf(partition).rollout ?? [])
    .reduce<Rollout | undefined>((best, each) => (each.number > (best?.number ?? 0) ? each : best), undefined)
  return { hash: rollout?.standing ?? judge.hash, rollout }
}

test('a death at any point leaves every partition under a policy it knows, and telling them the newest again brings them together', {
  timeout: 60_000,
}, async () => {
  let apart = 0
  await fc.assert(
    fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 4 }), async (lives) => {
      const broker = memoryBroker()
      const { pay } = till()
      const base = { policy: OLD, agents, world: { tools: { pay } }, broker, partitions: PARTITIONS }
      let seq = 0
      const making = () => ({ id: `${++seq}`, by: 'ada', at: 0 })
      for (const [i, { appends, stands, acts }] of lives.entries()) {
        const through = (log: FleetLog) => mortal(log, appends, stands)
        const starting = startFleet({ ...base, through, writer: `w${i}` })
        const under = await starting.catch((cause: unknown) => {
          if (cause instanceof LogClosed) return undefined
          throw cause
        })
        // It died while it claimed its partitions.
        if (under === undefined) continue
        for (const each of acts) {
          const now = newest(under)
          if (each.kind === 'tell') {
            const source = `${each.conversation}.${++seq}`
            const { conversation, amount } = each
            const told = { source, seq: 1, conversation, to: 'clerk', from: 'customer' }
            await under.fleet.inlet.tell({ ...told, message: 'order', fields: { amount } })
          } else {
            const rollout =
              each.kind === 'deploy'
                ? deployed(now, BUNDLES[each.policy]!.hash, [each.stage], { warmUp: each.warmUp }, making())
                : now.rollout && rolledBack(now.rollout, 'by hand', 'none', making())
            if (rollout) await under.fleet.switchTo(rollout, BUNDLES)
          }
          await settled(under)
        }
        await under.fleet.stop()
      }

      const last = await startFleet({ ...base, writer: 'last' })
      const { rollout } = newest(last)
      const partitions = last.fleet.owned.map((partition) => last.fleet.stateOf(partition))
      if (partitions.some((state) => state.rollout?.number !== rollout?.number)) apart++
      if (rollout) {
        await last.fleet.switchTo(rollout, BUNDLES)
        for (const state of partitions) expect(state.rollout).toEqual(rollout)
      }
      await last.settle()
      expect(checkHistory(last.records)).toEqual([])
      expectJudgedAsRecorded(last)
      await last.fleet.stop()
    }),
    { numRuns: 60 },
  )
  expect(apart).toBeGreaterThan(3)
})

/** Owners whose log has gone are not idle and never will be. */
async function settled(under: FleetUnderTest): Promise<void> {
  for (let quiet = 0; quiet < 3 && under.stopped.length === 0; ) {
    await new Promise(setImmediate)
    quiet = under.fleet.idle ? quiet + 1 : 0
  }
}

/** Every turn judged again by the policy its record names gives what is recorded. */
function expectJudgedAsRecorded({ records, judge }: FleetUnderTest): void {
  const policies = new Policies(judge, BUNDLES[0])
  for (const { hash } of BUNDLES) policies.prepare(ruledBy(hash), BUNDLES)
  expect(replayed(records, (policy) => policies.judge(policy)).differences).toEqual([])
}

function ruledBy(standing: string): Rollout {
  return { number: 1, id: '', by: '', why: '', at: 0, standing, warmUp: 'none' }
}
