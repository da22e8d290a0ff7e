/**
 * A daemon to be measured and killed: serves some of a fleet's partitions and tells its parent how it goes.
 *   node bench/fleet/daemon.ts URL FLEET PARTITIONS SERVED      SERVED as 0,2
 */
import { Fleet } from '#runtime/fleet/fleet.ts'
import { openJetStream } from '#runtime/log/jetstream.ts'
import { counting } from './counter.ts'

/** What the parent hears; every so many milliseconds, and once when the fleet is open. */
export type Report =
  | {
      readonly kind: 'open'
      readonly ms: number
      /** Of processor time since the process began. */
      readonly cpuMs: number
      readonly records: number
      readonly rssBytes: number
    }
  | {
      readonly kind: 'progress'
      readonly taken: number
      readonly records: number
      readonly atMs: number
      readonly cpuMs: number
      readonly rssBytes: number
      /** Milliseconds from being sent to being committed, since the last report; of messages that carry when they were sent. */
      readonly waitedMs: readonly number[]
    }

const REPORT_MS = 50

const [url = '', name = '', partitions = '4', served = '0'] = process.argv.slice(2)
const tell = (report: Report) => process.send?.(report)
const began = performance.now()
const opened = await openJetStream({ servers: url, fleet: name, partitions: Number(partitions) })
if (opened.kind === 'refused') throw new Error(opened.message)
let taken = 0
let records = 0
let waitedMs: number[] = []
const fleet = new Fleet(
  counting(name, {
    log: opened.log,
    writer: `bench-${process.pid}`,
    onCommit: ({ turns }) => {
      records++
      const now = Date.now()
      for (const { input, outcome } of turns) {
        if (input.kind !== 'message' || outcome !== 'passed') continue
        taken++
        const sent = Number(input.fields['sent'])
        if (sent > 0) waitedMs.push(now - sent)
      }
    },
  }),
)
let recovered = 0
for (const partition of served.split(',').map(Number)) {
  const took = await fleet.take(partition)
  if (took.kind !== 'serving') throw new Error(took.kind === 'refused' ? took.message : 'contested')
  recovered += took.records
}
const rssBytes = () => process.memoryUsage.rss()
const cpuMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
tell({
  kind: 'open',
  ms: performance.now() - began,
  cpuMs: cpuMs(),
  records: recovered,
  rssBytes: rssBytes(),
})
setInterval(() => {
  tell({
    kind: 'progress',
    taken,
    records,
    atMs: performance.now(),
    cpuMs: cpuMs(),
    rssBytes: rssBytes(),
    waitedMs,
  })
  waitedMs = []
}, REPORT_MS)
process.on('disconnect', () => process.exit())
