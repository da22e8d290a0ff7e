/** A stretch run in lines for people. */
import type { StretchReport } from './stretch.ts'

const FAULTS_SHOWN = 20

export function reportLines(report: StretchReport): string[] {
  const { seed, orders, slots, repeatedCalls, broken, forgotten, complete, faults, budgets } = report
  const kinds = Map.groupBy(report.faultsDone, (fault) => fault)
  const lines = [
    `seed ${seed}: ${report.faultsDone.length} faults (${Array.from(kinds, ([fault, all]) => `${all.length} × ${fault}`).join(', ')})`,
    `${orders} orders accepted, ${slots} slots, ${repeatedCalls} calls repeated under the same key, ${broken} obligations found broken, ${forgotten} forgotten`,
    `${budgets.spent} USD spent of ${budgets.lots} purses that all share, ${budgets.refused} purchases refused`,
  ]
  const named = ({ fault, electing }: StretchReport['takeovers'][number]) =>
    electing ? `${fault}, shortly after a nats node was killed` : fault
  for (const [fault, all] of Map.groupBy(report.takeovers, named)) {
    const leases = all.flatMap(({ leaseMs }) => leaseMs ?? [])
    lines.push(
      `${fault}: ${all.length} partitions changed hands, the next commit after ${spreadOf(all.map(({ ms }) => ms))}, the lease after ${spreadOf(leases)}`,
    )
  }
  lines.push(complete ? 'everything accepted came to its end' : 'NOT everything accepted came to its end')
  lines.push(faults.length === 0 ? 'the whole history holds' : `${faults.length} FAULTS in the history`)
  return [...lines, ...faults.slice(0, FAULTS_SHOWN)]
}

function spreadOf(all: readonly number[]): string {
  if (all.length === 0) return '–'
  const times = all.toSorted((a, b) => a - b)
  return `p50 ${times[Math.floor(times.length / 2)]} ms, max ${times.at(-1)} ms`
}
