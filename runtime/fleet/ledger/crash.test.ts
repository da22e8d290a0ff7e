/** A ledger whose askers and owners die, against a model that takes one thing after the other. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonObject } from '#dsl/judge/step.ts'
import { checkHistory } from '../check-history.ts'
import { type Ending, IN_DOUBT, POLICY, play, REFUSED } from '../crash.fixture.ts'
import { faults, scripts } from '../crash-scripts.fixture.ts'
import type { TurnRecord } from '../record.ts'
import { replayed } from '../replay.fixture.ts'
import { isInLedger } from './address.ts'
import { type Answer, type Became, type Reserve, said } from './words.ts'

const CAP = 100
const WINDOW_MS = 3_600_000
const POLICY_CAPPED = `${POLICY}
consistency "Cap" { across the fleet  total amount of pay at most ${CAP} USD in any 1 hour }
consistency "Few" { across the fleet  clerk calls look at most 6 times per calendar day in "UTC" }
`

interface Entry {
  readonly at: number
  readonly amount: number
  came: 'open' | 'yes' | 'no' | 'unknown'
}

/** The ledger as one list of what was let through, in the order of its log. */
function expectExact(turns: readonly TurnRecord[]): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>()
  for (const { at, input, changes } of turns) {
    if (input.kind !== 'message') continue
    if (input.message === 'parapet.reserve') {
      const { hold, claim } = said<Reserve>(input.fields)
      const capped = claim.step.name === 'pay'
      const amount = capped ? Number(claim.step.fields['amount']) : 1
      const counted = Array.from(entries.values()).filter(
        (each) => each.came !== 'no' && (capped ? at - each.at < WINDOW_MS : dayOf(each.at) === dayOf(at)),
      )
      const sum = counted.reduce((total, each) => total + each.amount, 0)
      const fits = sum + amount <= (capped ? CAP : 6)
      expect(answerOf(changes)).toBe(fits ? 'granted' : 'refused')
      if (fits) entries.set(hold, { at, amount, came: 'open' })
    } else {
      const { hold, became } = said<{ hold: string; became: Became }>(input.fields)
      const entry = entries.get(hold)
      if (!entry) continue
      expect(['open', 'unknown']).toContain(entry.came)
      entry.came = became.kind === 'came about' ? 'yes' : became.kind === 'did not' ? 'no' : 'unknown'
    }
  }
  return entries
}

const dayOf = (at: number) => Math.floor(at / 86_400_000)

function answerOf(changes: TurnRecord['changes']): string | undefined {
  const post = changes.find((change) => change.kind === 'post')
  if (post?.kind !== 'post') return undefined
  const { fields }: { fields: JsonObject } = JSON.parse(post.body)
  return said<Answer>(fields).answer.kind
}

function expectSound({ records, last, done }: Ending): void {
  expect(checkHistory(records)).toEqual([])
  expect(replayed(records, () => last.judge).differences).toEqual([])
  const byLedger = new Map<string, TurnRecord[]>()
  for (const turn of records.flatMap((record) => record.turns)) {
    if (isInLedger(turn.agent)) byLedger.set(turn.agent, [...(byLedger.get(turn.agent) ?? []), turn])
  }
  for (const turns of byLedger.values()) {
    const entries = [...expectExact(turns).values()]
    // Nothing is forgotten: whatever is not known at the end is what nobody can know.
    expect(entries.filter(({ came }) => came === 'open')).toEqual([])
    if (!turns.some(({ input }) => input.kind === 'message' && reservedFor(input.fields) === 'pay')) continue
    const counted = entries.filter(({ came }) => came !== 'no')
    expect(counted.map(({ amount }) => amount).sort()).toEqual(
      [...done.paid.values()].map((args) => Number(args['amount'])).sort(),
    )
    for (const { came, amount } of counted) expect(came).toBe(amount === IN_DOUBT ? 'unknown' : 'yes')
  }
}

function reservedFor(fields: JsonObject): string | undefined {
  return 'claim' in fields ? said<Reserve>(fields).claim.step.name : undefined
}

test('is exact to the cent, gives nothing away and forgets nothing, whenever processes die', {
  timeout: 60_000,
}, async () => {
  let died = 0
  await fc.assert(
    fc.asyncProperty(
      scripts({
        amounts: [3, REFUSED, 10, IN_DOUBT, 30, 45, 56, 70, 150],
        passMs: [600_000, 3_700_000],
        stepsMax: 12,
      }),
      faults,
      async (script, deaths) => {
        const ending = await play(script, deaths, {}, POLICY_CAPPED)
        died += ending.lives - 1
        expectSound(ending)
      },
    ),
    { numRuns: 60 },
  )
  expect(died).toBeGreaterThan(20)
})
