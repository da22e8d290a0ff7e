/** A machine whose transitions carry marks, so that a macrostep says which of them were chosen. */
import { createKernel, isReserved, type Kernel, type Machine } from '#runtime/kernel/kernel.ts'
import { rewriteMachine, type TransitionPlace } from '#runtime/kernel/rewrite.ts'
import { MARK } from './situation.ts'

export interface Transition extends TransitionPlace {
  readonly mark: string
}

export interface Marked {
  readonly kernel: Kernel
  /** In the order of the machine's text. */
  readonly transitions: readonly Transition[]
  /** Paths of its states, but for the root. */
  readonly states: readonly string[]
  /** Types of the messages it listens to by name. */
  readonly messages: readonly string[]
  /** Whether some state listens to the event; `*`: to any event. */
  hears(type: string): boolean
}

export function markMachine(machine: Machine): Marked {
  const transitions: Transition[] = []
  const marked = rewriteMachine(machine, {
    transition(actions, place) {
      const mark = markOf(place)
      transitions.push({ ...place, mark })
      return [{ type: MARK, params: mark }, ...actions]
    },
  })
  const events = new Set<string>(machine.events)
  return {
    kernel: createKernel(marked),
    transitions,
    states: statesIn(machine.root),
    messages: [...events].filter((type) => !isReserved(type) && !type.endsWith('*')),
    hears: (type) => events.has(type) || events.has('*'),
  }
}

export function markOf({ state, on, index }: TransitionPlace): string {
  return JSON.stringify([state, on, index])
}

function statesIn(node: Machine['root']): string[] {
  return Object.values<Machine['root']>(node.states).flatMap((child) => [
    ...(child.type === 'history' ? [] : [child.path.join('.')]),
    ...statesIn(child),
  ])
}

/** `waiting: on order → paying` */
export function shownTransition({ state, on, index, target }: TransitionPlace): string {
  const where = state === '' ? 'anywhere' : state
  const when = on === 'always' || on.startsWith('after ') || on === 'done' ? on : `on ${on}`
  const which = index === 0 ? '' : ` (${index + 1}.)`
  return `${where}: ${when}${which}${target === undefined ? '' : ` → ${target.replace(/^[.#]/, '')}`}`
}
