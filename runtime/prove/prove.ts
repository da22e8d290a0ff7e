/** Proves what it can about one agent of a fleet under a policy. */
import { createJudge } from '#dsl/judge/create.ts'
import type { Json } from '#dsl/judge/step.ts'
import type { Plan } from '#dsl/plan/plan.ts'
import type { Solver } from '#dsl/prove/logic/solver.ts'
import { DENIALS_MAX } from '#runtime/fleet/turn.ts'
import { createKernel, type Kernel, type Machine } from '#runtime/kernel/kernel.ts'
import { type Answer, answersOf } from './answers.ts'
import { reachOf } from './bounds.ts'
import { freeMachine } from './free-machine.ts'
import { createWorld, type World } from './happenings.ts'
import { type Inquiry, inquire } from './inquiry.ts'
import { markMachine } from './machine.ts'
import { contradicts, replay } from './replay.ts'
import { overFull, type Sought, type Survey, survey } from './search.ts'
import type { Happening, Setting } from './situation.ts'

/** Situations looked at for one agent, with the policy and again without it. */
export const STATES_MAX = 2_000
/** Situations looked at with what others do, where what happens to the agent alone leaves gaps already. */
const BESIDE_MAX = 200
/** All begins at this moment unless the fleet's time starts at another. */
export const AT = Date.UTC(2024, 4, 15, 15)

export interface ProveOptions {
  readonly statesMax?: number
  /** Milliseconds since the epoch. */
  readonly at?: number
  /** Its supervision has it begin anew after a turn that failed. */
  readonly restarts?: boolean
  /** The fleet says who has which roles and whose a conversation is (`directory`, `people`); true unless said. */
  readonly hasDirectory?: boolean
  /** Asked where finite reasoning does not reach (`loadSolver`). */
  readonly solver?: Solver
  /** What was worked out about the policy already. */
  readonly inquiry?: Inquiry
}

export interface Proof {
  readonly role: string
  readonly states: number
  /** When all begins, in milliseconds since the epoch. */
  readonly at: number
  /** Why not everything is decided; empty: all that can happen was looked at. */
  readonly gaps: readonly string[]
  readonly answers: readonly Answer[]
  /** The agent as it is, to run paths again. */
  readonly setting: Setting
}

export function proveAgent(
  plan: Plan,
  role: string,
  machine: Machine,
  input: Json,
  options: ProveOptions = {},
): Proof {
  const { statesMax = STATES_MAX, at = AT, restarts = false, hasDirectory = true } = options
  const { ground, examples } = options.inquiry ?? inquire(plan, at, options.solver)
  const marked = markMachine(machine)
  const setting = settingOf(plan, role, marked.kernel, input, { at, restarts })
  const world = createWorld(plan, role, marked.hears, {
    at,
    hasDirectory,
    found: examples(),
  })
  const under = underPolicy(setting, world, statesMax)
  const alone = (sought: Sought): Survey =>
    survey({ ...setting, judge: undefined }, withUndeclared(world, marked.messages), { statesMax, sought })
  const real: Setting = { ...setting, kernel: createKernel(machine) }
  const free = freeMachine(machine)
  const [bounds, boundsAlone] = [reachOf(free, ground, role), reachOf(free, undefined, role)]
  const gaps = [
    ...under.gaps,
    ...(bounds ? [] : ['the machine cannot be read: it goes too many ways, or spawns children']),
  ]
  const answers = answersOf({ marked, under, alone, bounds, boundsAlone, plan }).map((answer) =>
    checked(answer, real),
  )
  return { role, states: under.states, at, gaps, answers, setting: real }
}

/** An agent as it is, to run paths on. */
export function settingFor(
  plan: Plan,
  role: string,
  machine: Machine,
  input: Json,
  options: ProveOptions = {},
): Setting {
  return settingOf(plan, role, createKernel(machine), input, options)
}

function settingOf(
  plan: Plan,
  role: string,
  kernel: Kernel,
  input: Json,
  { at = AT, restarts = false }: ProveOptions,
): Setting {
  return { role, kernel, judge: createJudge(plan), input, at, denialsMax: DENIALS_MAX, restarts }
}

/**
 * First the agent alone; then, where checks remember what others do or count what calls cost, with all that these may do and cost. Where that comes to an end, it
 * is the whole truth; else it adds paths to what is known of the agent alone.
 */
function underPolicy(setting: Setting, world: World, statesMax: number): Survey {
  const own = survey(setting, world, { statesMax })
  const { others, spent } = world.besideOthers
  if (others.length + spent.length === 0) return own
  const isOpen = [...own.gaps].some((gap) => !world.othersGaps.includes(gap))
  const max = isOpen ? Math.min(statesMax, BESIDE_MAX) : statesMax
  const beside = survey(setting, { ...world, ...world.besideOthers }, { statesMax: max })
  return bothOf(own, beside, beside.gaps.has(overFull(max)) ? [...own.gaps] : [...beside.gaps])
}

function bothOf(own: Survey, beside: Survey, gaps: readonly string[]): Survey {
  const first = <P>(one: ReadonlyMap<string, P>, other: ReadonlyMap<string, P>): Map<string, P> =>
    new Map([...other, ...one])
  return {
    states: own.states + beside.states,
    gaps: new Set(gaps),
    entered: first(own.entered, beside.entered),
    chosen: first(own.chosen, beside.chosen),
    passed: first(own.passed, beside.passed),
    spoke: first(own.spoke, beside.spoke),
    deadlocks: own.deadlocks.some(({ certain }) => certain) ? own.deadlocks : beside.deadlocks,
  }
}

/** The policy lets in no message it does not declare; without it such a message may come, and nobody knows how it looks. */
function withUndeclared(world: World, heard: readonly string[]): World {
  const { messages } = world.plan
  const undeclared = heard.filter((type) => !messages.some(({ name }) => name === type))
  return {
    ...world,
    gaps: new Set([...world.gaps, ...undeclared.map((type) => `the policy declares no message \`${type}\``)]),
  }
}

/** A refutation counts once its path was run on the machine as it is. */
function checked(answer: Answer, real: Setting): Answer {
  const { verdict, claim } = answer
  if (verdict.kind !== 'refuted') return answer
  const setting = claim === 'never-taken' || claim === 'never-entered' ? { ...real, judge: undefined } : real
  for (const happenings of [withoutStops(verdict.path.happenings), verdict.path.happenings])
    if (contradicts(answer, happenings.length, replay(setting, happenings)))
      return { ...answer, verdict: { ...verdict, path: { ...verdict.path, happenings } } }
  return { ...answer, verdict: { kind: 'unknown', why: ['its path does not replay'] } }
}

/** Time passes at one go where nothing happens in between. */
function withoutStops(happenings: readonly Happening[]): Happening[] {
  const made: Happening[] = []
  for (const one of happenings) {
    const last = made.at(-1)
    if (one.kind === 'time' && last?.kind === 'time')
      made[made.length - 1] = { kind: 'time', ms: last.ms + one.ms }
    else made.push(one)
  }
  return made
}
