/** A fleet of daemons on a cluster of nats-servers while both are killed, stopped and cut off: `npm run stretch -- --help`. */
import { Command } from 'commander'
import { above0, wholeOf } from '#runtime/daemon/numbers.ts'
import { reportLines } from './report.ts'
import { stretch } from './stretch.ts'

interface Options {
  readonly minutes: number
  readonly seed?: number
  readonly sync?: boolean
}

const {
  minutes,
  seed = Date.now() % 1_000_000,
  sync = false,
} = new Command('npm run stretch --')
  .description(
    'runs daemons on a cluster of nats-servers while both die, stop and are cut off; ends with 1 when something did not hold',
  )
  .option('--minutes <n>', 'how long things go wrong; two more minutes for all to come to rest', above0, 10)
  .option('--seed <n>', 'what goes wrong, and when; another each time unless given', wholeOf)
  .option('--sync', 'nodes write to the disk before they acknowledge (nats-server 2.10 and newer)')
  .parse()
  .opts<Options>()
console.log(`seed ${seed}, ${minutes} minutes of faults${sync ? ', acks after fsync' : ''}`)
// Ended by hand: what was started is ended too.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130))
const report = await stretch({
  seed,
  faultsMs: minutes * 60_000,
  settleMs: 120_000,
  syncAlways: sync,
  say: (line) => console.log(line),
})
for (const line of reportLines(report)) console.log(line)
process.exit(report.faults.length === 0 && report.complete ? 0 : 1)
