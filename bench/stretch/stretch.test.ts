/** The stretch of a minute; `npm run stretch -- --minutes 10` is the long one. */
import { expect, test } from 'vitest'
import { reportLines } from './report.ts'
import { stretch } from './stretch.ts'

const SEED = Number(process.env['SEED'] ?? 1)

test('daemons and nats nodes are killed, stopped and cut off for a while: nothing is lost, doubled or forgotten', {
  timeout: 150_000,
}, async () => {
  const report = await stretch({ seed: SEED, faultsMs: 35_000, settleMs: 40_000, say: () => {} })
  const said = reportLines(report)
  console.log(said.join('\n'))
  expect(report.faults, said.join('\n')).toEqual([])
  expect(report.complete, said.join('\n')).toBe(true)
  expect(new Set(report.faultsDone).size).toBeGreaterThanOrEqual(5)
  expect(report.takeovers.length).toBeGreaterThan(0)
  expect(report.broken).toBeGreaterThan(0)
  expect(report.budgets.refused).toBeGreaterThan(0)
})
