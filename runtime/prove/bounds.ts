/**
 * What cannot happen, whatever guards, data and others do: the machine as it was read, under the policy's consistencies as
 * counters, followed to a fixed point. For each configuration of the machine is kept what may be remembered there, joined
 * over all the ways that lead to it (a data-flow analysis; Cousot and Cousot, POPL 1977).
 */
import type { StepKind } from '#dsl/judge/step.ts'
import type { Ground } from '#dsl/lint/reason/conditions.ts'
import { createPossible, type Memory } from '#dsl/prove/possible.ts'
import { ANY, type Sketch } from '#dsl/prove/sketch.ts'
import type { KernelSnapshot } from '#runtime/kernel/kernel.ts'
import { checksOf, keyOf } from './checks.ts'
import type { FreeMachine, Way, Wish } from './free-machine.ts'

/** What may happen; nothing else can. */
export interface Reach {
  readonly chosen: ReadonlySet<string>
  readonly passed: ReadonlySet<string>
  readonly entered: ReadonlySet<string>
  /** Keys of checks. */
  readonly speaks: ReadonlySet<string>
  /** Something may be denied, asked about or refused. */
  readonly denies: boolean
}

/** Configurations of the machine that are followed. */
export const CONFIGURATIONS_MAX = 2_000
/** Joins at one configuration until what is remembered there is given up: counts are few, so it is never met in practice. */
const JOINS_MAX = 1_000

interface Place {
  readonly snapshot: KernelSnapshot
  memory: Memory
  joins: number
}

const OWN: readonly StepKind[] = ['calls', 'sends', 'answers', 'remembers', 'recalls', 'spawns']
const OWN_KINDS: ReadonlySet<StepKind> = new Set([...OWN, 'enters', 'leaves', 'finishes'])
const ARRIVING: readonly StepKind[] = ['result', 'fails', 'spends', 'recalled']

/** Undefined: the machine cannot be followed. `ground` undefined: nothing is judged. */
export function reachOf(machine: FreeMachine, ground: Ground | undefined, role: string): Reach | undefined {
  const plan = ground?.plan
  const possible = ground && createPossible(ground, role)
  const keys = new Map(plan ? checksOf(plan).map((check) => [check, keyOf(check, plan)]) : [])
  const messages = new Set(plan?.messages.map(({ name }) => name))
  const reach = {
    chosen: new Set<string>(),
    passed: new Set<string>(),
    entered: new Set<string>(),
    speaks: new Set<string>(),
    denies: false,
  }
  const anything = OWN.map((kind): Sketch => ({ kind, agent: role, fields: ANY }))
  const arriving = [
    ...ARRIVING.map((kind): Sketch => ({ kind, agent: role, fields: ANY })),
    ...[...messages].map((name): Sketch => ({ kind: 'receives', agent: role, name, fields: ANY })),
  ]
  const places = new Map<string, Place>()
  const queue: Place[] = []

  const note = (memory: Memory, sketch: Sketch): boolean => {
    if (!possible) return false
    for (const check of possible.speaking(memory, sketch)) reach.speaks.add(keys.get(check)!)
    return OWN_KINDS.has(sketch.kind)
      ? possible.mayStop(memory, sketch)
      : possible.mayQuarantine(memory, sketch)
  }
  /** Any of them, in any order and number: what each leaves behind is there for all the others. */
  const anyOf = (memory: Memory, sketches: readonly Sketch[]): Memory => {
    if (!possible) return memory
    const left = sketches.reduce((soFar, sketch) => possible.after(soFar, sketch, 'any'), memory)
    for (const sketch of sketches) if (note(possible.join(memory, left), sketch)) reach.denies = true
    return left
  }
  /** What one transition asks for; undefined when it is surely stopped. */
  const gate = (before: Memory, wishes: readonly Wish[]): Memory | undefined => {
    if (!possible) return before
    let passing: Memory | undefined = before
    // What is stopped leaves nothing behind, and the rest of the transition is judged all the same.
    let heard = before
    for (const wish of wishes) {
      if (wish.kind === 'anything') {
        heard = possible.join(heard, anyOf(heard, anything))
        passing = passing && anyOf(passing, anything)
        continue
      }
      if (wish.kind === 'any of') {
        const sketches = wish.sketches.map((one): Sketch => ({ ...one, agent: role }))
        heard = possible.join(heard, anyOf(heard, sketches))
        passing = passing && possible.join(passing, anyOf(passing, sketches))
        continue
      }
      const sketch: Sketch = { ...wish.sketch, agent: role }
      const mayStop = note(heard, sketch)
      reach.denies ||= mayStop
      if (passing && possible.mustStop(passing, sketch)) passing = undefined
      const after = possible.after(heard, sketch)
      heard = mayStop ? possible.join(heard, after) : after
      passing = passing && possible.after(passing, sketch)
    }
    return passing
  }
  const arrive = (snapshot: KernelSnapshot, memory: Memory): boolean => {
    const { serial: _, ...packed } = machine.kernel.pack(snapshot)
    const key = JSON.stringify(packed)
    const place = places.get(key)
    if (!place) {
      if (places.size >= CONFIGURATIONS_MAX) return false
      const made = { snapshot, memory, joins: 0 }
      places.set(key, made)
      queue.push(made)
      return true
    }
    const joined = possible?.join(place.memory, memory) ?? memory
    if (JSON.stringify(joined) === JSON.stringify(place.memory)) return true
    place.memory = joined
    queue.push(place)
    return ++place.joins <= JOINS_MAX
  }
  /** False: it cannot be followed. */
  const follow = (ways: readonly Way[] | undefined, before: Memory): boolean =>
    ways?.every(({ marks, wishes, entered, done, snapshot }) => {
      for (const mark of marks) reach.chosen.add(mark)
      const memory = gate(before, wishes)
      if (memory === undefined) return true
      for (const mark of marks) reach.passed.add(mark)
      for (const state of entered) reach.entered.add(state)
      return done || arrive(snapshot, memory)
    }) ?? false

  if (!follow(machine.start(), possible?.begin ?? [])) return undefined
  let toldAll = false
  for (let place = queue.pop(); place; place = queue.pop()) {
    const { snapshot } = place
    const memory = anyOf(place.memory, arriving)
    for (const type of machine.events) {
      // A message that is surely not let in never reaches the machine.
      const message: Sketch = { kind: 'receives', name: type, agent: role, fields: ANY }
      if (messages.has(type) && !machine.tellsItself && possible?.mustStop(memory, message)) continue
      if (!follow(machine.step(snapshot, type), memory)) return undefined
    }
    if (reach.denies && !follow(machine.step(snapshot, 'parapet.denied'), memory)) return undefined
    if (reach.denies && !toldAll && queue.length === 0) {
      // Places seen before the first denial was: it may come there too.
      toldAll = true
      queue.push(...places.values())
    }
  }
  return reach
}
