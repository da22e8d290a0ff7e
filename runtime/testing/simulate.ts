/**
 * `simulate(fleet, { seed, steps, faults })` for those who test a fleet: opens its world in a folder of its own, makes up what
 * clients and people say unless told, and gives back the run.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nearest } from '#dsl/syntax/nearest.ts'
import { cached } from '#runtime/evidence/cached.ts'
import { withDetectors } from '#runtime/evidence/detectors.ts'
import { offlineEmbedder } from '#runtime/evidence/offline.ts'
import type { World } from '#runtime/fleet/definition.ts'
import { ALL_FAULTS, type Faults, NO_FAULTS } from '#runtime/simulation/faults.ts'
import type { Person } from '#runtime/simulation/people.ts'
import { randomOf } from '#runtime/simulation/random.ts'
import { simulate as simulateIn, type Told } from '#runtime/simulation/simulate.ts'
import { VirtualTime } from '#runtime/simulation/virtual-time.ts'
import { messagesOf } from './messages.ts'
import { Run } from './run.ts'
import type { Subject } from './subject.ts'

export interface SimulateOptions {
  /** 1 unless said. The run is a function of it. */
  readonly seed?: number
  /** How many messages clients say; 50 unless said. None when the fleet's world starts its own conversations. */
  readonly steps?: number
  /** In how many conversations; 5 unless said. */
  readonly conversations?: number
  /** Milliseconds of virtual time over which they are said; 10 minutes unless said. */
  readonly forMs?: number
  /** What goes wrong: everything unless said; `'none'`; or single knobs, the others as in everything. */
  readonly faults?: Partial<Faults> | 'none'
  /** What clients say, instead of what is made up from the policy. */
  readonly told?: readonly Told[]
  /** What people decide; unless said each ask is granted or refused by chance. */
  readonly person?: Person
  /** In place of tools, sources and others of the fleet's own world, by name. */
  readonly world?: Partial<World>
}

export const STEPS_DEFAULT = 50
export const CONVERSATIONS_DEFAULT = 5
export const FOR_MS_DEFAULT = 600_000
/** When the fleet says no time of its own, its first of January. */
export const STARTS_AT = Date.UTC(2026, 0, 1)

/** What a text means hangs on nothing else, so that all runs ask one model: each has a thread and takes over 100 MB. */
const MEANING = cached(offlineEmbedder())

/** Throws what the product throws: a bug. An invariant that did not hold stands in the run's `faults`. */
export async function simulate(subject: Subject, options: SimulateOptions = {}): Promise<Run> {
  const { seed = 1 } = options
  const { definition, judge, dir } = subject
  const dataDir = mkdtempSync(join(tmpdir(), 'parapet-simulated-'))
  try {
    const time = new VirtualTime(startOf(subject))
    const own = await definition.world({ dataDir, fleetDir: dir, clock: time.clock, notice: () => {} })
    try {
      const world = withDetectors(mixed(own, options.world ?? {}), { embedder: MEANING })
      const end = await simulateIn({
        definition,
        judge,
        seed,
        faults: faultsOf(options.faults),
        startsAt: startOf(subject),
        forMs: options.forMs ?? FOR_MS_DEFAULT,
        world,
        time,
        told: toldTo(subject, options, world),
        person: options.person ?? byChance(subject),
      })
      const again = commandFor(subject, options)
      return new Run({ ...end, plan: judge.plan, ...(again !== undefined && { again }) })
    } finally {
      await own.close?.()
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** What clients say in a run of these options. */
export function toldTo(subject: Subject, options: SimulateOptions, world?: World): readonly Told[] {
  const { seed = 1, steps = STEPS_DEFAULT, conversations = CONVERSATIONS_DEFAULT } = options
  if (options.told) return options.told
  if (world?.feed && options.steps === undefined) return []
  const roles = new Set(Object.keys(subject.definition.agents))
  const talk = { steps, conversations, forMs: options.forMs ?? FOR_MS_DEFAULT, startsAt: startOf(subject) }
  return messagesOf(subject.judge.plan, roles, talk, randomOf(seed).fork('clients'))
}

/** Throws at a knob there is not: turned to nothing it would turn nothing off. */
export function faultsOf(faults: SimulateOptions['faults']): Faults {
  for (const knob of faults === 'none' ? [] : Object.keys(faults ?? {}))
    if (!Object.hasOwn(NO_FAULTS, knob)) {
      const meant = nearest(knob, Object.keys(NO_FAULTS))
      throw new RangeError(`nothing goes wrong by \`${knob}\`${meant ? `; did you mean \`${meant}\`?` : ''}`)
    }
  return faults === 'none' ? NO_FAULTS : { ...ALL_FAULTS, ...faults }
}

/** The command that does the run again; what only a test knows (its tools, its messages) stays in the test. */
export function commandFor(
  { file }: Subject,
  { seed = 1, steps, forMs, faults }: SimulateOptions,
): string | undefined {
  if (file === undefined) return undefined
  const flags = [
    `--seed ${seed}`,
    steps === undefined ? '' : `--steps ${steps}`,
    forMs === undefined ? '' : `--minutes ${forMs / 60_000}`,
    faults === 'none' ? '--calm' : '',
  ]
  return ['npx parapet simulate', file, ...flags].filter(Boolean).join(' ')
}

function startOf({ definition: { startsAt } }: Subject): number {
  return startsAt === undefined ? STARTS_AT : Date.parse(startsAt)
}

function mixed(own: World, put: Partial<World>): World {
  return {
    ...own,
    ...put,
    tools: { ...own.tools, ...put.tools },
    sources: { ...own.sources, ...put.sources },
    outside: { ...own.outside, ...put.outside },
    detectors: { ...own.detectors, ...put.detectors },
  }
}

/** Whoever has the role, or somebody of that name, decides by chance; an agent that is asked decides itself. */
function byChance({ definition: { agents, people = {} } }: Subject): Person {
  return ({ who, granted = [] }, random) => {
    if (Object.hasOwn(agents, who)) return undefined
    const able = Object.entries(people).filter(
      ([name, { roles }]) => roles.includes(who) && !granted.includes(name),
    )
    return { by: able.length > 0 ? random.pick(able)[0] : who, grant: random.chance(0.6) }
  }
}
