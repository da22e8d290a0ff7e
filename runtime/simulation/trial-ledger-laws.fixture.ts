/** What the cap of all means, said again in plain code over what its ledger was asked and what it answered. */
import type { JsonObject } from '#dsl/judge/step.ts'
import { isInLedger } from '#runtime/fleet/ledger/address.ts'
import { type Answer, type Became, type Reserve, said } from '#runtime/fleet/ledger/words.ts'
import type { CommitRecord } from '#runtime/fleet/record.ts'
import { FLEET_CAP, FLEET_WINDOW_MS } from './trial-policy.fixture.ts'
import type { Report } from './witness.ts'

/** Exact both ways: whoever would pass the cap is refused, and nobody else. */
export function ledgerLaw(): (record: CommitRecord, report: Report) => void {
  const counted = new Map<string, { readonly at: number; readonly amount: number }>()
  return ({ turns }, report) => {
    for (const { agent, at, input, changes } of turns) {
      if (!isInLedger(agent) || input.kind !== 'message') continue
      if (input.message !== 'parapet.reserve') {
        const { hold, became } = said<{ readonly hold: string; readonly became: Became }>(input.fields)
        if (became.kind === 'did not') counted.delete(hold)
        continue
      }
      const { hold, claim } = said<Reserve>(input.fields)
      const amount = Number(claim.step.fields['amount'])
      const sum = Array.from(counted.values()).reduce(
        (total, each) => (at - each.at < FLEET_WINDOW_MS ? total + each.amount : total),
        0,
      )
      const post = changes.find((change) => change.kind === 'post')
      const { fields }: { readonly fields: JsonObject } = JSON.parse(post?.kind === 'post' ? post.body : '{}')
      const granted = said<Answer>(fields).answer.kind === 'granted'
      if (granted !== sum + amount <= FLEET_CAP)
        report(`${granted ? 'granted' : 'refused'}: ${amount} after ${sum} of at most ${FLEET_CAP}`)
      if (granted) counted.set(hold, { at, amount })
    }
  }
}
