/**
 * Consistencies as finite automata. Of each pattern is kept how often it has been let through, at least and at most; joins,
 * times and stretches are left out, so that a state stands for all the states of the monitor that may be behind it: what
 * cannot happen from it cannot happen. Counts above what a form can tell apart are one.
 */
import type { Ground } from '../lint/reason/conditions.ts'
import { isAllowed } from '../lint/reason/places.ts'
import type { Consistency, StepPattern } from '../plan/plan.ts'
import { patternsIn } from './constants.ts'
import { mayBe, mustBe, type Sketch } from './sketch.ts'

/** For each pattern `[at least, at most]`. */
export type Counts = readonly (readonly [least: number, most: number])[]

/** Counts that are told apart. A limit above it is taken to be reached at once. */
export const COUNT_MAX = 16

export interface Counter {
  readonly consistency: Consistency
  readonly begin: Counts
  /** Can the step make it speak? */
  maySpeak(counts: Counts, sketch: Sketch): boolean
  /** Does every such step break it, or leave it unable to tell? */
  mustBreak(counts: Counts, sketch: Sketch): boolean
  /** `times`: how many such steps there may be. */
  after(counts: Counts, sketch: Sketch, times?: 'once' | 'any'): Counts
}

/** `role` undefined: the steps of all agents are looked at, each under its own name. */
export function createCounter(consistency: Consistency, role: string | undefined, ground: Ground): Counter {
  const { form, during, scope, forEach, forEachOf = [] } = consistency
  const patterns = patternsIn([form, during])
  const at = (pattern: StepPattern): number => patterns.indexOf(pattern)
  const keyless = forEach.length === 0 && forEachOf.length === 0 && !('same' in form && form.same.length > 0)
  const timeless = !['withinMs', 'inMs', 'forMs', 'per'].some(
    (key) => key in form && form[key as never] !== undefined,
  )
  /** Nothing but how often decides. */
  const plain =
    keyless &&
    timeless &&
    during === undefined &&
    (scope === 'conversation' || (scope === 'agent' && role !== undefined))
  const barsForGood = plain && form.kind === 'rests' && form.times <= COUNT_MAX
  const inAll = during === undefined && scope !== 'fleet'

  const may = (pattern: StepPattern, sketch: Sketch): boolean => mayBe(pattern, sketch, ground)
  const surely = (pattern: StepPattern, sketch: Sketch): boolean =>
    mustBe(pattern, sketch, ground, { orUnknown: true })
  const least = (counts: Counts, pattern: StepPattern): number => counts[at(pattern)]?.[0] ?? 0
  const most = (counts: Counts, pattern: StepPattern): number => counts[at(pattern)]?.[1] ?? COUNT_MAX

  return {
    consistency,
    begin: patterns.map((pattern) => [
      0,
      scope === 'fleet' || (role !== undefined && othersMay(pattern, role, ground)) ? COUNT_MAX : 0,
    ]),
    maySpeak(counts, sketch) {
      if (!inAll) return patterns.some((pattern) => may(pattern, sketch))
      switch (form.kind) {
        case 'needs':
          return may(form.what, sketch) && !(plain && !form.bySomeoneElse && least(counts, form.earlier) > 0)
        case 'atMost':
          if (typeof form.times !== 'number') return may(form.what, sketch)
          return may(form.what, sketch) && most(counts, form.what) >= Math.min(form.times, COUNT_MAX)
        case 'neverAfter':
          return may(form.what, sketch) && most(counts, form.after) > 0
        case 'rests':
          return may(form.what, sketch) && most(counts, form.after) >= Math.min(form.times, COUNT_MAX)
        case 'adjacent':
        case 'edge':
          return true
        default:
          return patterns.some((pattern) => may(pattern, sketch))
      }
    },
    mustBreak(counts, sketch) {
      if (!inAll) return false
      switch (form.kind) {
        case 'needs':
        case 'needsEach':
        case 'quorum':
          return most(counts, form.earlier) === 0 && surely(form.what, sketch)
        case 'needsChain':
          return form.chain.some((link) => most(counts, link) === 0) && surely(form.what, sketch)
        case 'atMost': {
          const { times } = form
          if (!plain || typeof times !== 'number' || times > COUNT_MAX) return false
          return least(counts, form.what) >= times && surely(form.what, sketch)
        }
        case 'neverAfter':
          return plain && least(counts, form.after) > 0 && surely(form.what, sketch)
        case 'rests':
          return barsForGood && least(counts, form.after) >= form.times && surely(form.what, sketch)
        default:
          return false
      }
    },
    after(counts, sketch, times = 'once') {
      let changed = false
      const next = patterns.map((pattern, i): readonly [number, number] => {
        const [low, high] = counts[i]!
        const lower =
          times === 'once' && low < COUNT_MAX && mustBe(pattern, sketch, ground, { orUnknown: false })
            ? low + 1
            : low
        const higher =
          high < COUNT_MAX && may(pattern, sketch) ? (times === 'once' ? high + 1 : COUNT_MAX) : high
        changed ||= lower !== low || higher !== high
        return [lower, higher]
      })
      return changed ? next : counts
    },
  }
}

/** What may be the case after either. */
export function joined(one: Counts, other: Counts): Counts {
  return one.map(([low, high], i) => {
    const [otherLow, otherHigh] = other[i]!
    return [Math.min(low, otherLow), Math.max(high, otherHigh)]
  })
}

/** Whether a step of another agent, or of somebody outside, may count. */
function othersMay(pattern: StepPattern, role: string, { plan }: Ground): boolean {
  return pattern.any.some(({ kinds, agents, names, peers }) =>
    plan.agents.some(
      ({ name: agent }) =>
        agent !== role &&
        (agents?.includes(agent) ?? true) &&
        (kinds === undefined ||
          kinds.some((kind) =>
            (names ?? [undefined]).some((name) =>
              (peers ?? [undefined]).some((peer) => isAllowed({ kind, agent, name, peer }, plan)),
            ),
          )),
    ),
  )
}
