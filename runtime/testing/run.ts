/**
 * A run that has been: every turn with its verdicts, what each agent was at any of them, and its story in words. Made by
 * `simulate` and `scenario`, or read from a fixture.
 */
import { writeFileSync } from 'node:fs'
import type { Json, JsonObject, Step } from '#dsl/judge/step.ts'
import type { Verdict } from '#dsl/judge/verdict.ts'
import type { Plan } from '#dsl/plan/plan.ts'
import type { CommitRecord, TurnRecord } from '#runtime/fleet/record.ts'
import type { Fault } from '#runtime/simulation/witness.ts'

export interface RunFacts {
  readonly seed?: number
  readonly records: readonly CommitRecord[]
  /** Invariants that did not hold. */
  readonly faults?: readonly Fault[]
  /** How often each kind of thing went wrong. */
  readonly incidents?: Readonly<Record<string, number>>
  /** Milliseconds of virtual time. */
  readonly tookMs?: number
  readonly settled?: boolean
  /** One command that does it again. */
  readonly again?: string
  /** Of the policy that judged, where one did from beginning to end. */
  readonly plan?: Plan
}

/** What the fleet was after a number of its turns. */
export interface Moment {
  readonly turn: TurnRecord
  /** Milliseconds since the epoch. */
  readonly at: number
  /** An agent's state, by its instance id `conversation/role`; undefined before its first turn. */
  agent(id: string): { readonly value: Json; readonly context: JsonObject } | undefined
}

export class Run {
  readonly seed: number | undefined
  readonly records: readonly CommitRecord[]
  readonly faults: readonly Fault[]
  readonly incidents: Readonly<Record<string, number>>
  readonly tookMs: number
  readonly settled: boolean
  readonly again: string | undefined
  readonly plan: Plan | undefined
  /** Every turn, in the order in which it was committed. */
  readonly turns: readonly TurnRecord[]

  constructor({
    seed,
    records,
    faults = [],
    incidents = {},
    tookMs = 0,
    settled = true,
    again,
    plan,
  }: RunFacts) {
    this.seed = seed
    this.records = records
    this.faults = faults
    this.incidents = incidents
    this.tookMs = tookMs
    this.settled = settled
    this.again = again
    this.plan = plan
    this.turns = records.flatMap((record) => record.turns)
  }

  /** Every verdict that had something to say, with the step it is of. */
  get judged(): readonly { readonly step: Step; readonly verdict: Verdict; readonly turn: TurnRecord }[] {
    return this.turns.flatMap((turn) => (turn.judged ?? []).map((each) => ({ ...each, turn })))
  }

  /** Time travel: the fleet after its turn number `step`, from 1; negative counts from the end. RangeError past either end. */
  at(step: number): Moment {
    const index = step < 0 ? this.turns.length + step : step - 1
    const turn = this.turns[index]
    if (!turn) throw new RangeError(`there are ${this.turns.length} turns; ${step} is none of them`)
    return {
      turn,
      at: turn.at,
      agent: (id) => {
        for (let i = index; i >= 0; i--)
          for (const change of this.turns[i]!.changes.toReversed())
            if (change.kind === 'agent' && change.agent === id) return standingOf(change.state)
        return undefined
      },
    }
  }

  /** One line a turn that did or stopped something; of a long one how it begins and how it ends. */
  story(): string {
    const start = this.turns[0]?.at ?? 0
    const turns = this.turns.filter(told)
    const lines = (some: readonly TurnRecord[]) => some.map((turn) => lineOf(turn, start))
    const left = turns.length - STORY_BEGINS - STORY_ENDS
    if (left <= 0) return lines(turns).join('\n')
    const middle = `${''.padStart(11)}… ${left} more turns …`
    return [...lines(turns.slice(0, STORY_BEGINS)), middle, ...lines(turns.slice(-STORY_ENDS))].join('\n')
  }

  /** Keeps the run as a fixture: one commit record a line. */
  save(file: string | URL): void {
    writeFileSync(file, this.records.map((record) => `${JSON.stringify(record)}\n`).join(''))
  }
}

function standingOf(state: JsonObject): { value: Json; context: JsonObject } {
  const { context } = state
  const isObject = context !== null && typeof context === 'object' && !Array.isArray(context)
  return { value: state['value'] ?? null, context: isObject ? context : {} }
}

/** Doubles, and answers that merely arrived, are no part of a story. */
function told({ outcome, input, effects = [], judged = [], moves = [] }: TurnRecord): boolean {
  if (outcome === 'ignored' || outcome === 'deferred') return false
  return input.kind === 'message' || effects.length + judged.length + moves.length > 0
}

function lineOf(turn: TurnRecord, start: number): string {
  const seconds = `${((turn.at - start) / 1_000).toFixed(1)} s`.padStart(9)
  const said = (turn.judged ?? []).map(
    ({ step, verdict }) =>
      `${stepShown(step)}: ${verdict.kind}${verdict.reasons.map(({ check, found }) => ` “${check}” (${clip(found)})`).join(',')}`,
  )
  const done = turn.outcome === 'passed' ? (turn.effects ?? []).map(effectShown) : []
  const outcome = turn.why === undefined ? turn.outcome : `${turn.outcome} (${clip(turn.why)})`
  return `${seconds}  ${turn.agent}  ${inputShown(turn)} → ${[outcome, ...said, ...done].join('; ')}`
}

function clip(found: string): string {
  return found.length <= FOUND_CHARS_MAX ? found : `${found.slice(0, FOUND_CHARS_MAX - 1)}…`
}

/** Turns that a story tells at its beginning, and at its end. */
const STORY_BEGINS = 400
const STORY_ENDS = 100
/** Of what a check found, or why a turn failed, in a story. */
const FOUND_CHARS_MAX = 120

function inputShown({ input }: TurnRecord): string {
  switch (input.kind) {
    case 'message':
      if (input.runtime === true) return input.message
      return `${input.message} from ${input.from} ${JSON.stringify(input.fields)}`
    case 'decision':
      return `${input.by} ${input.grant ? 'grants' : 'refuses'}`
    case 'notice':
      return input.event.type
    case 'failure':
      return `failure: ${input.error}`
    default:
      return input.kind
  }
}

function stepShown({ kind, name, fields }: Step): string {
  return [kind, name, JSON.stringify(fields)].filter(Boolean).join(' ')
}

function effectShown(effect: NonNullable<TurnRecord['effects']>[number]): string {
  if (effect.kind === 'call') return `calls ${effect.tool} ${JSON.stringify(effect.args)}`
  if (effect.kind === 'send') return `sends ${effect.message} to ${effect.to}`
  if (effect.kind === 'answer') return `answers ${effect.to} ${JSON.stringify(effect.fields)}`
  return effect.kind
}
