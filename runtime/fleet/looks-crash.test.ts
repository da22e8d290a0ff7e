/** Looks that cost money, while processes die: nobody looks unpaid, and no ledger forgets or gives away. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkHistory } from './check-history.ts'
import { type Ending, LOOK_COST, POLICY, play } from './crash.fixture.ts'
import { faults, scripts } from './crash-scripts.fixture.ts'
import { isInLedger } from './ledger/address.ts'
import { type Became, type Reserve, said } from './ledger/words.ts'
import { replayed } from './replay.fixture.ts'

const CAP = 6
const MICRO = 1_000_000
const micro = (amount: number) => Math.round(amount * MICRO)

const POLICY_LOOKING = `${POLICY}
detector gloom over text { cost ${LOOK_COST} USD, within 1 second, threshold 0.5 }
rule "No gloom is kept" { when clerk remembers fact and gloom in text then deny }
consistency "Looks" { across the fleet  total amount of (clerk spends) at most ${CAP * LOOK_COST} USD }
`

/** What the ledger has counted, and whether each look ahead was let through by what it had counted then. */
function countedIn({ records }: Ending): number {
  const held = new Map<string, number>()
  let counted = 0
  for (const turn of records.flatMap((record) => record.turns)) {
    const { input } = turn
    if (!isInLedger(turn.agent) || input.kind !== 'message') continue
    if (input.message === 'parapet.reserve') {
      const { hold, claim } = said<Reserve>(input.fields)
      const amount = micro(Number(claim.step.fields['amount']))
      const fits = counted + amount <= CAP * micro(LOOK_COST)
      if (claim.ahead && fits) held.set(hold, amount)
      if (fits || !claim.ahead) counted += amount
    } else {
      const { hold, became } = said<{ hold: string; became: Became }>(input.fields)
      const amount = held.get(hold)
      if (amount === undefined) continue
      held.delete(hold)
      if (became.kind === 'did not') counted -= amount
      else if (became.kind === 'came about' && became.actual)
        counted += micro(Number(became.actual['amount'])) - amount
    }
  }
  expect(held).toEqual(new Map())
  return counted
}

test('every look is paid for once at least, and none is begun that the budget does not hold', {
  timeout: 60_000,
}, async () => {
  let died = 0
  let looked = 0
  let refused = 0
  await fc.assert(
    fc.asyncProperty(
      // A look costs less than declared, as much, and more.
      scripts({ amounts: [3, 10, 30, 10.5], passMs: [600_000], stepsMax: 14 }),
      faults,
      async (script, deaths) => {
        const ending = await play(script, deaths, {}, POLICY_LOOKING)
        const { records, last, done, lives } = ending
        expect(checkHistory(records)).toEqual([])
        expect(replayed(records, () => last.judge).differences).toEqual([])
        const paid = (most: number) =>
          done.looks.reduce((sum, amount) => sum + micro(Math.min(amount, most)), 0)
        const counted = countedIn(ending)
        // Whoever died had no time to say that a look cost more than declared.
        expect(counted).toBeGreaterThanOrEqual(paid(LOOK_COST))
        if (lives === 1) expect(counted).toBe(paid(Number.POSITIVE_INFINITY))
        died += lives - 1
        looked += done.looks.length
        refused += JSON.stringify(records).split('the budget does not reach for a look: Looks').length - 1
      },
    ),
    { numRuns: 60 },
  )
  expect(died).toBeGreaterThan(20)
  expect(looked).toBeGreaterThan(100)
  expect(refused).toBeGreaterThan(0)
})
