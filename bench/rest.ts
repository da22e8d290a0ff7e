/**
 * What a message costs the more agents take turns, without server or network: fleets of several sizes over the log in memory, each in a
 * process of its own, every agent met before. They take the same load in turns, so that what else the machine does falls on all alike;
 * what counts is processor time, and its ratio to the smallest fleet's.
 *
 * node --expose-gc bench/rest.ts [rounds] [messages a round] [agents …]      BENCH_PROF=FOLDER: a processor profile of each there
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Round } from './fleet/member.ts'

const [rounds = 9, messages = 40_000, ...given] = process.argv.slice(2).map(Number)
const sizes = given.length > 0 ? given : [10, 1_000, 100_000]

const members = await Promise.all(
  sizes.map(async (agents) => {
    const child = fork(join(import.meta.dirname, 'fleet/member.ts'), [String(agents)], {
      env: { ...process.env, NODE_ENV: 'production' },
      execArgv: [
        '--expose-gc',
        ...(process.env['BENCH_PROF'] ? ['--cpu-prof', '--cpu-prof-dir', process.env['BENCH_PROF']] : []),
      ],
    })
    await once(child, 'message')
    return { agents, child, rounds: [] as Round[] }
  }),
)
for (let i = 0; i < rounds; i++)
  for (const { child, rounds } of members) {
    child.send(messages)
    const [round]: Round[] = await once(child, 'message')
    rounds.push(round!)
  }
for (const { child } of members) child.disconnect()

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!
const base = median(members[0]!.rounds.map(({ cpuUs }) => cpuUs))
console.log(
  `${rounds} rounds of ${messages.toLocaleString('en')} messages; processor time a message, its sender's included`,
)
for (const { agents, rounds } of members) {
  const cpuUs = median(rounds.map(({ cpuUs }) => cpuUs))
  const { heapBytes, outsideBytes, restingBytes, rssBytes } = rounds.at(-1)!
  console.log(
    `  ${agents.toLocaleString('en').padStart(9)} agents  ${cpuUs.toFixed(1).padStart(6)} µs   ${(cpuUs / base).toFixed(2)} × the smallest   heap ${megabytes(heapBytes)}, beside it ${megabytes(outsideBytes)} (at rest ${megabytes(restingBytes)}), process ${megabytes(rssBytes)}`,
  )
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MB`
}
