/**
 * A monitor around a pattern's own state machine, which knows nothing of scopes, keys and cells: it is told which of its
 * letters the step is and what was remembered for the same key.
 */
import type { Consistency, StepPattern, Window } from '../../plan/plan.ts'
import type { Cells } from '../cells.ts'
import type { NextStep } from '../finding.ts'
import { time } from '../show.ts'
import type { Json, Step } from '../step.ts'
import type { Obligation } from '../verdict.ts'
import { fired, type Matches, type Monitor, type Unmet, unknown } from './monitor.ts'
import { createSlot, FULL, missingKey, type Slot } from './slot.ts'

export interface Letter {
  readonly pattern: StepPattern
  /** Where a join's values stand in such a step. */
  readonly side: readonly (readonly string[])[]
  /** It must be remembered: without its key, or room for it, the step is unknown. `keyed`: if it has the key at all. */
  readonly kept: boolean | 'keyed'
  /** What a step that may be one counts as: what leans to refusal. `unknown` refuses it for that alone. */
  readonly doubt: boolean | 'unknown'
}

/** A breach; `letter` is what the step must be for it to hold. */
export interface Breach {
  readonly letter: number
  readonly found: string
  readonly next?: readonly NextStep[]
  /** It could not be decided, whatever the step is. */
  readonly undecided?: boolean
}

export interface Machine {
  readonly letters: readonly Letter[]
  /** `state` is undefined when nothing is remembered. */
  check(state: Json | undefined, step: Step, is: Matches): Breach | undefined
  /** The new state; undefined forgets the key. Called when the step is any of the letters. */
  next(state: Json | undefined, step: Step, is: readonly boolean[]): Json | undefined
  /** What is lacking if everything ended here. */
  owing?(state: Json | undefined): string | undefined
  /** Deadline of what is owed. */
  due?(state: Json): number | undefined
  /** Nothing later depends on the state any more. */
  expired?(state: Json, step: Step): boolean
  describe(state: Json | undefined, step: Step): string
}

/** Every step there is. */
const ANY_STEP: StepPattern = { any: [{}], shown: 'any step' }

/**
 * For what is lacking when nothing happens: every step with the key opens the slice, which then owes. A whole conversation and
 * a stretch need no opening.
 */
export function opening(consistency: Consistency): Letter[] {
  const isThere = isWhole(consistency) || consistency.during !== undefined
  return isThere ? [] : [letter(ANY_STEP, { kept: 'keyed' })]
}

/** One slice, the conversation, which is there before any step. */
function isWhole({ forEach, forEachOf, scope }: Consistency): boolean {
  return forEach.length === 0 && forEachOf === undefined && scope === 'conversation'
}

export function letter(pattern: StepPattern, options: Partial<Omit<Letter, 'pattern'>> = {}): Letter {
  return { pattern, side: [], kept: false, doubt: false, ...options }
}

export function createTracked(consistency: Consistency, machine: Machine, { per }: Window = {}): Monitor {
  const { letters } = machine
  const sides = Array.from(new Map(letters.map(({ side }) => [JSON.stringify(side), side])))
  const slots = sides.map(([, side]) => createSlot(consistency, side, { per }))
  const slotOf = letters.map(({ side }) => sides.findIndex(([name]) => name === JSON.stringify(side)))
  const main = slots[slotOf[0] ?? 0]!
  const check = consistency.name
  const unkeyed = isWhole(consistency)

  /** The letters that meet in each cell the step touches. */
  const groups = (step: Step, is: Matches): { slot: Slot; cell: string; is: Matches }[] => {
    if (slots.length === 1) {
      const cell = main.cell(step)
      return cell === undefined ? [] : [{ slot: main, cell, is }]
    }
    const made: { slot: Slot; cell: string; is: Matches }[] = []
    const keys = slots.map((slot) => slot.cell(step))
    slots.forEach((slot, index) => {
      const cell = keys[index]
      if (cell === undefined || keys.indexOf(cell) !== index) return
      made.push({ slot, cell, is: is.map((truth, i) => keys[slotOf[i]!] === cell && truth) })
    })
    return made
  }

  const undecided = (cells: Cells, step: Step, is: Matches): string | undefined => {
    for (const [i, { kept, doubt, pattern }] of letters.entries()) {
      if (is[i] === false) continue
      if (is[i] === undefined && doubt === 'unknown')
        return `whether this is ${pattern.shown} could not be decided`
      if (kept === false) continue
      const slot = slots[slotOf[i]!]!
      const cell = slot.cell(step)
      if (cell === undefined) {
        if (kept === true) return missingKey(slot, step)
        continue
      }
      if (slot.full(cells, cell)) return FULL
    }
    return undefined
  }

  const stateAt = (cells: Cells, slot: Slot, step: Step): Json | undefined => {
    const cell = slot.cell(step)
    return cell === undefined ? undefined : slot.get(cells, cell, step)
  }

  const lacking = (cell: string, value: Json | undefined): Unmet | undefined => {
    const state = value === undefined ? undefined : main.inner(value)
    const found = machine.owing?.(state)
    const dueAt = state === undefined ? undefined : machine.due?.(state)
    return found === undefined ? undefined : { cell, dueAt, found }
  }

  const dueIn = (cell: string, value: Json): Unmet | undefined => {
    const unmet = lacking(cell, value)
    return unmet?.dueAt === undefined ? undefined : unmet
  }

  return {
    consistency,
    patterns: letters.map(({ pattern }) => pattern),
    expires: consistency.scope === 'turn' || per !== undefined || machine.expired !== undefined,
    check(cells, step, is) {
      for (const group of groups(step, is)) {
        const breach = machine.check(group.slot.get(cells, group.cell, step), step, group.is)
        if (breach === undefined) continue
        if (breach.undecided === true) return unknown(breach.found)
        return is[breach.letter] === undefined
          ? unknown(`whether this is ${letters[breach.letter]!.pattern.shown} could not be decided`)
          : fired(breach.found, group.slot.values(step), breach.next)
      }
      const why = undecided(cells, step, is)
      return why === undefined ? undefined : unknown(why)
    },
    advance(cells, step, is, obligations) {
      for (const { slot, cell, is: here } of groups(step, is)) {
        const sure = here.map((truth, i) => truth ?? letters[i]!.doubt === true)
        if (!sure.includes(true) || slot.full(cells, cell)) continue
        const before = slot.get(cells, cell, step)
        const after = machine.next(before, step, sure)
        if (after === undefined) {
          if (before !== undefined) slot.clear(cells, cell)
        } else slot.set(cells, cell, step, after)
        if (machine.due === undefined) continue
        const [was, will] = [before, after].map((state) =>
          state === undefined ? undefined : machine.due?.(state),
        )
        noteDue(obligations, check, cell, was, will)
      }
    },
    expired: (cell, value, step) =>
      main.over(cell, value, step) || machine.expired?.(main.inner(value), step) === true,
    ...(machine.due !== undefined && { dueIn }),
    ...(machine.owing !== undefined && {
      lacking,
      unmet(cells, own) {
        const all = own.flatMap(([cell, value]) => lacking(cell, value) ?? [])
        const only = `${consistency.id}:`
        const nothing = unkeyed && cells.get(only) === undefined ? lacking(only, undefined) : undefined
        return nothing === undefined ? all : [...all, nothing]
      },
      owing: (cells, step) => machine.owing?.(stateAt(cells, main, step)),
    }),
    describe(cells, step) {
      const cell = main.cell(step)
      if (cell === undefined) return missingKey(main, step)
      const state = main.get(cells, cell, step)
      const due = state === undefined ? undefined : machine.due?.(state)
      return due === undefined ? machine.describe(state, step) : `owed until ${time(due)}`
    },
  }
}

function noteDue(
  obligations: Obligation[],
  check: string,
  cell: string,
  was: number | undefined,
  will: number | undefined,
): void {
  if (was === will) return
  if (was !== undefined) obligations.push({ kind: 'met', check, cell, dueAt: was })
  if (will !== undefined) obligations.push({ kind: 'owed', check, cell, dueAt: will })
}
