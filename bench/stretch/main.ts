/**
 * node bench/stretch/main.ts [--minutes 10] [--seed N] [--sync]
 * With `--sync` the nodes write to the disk before they acknowledge (nats-server 2.10 and newer).
 * Prints the seed, what was done, and the figures; exits with 1 when something did not hold.
 */
import { parseArgs } from 'node:util'
import { reportLines } from './report.ts'
import { stretch } from './stretch.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string' },
    sync: { type: 'boolean' },
  },
})
const seed = Number(values.seed ?? Date.now() % 1_000_000)
console.log(`seed ${seed}, ${values.minutes} minutes of faults${values.sync ? ', acks after fsync' : ''}`)
// Ended by hand: what was started is ended too.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130))
const report = await stretch({
  seed,
  faultsMs: Number(values.minutes) * 60_000,
  settleMs: 120_000,
  syncAlways: values.sync ?? false,
  say: (line) => console.log(line),
})
for (const line of reportLines(report)) console.log(line)
process.exit(report.faults.length === 0 && report.complete ? 0 : 1)
