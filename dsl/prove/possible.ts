/** What a policy may say of a sketched step, and whether it surely stops it. */
import { validate } from '../judge/shape.ts'
import { type Json, NOWHERE } from '../judge/step.ts'
import type { Ground } from '../lint/reason/conditions.ts'
import { meets, permission } from '../lint/reason/places.ts'
import type { Action, Consistency, Flow, Rule } from '../plan/plan.ts'
import { type Counter, type Counts, createCounter, joined } from './counters.ts'
import { ANY, type Known, mayBe, mustBe, placeOf, type Sketch } from './sketch.ts'

/** Counts of all consistencies, in their order. */
export type Memory = readonly Counts[]

export interface Possible {
  readonly begin: Memory
  /** Checks that may speak. */
  speaking(memory: Memory, sketch: Sketch): readonly (Rule | Consistency | Flow)[]
  /** No step that fits it is let through, asked for or not. */
  mustStop(memory: Memory, sketch: Sketch): boolean
  /** Some step that fits it may be stopped or asked about. */
  mayStop(memory: Memory, sketch: Sketch): boolean
  /** Some step that fits it may have the agent stopped. */
  mayQuarantine(memory: Memory, sketch: Sketch): boolean
  after(memory: Memory, sketch: Sketch, times?: 'once' | 'any'): Memory
  join(one: Memory, other: Memory): Memory
}

/** `role` undefined: of all agents together. */
export function createPossible(ground: Ground, role: string | undefined): Possible {
  const { plan } = ground
  const counters = plan.consistencies.map((one) => createCounter(one, role, ground))
  const stopping = plan.rules.filter(
    ({ action, shadow, onError }) => !shadow && onError === 'deny' && stops(action),
  )
  const grants = plan.rules.filter(({ action, shadow }) => action.kind === 'allow' && !shadow)
  const spoken = remembering((sketch: Sketch) => [
    ...plan.rules.filter((rule) => mayBe(rule.when, sketch, ground, rule)),
    ...plan.flows.filter(({ form }) => mayBe(form.what, sketch, ground)),
  ])
  const refused = remembering((sketch: Sketch) => {
    const place = placeOf(sketch)
    const lacks = !permission(place, plan).some
    if (lacks && !grants.some(({ when }) => when.any.some((selector) => meets(selector, place)))) return true
    return stopping.some((rule) => mustBe(rule.when, sketch, ground, { orUnknown: true, rule }))
  })
  const permitted = remembering(
    (sketch: Sketch) => permission(placeOf(sketch), plan).all && isDeclared(sketch),
  )

  /** Only names that are declared, with fields that surely look as they should. */
  function isDeclared({ kind, name, fields }: Sketch): boolean {
    if (kind === 'enters' || kind === 'leaves' || kind === 'finishes' || kind === 'spawns') return true
    const takes =
      kind === 'calls'
        ? plan.tools.find((tool) => tool.name === name)?.takes
        : kind === 'sends'
          ? plan.messages.find((message) => message.name === name)?.shape
          : undefined
    if (takes === undefined) return kind === 'answers' || kind === 'remembers' || kind === 'recalls'
    const value = whole(fields)
    return (
      value !== undefined && validate(takes, value, { step: NOWHERE, tables: ground.tables }).length === 0
    )
  }

  const speaking = (memory: Memory, sketch: Sketch): readonly (Rule | Consistency | Flow)[] => {
    const own = [
      ...spoken(sketch),
      ...counters.flatMap((counter, i) =>
        counter.maySpeak(memory[i]!, sketch) ? [counter.consistency] : [],
      ),
    ]
    // What is repaired is judged again, as what it was made into.
    return own.some(repairs) && !isLoose(sketch)
      ? [...new Set([...own, ...speaking(memory, loosened(sketch))])]
      : own
  }

  return {
    begin: counters.map(({ begin }) => begin),
    speaking,
    mustStop: (memory, sketch) =>
      refused(sketch) ||
      (!spoken(sketch).some(repairs) &&
        counters.some((counter, i) => enforced(counter) && counter.mustBreak(memory[i]!, sketch))),
    mayStop: (memory, sketch) =>
      !permitted(sketch) ||
      speaking(memory, sketch).some((check) => {
        const { kind } = 'action' in check ? check.action : check.otherwise
        const isMild = kind === 'allow' || kind === 'warn' || kind === 'alert'
        return !check.shadow && !(isMild && check.onError !== 'deny')
      }),
    mayQuarantine: (memory, sketch) =>
      speaking(memory, sketch).some(
        (check) => !check.shadow && quarantines('action' in check ? check.action : check.otherwise),
      ),
    after: (memory, sketch, times) => {
      const passed = spoken(sketch).some(repairs) ? loosened(sketch) : sketch
      const next = counters.map((counter, i) => counter.after(memory[i]!, passed, times))
      return next.every((counts, i) => counts === memory[i]) ? memory : next
    },
    join: (one, other) => one.map((counts, i) => joined(counts, other[i]!)),
  }
}

function enforced({ consistency: { otherwise, shadow, onError } }: Counter): boolean {
  return !shadow && onError === 'deny' && stops(otherwise)
}

function stops({ kind }: Action): boolean {
  return kind === 'deny' || kind === 'quarantine' || kind === 'retry'
}

function quarantines(action: Action): boolean {
  return action.kind === 'quarantine' || (action.kind === 'retry' && action.otherwise.kind === 'quarantine')
}

const REPAIRS: ReadonlySet<Action['kind']> = new Set(['redact', 'set', 'trim', 'route', 'fallBack'])

function repairs(check: Rule | Consistency | Flow): boolean {
  return REPAIRS.has('action' in check ? check.action.kind : check.otherwise.kind)
}

function loosened({ kind, agent }: Sketch): Sketch {
  return { kind, agent, fields: ANY }
}

function isLoose({ name, peer, fields }: Sketch): boolean {
  return name === undefined && peer === undefined && fields.kind === 'any'
}

/** What is known in full. */
function whole(known: Known): Json | undefined {
  if (known.kind === 'any') return undefined
  if (known.kind === 'is') return known.value
  if (known.open) return undefined
  const entries = Object.entries(known.fields).map(([name, of]) => [name, whole(of)] as const)
  const all = entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
  return all.length === entries.length ? Object.fromEntries(all) : undefined
}

/** Asked about the same sketch again and again. */
function remembering<T>(of: (sketch: Sketch) => T): (sketch: Sketch) => T {
  const known = new Map<string, T>()
  return (sketch) => {
    const key = JSON.stringify(sketch)
    const before = known.get(key)
    if (before !== undefined) return before
    const made = of(sketch)
    known.set(key, made)
    return made
  }
}
