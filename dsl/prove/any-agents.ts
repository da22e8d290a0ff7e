/**
 * A policy without machines: agents that may do anything their declarations list, in any order, as far as values are tried.
 * What is found was judged; what is not found may still happen.
 */
import { Cells } from '../judge/cells.ts'
import { createJudge } from '../judge/create.ts'
import { type Decided, decideWith } from '../judge/gathered.ts'
import { type Claim, type Grounds, type Reserved, withGrounds } from '../judge/grounds.ts'
import type { Json, JsonObject, Step } from '../judge/step.ts'
import type { Reason, Verdict } from '../judge/verdict.ts'
import { fieldsAt, type Place } from '../lint/reason/places.ts'
import type { Plan } from '../plan/plan.ts'
import { patternsOf } from './constants.ts'
import { levelsOf } from './levels.ts'
import { type Kept, OwnLedgers } from './own-ledgers.ts'
import { samplesOf, samplingOf } from './samples.ts'

export interface Shown {
  /** The last one is what the check speaks of. */
  readonly steps: readonly Step[]
  readonly reason: Reason
}

interface Node {
  readonly cells: Kept
  /** Of the ledgers across the fleet, with what this conversation has used up. */
  readonly ledgers: Kept
  readonly steps: readonly Step[]
}

export interface SurveyOptions {
  readonly statesMax: number
  /** When all of it happens, in milliseconds since the epoch. */
  readonly at: number
  readonly keyOf: (reason: Reason) => string
  /** Called for what was judged, the last of the steps. */
  readonly judged: (steps: readonly Step[], verdict: Verdict) => void
  /** Asked before each situation: nothing more is to be found. */
  readonly enough: (found: ReadonlyMap<string, Shown>) => boolean
  /** Steps to be tried; those that the policy's own values make up unless given. */
  readonly tried?: readonly Tried[]
}

/** A step without its turn. */
export type Tried = Omit<Step, 'turn'>

/** Steps tried in each situation. */
const STEPS_MAX = 400
const CONVERSATION = 'it'

/** Shortest ways to make each check speak, by `keyOf` its reason. */
export function surveyPolicy(
  plan: Plan,
  { statesMax, at, keyOf, judged, enough, tried = stepsOf(plan, at) }: SurveyOptions,
): ReadonlyMap<string, Shown> {
  const judge = createJudge(plan)
  const levels = levelsOf(plan).values
  const found = new Map<string, Shown>()
  const seen = new Set<string>()
  const queue: Node[] = [{ cells: [], ledgers: [], steps: [] }]
  // The same cells again and again: what the judge derives from them is made anew only as far as they differ.
  const cells = new Cells()
  for (let i = 0; i < queue.length && !enough(found); i++) {
    const node = queue[i]!
    /** False: no detector was asked, so that no level says anything else. */
    const look = (step: Step, level: number): boolean => {
      cells.rollback(0)
      for (const [cell, value] of node.cells) cells.set(cell, value)
      let isAsked = false
      const ledgers = new OwnLedgers(judge, node.ledgers)
      const { verdict, grounds, claims } = withLedgers(ledgers, step, (given) =>
        decideWith(
          judge,
          cells,
          step,
          () => {
            isAsked = true
            return { kind: 'found', value: level }
          },
          given,
        ),
      )
      const steps = [...node.steps, step]
      for (const reason of verdict.reasons)
        if (!found.has(keyOf(reason))) found.set(keyOf(reason), { steps, reason })
      judged(steps, verdict)
      if (!passes(verdict)) return isAsked
      if (seen.size >= statesMax) return isAsked
      judge.advance(cells, step, grounds)
      ledgers.cameAbout(claims)
      const key = JSON.stringify([
        sorted([...cells.entries()]),
        sorted(ledgers.kept),
        step.turn === node.steps.length + 1,
      ])
      if (seen.has(key)) return isAsked
      seen.add(key)
      queue.push({ cells: [...cells.entries()], ledgers: ledgers.kept, steps })
      return isAsked
    }
    // In a turn of its own, and beside the step before.
    const turns = new Set([node.steps.length + 1, node.steps.at(-1)?.turn ?? 1])
    for (const given of tried)
      for (const turn of turns) levels.some((level) => !look({ ...given, turn }, level))
  }
  return found
}

/** Steps of one turn that are alike reserve once each: so many rounds at most. */
const ROUNDS_MAX = 16

/** The verdict once every ledger that is asked has answered. */
function withLedgers(
  ledgers: OwnLedgers,
  step: Step,
  decide: (given: Grounds | undefined) => Decided,
): Decided & { readonly claims: readonly Claim[] } {
  const claims: Claim[] = []
  let decided = decide(undefined)
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const needs = (decided.verdict.needs ?? []).filter((need) => need.kind === 'reservation')
    if (needs.length === 0) break
    const reserved: Record<string, Reserved> = {}
    for (const need of needs) {
      const asked = ledgers.ask(need, 'itself', step.at)
      if (!asked) continue
      reserved[need.key] = asked.answer
      if (asked.answer.kind === 'granted' && asked.answer.held) claims.push(asked.claim)
    }
    decided = decide(withGrounds(decided.grounds, { reserved }))
  }
  return { ...decided, claims }
}

/** Let through, and nothing has to be known first. */
export function passes({ kind, needs }: Verdict): boolean {
  return kind === 'allow' && needs === undefined
}

function sorted(kept: Kept): Kept {
  return kept.toSorted(([a], [b]) => (a < b ? -1 : 1))
}

/** Steps of every sort that is declared or spoken of, with values to try. */
export function stepsOf(plan: Plan, at: number): Tried[] {
  const sampling = samplingOf(plan)
  const places = new Map(placesIn(plan).map((place) => [JSON.stringify(place), place]))
  const lists = [...places.values()].map(({ kind, agent = '', name = '', peer }) => {
    const shape = fieldsAt({ kind, agent, name, peer }, plan)
    const values: readonly Json[] = shape === undefined ? [{}] : samplesOf(shape, sampling).values
    return values.filter(isRecord).map((fields) => ({
      kind,
      agent,
      ...actedBy(agent),
      at,
      name,
      fields,
      ...(peer !== undefined && { peer }),
    }))
  })
  // Some of each sort, where not all of all can be tried.
  const steps: Tried[] = []
  for (let round = 0; steps.length < STEPS_MAX && lists.some((list) => round < list.length); round++)
    for (const list of lists) if (list[round] !== undefined) steps.push(list[round]!)
  return steps.slice(0, STEPS_MAX)
}

export function actedBy(agent: string): Pick<Step, 'actor' | 'conversation'> {
  return { actor: `${CONVERSATION}/${agent}`, conversation: CONVERSATION }
}

function placesIn(plan: Plan): Place[] {
  const agents = plan.agents.map(({ name }) => name)
  const selectors = [
    ...plan.agents.flatMap(({ name, may }) => may.map((selector) => ({ ...selector, agents: [name] }))),
    ...patternsOf(plan).flatMap(({ any }) => any),
  ]
  return selectors.flatMap(({ kinds = ['calls'], agents: some = agents, names, peers = [undefined] }) =>
    kinds.flatMap((kind) =>
      some.flatMap((agent) =>
        (names ?? namesOf(kind, plan)).flatMap((name) =>
          peers.map((peer): Place => ({ kind, agent, name, peer })),
        ),
      ),
    ),
  )
}

function namesOf(kind: Step['kind'], plan: Plan): readonly string[] {
  if (kind === 'calls' || kind === 'result' || kind === 'fails') return plan.tools.map(({ name }) => name)
  if (kind === 'sends' || kind === 'receives') return plan.messages.map(({ name }) => name)
  return ['']
}

function isRecord(value: Json): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
