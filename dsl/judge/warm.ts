/**
 * Has a judge prepare itself for the steps its policy speaks of, so that the first conversation does not pay for it:
 * code for an address is made when a step first asks for it. Verdicts are made on empty state and thrown away.
 */
import { Cells } from './cells.ts'
import type { Judge } from './judge.ts'
import type { Step, StepKind } from './step.ts'

/** Addresses prepared at most; the rest are prepared when first met. */
export const WARM_MAX = 1_000

export function warmUp(judge: Judge): number {
  const { plan } = judge
  const cells = new Cells()
  let warmed = 0
  const warm = (kind: StepKind, agent: string, name: string, peer: string | undefined): void => {
    if (warmed++ >= WARM_MAX) return
    const step: Step = { kind, agent, actor: agent, conversation: '', turn: 1, at: 0, name, fields: {} }
    judge.decide(cells, peer === undefined ? step : { ...step, peer })
  }
  for (const { name: agent, may } of plan.agents) {
    for (const { kinds = [], names = [''], peers = [undefined] } of may)
      for (const kind of kinds)
        for (const name of names)
          for (const peer of peers) {
            warm(kind, agent, name, peer)
            if (kind !== 'calls') continue
            warm('result', agent, name, undefined)
            warm('fails', agent, name, undefined)
          }
  }
  return Math.min(warmed, WARM_MAX)
}
