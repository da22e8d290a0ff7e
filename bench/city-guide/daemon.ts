/**
 * A guide's daemon to be measured: the example's machine under a policy, on JetStream and LanceDB; answers go out over core
 * NATS as soon as they are committed. Asked by its parent, it says how far it is.
 *   node bench/city-guide/daemon.ts URL FLEET PARTITIONS SERVED POLICY SEARCHES      SERVED as 0,2; POLICY full or permissions; SEARCHES each or kept
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@nats-io/transport-node'
import { createJudge } from '#dsl/judge/create.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import { systemClock, systemStopwatch } from '#runtime/daemon/clock.ts'
import { cached } from '#runtime/evidence/cached.ts'
import { offlineEmbedder } from '#runtime/evidence/offline.ts'
import { Fleet } from '#runtime/fleet/fleet.ts'
import { openJetStream } from '#runtime/log/jetstream.ts'
import { keptSearches } from '#runtime/memory/kept-searches.ts'
import { openLanceMemory } from '#runtime/memory/lancedb.ts'
import { guide } from '../../examples/08-city-guide/guide.ts'
import { readPlaces } from '../../examples/08-city-guide/places.ts'

/** So far; times in milliseconds. */
export interface Report {
  readonly turns: number
  readonly records: number
  readonly steps: number
  readonly judgingMs: number
  readonly searches: number
  readonly cpuMs: number
}

const KEPT_MS = 60_000
const EXAMPLE = join(import.meta.dirname, '../../examples/08-city-guide')
/** The same without what looks at words: permissions alone. */
const PERMISSIONS = `policy "Permissions" version 1
  message question { text: text }
  agent guide { may receive question from visitor  may recall  may answer visitor }`

const [url = '', name = '', partitions = '4', served = '0', policy = 'full', searches = 'kept'] =
  process.argv.slice(2)
const text = policy === 'full' ? readFileSync(join(EXAMPLE, 'guide.parapet'), 'utf8') : PERMISSIONS
const { plan } = compile(source(text, 'guide.parapet'))
if (!plan) throw new Error('the policy does not compile')
const dir = mkdtempSync(join(tmpdir(), 'parapet-bench-'))
const clock = systemClock()
const embedder = cached(offlineEmbedder())
const lance = await openLanceMemory({ dir, embedder })
if (lance.kind === 'refused') throw new Error(lance.message)
await lance.memory.write(
  readPlaces(join(EXAMPLE, 'data')).map(({ place, text }, at) => ({
    id: `p0.1.${at}`,
    kind: 'place',
    text: `${text} [${place}]`,
    fields: {},
    writer: 'guidebook/curator',
    conversation: 'guidebook',
    writtenAt: clock.now(),
    sources: ['guidebook-2026'],
    labels: [],
    standing: 'observed',
  })),
)
let looked = 0
const counting = {
  ...lance.memory,
  search: (query: Parameters<typeof lance.memory.search>[0]) => {
    looked++
    return lance.memory.search(query)
  },
}
const memory = searches === 'kept' ? keptSearches(counting, { keptMs: KEPT_MS, now: clock.now }) : counting
const out = await connect({ servers: url })
const opened = await openJetStream({ servers: url, fleet: name, partitions: Number(partitions) })
if (opened.kind === 'refused') throw new Error(opened.message)
const counted = { turns: 0, records: 0, steps: 0, judgingNs: 0 }
const world = {
  tools: {},
  outside: {
    visitor: ({ text = '' }, { conversation }: { conversation: string }) =>
      out.publish(`answers.${name}.${conversation}`, String(text)),
  },
}
const fleet = new Fleet({
  definition: {
    name,
    policy: '',
    agents: { guide: { machine: guide({ thinks: false }) } },
    world: () => world,
  },
  judge: createJudge(plan),
  log: opened.log,
  world,
  memory,
  clock,
  stopwatch: systemStopwatch,
  measured: {
    judging: (ns, steps) => {
      counted.judgingNs += ns
      counted.steps += steps
    },
    turn: () => {},
  },
  writer: `bench-${process.pid}`,
  checkPurity: false,
  onRecovered: () => {},
  onCommit: ({ turns }) => {
    counted.records++
    counted.turns += turns.length
  },
  onStop: (_partition, reason) => {
    if (reason.kind !== 'closed') throw new Error(JSON.stringify(reason))
  },
})
for (const partition of served.split(',').map(Number)) {
  const took = await fleet.take(partition)
  if (took.kind !== 'serving') throw new Error(took.kind)
}
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  const { turns, records, steps, judgingNs } = counted
  const report: Report = {
    turns,
    records,
    steps,
    judgingMs: judgingNs / 1e6,
    searches: looked,
    cpuMs: (user + system) / 1_000,
  }
  process.send?.(report)
})
process.on('disconnect', () => {
  rmSync(dir, { recursive: true, force: true })
  process.exit()
})
