/**
 * A machine with other parts in the same states: every transition, action and guard passes through the caller's hands.
 * The machine given is not touched, and XState itself goes on deciding what a transition is.
 */
import type { AnyStateMachine } from 'xstate'

/** What is done or asked at one place of a machine, as it stands in its configuration. */
export type Part = unknown

/** Where a transition stands: the state that has it (dotted, '' for the root), what sets it off, and the how many-eth of these. */
export interface TransitionPlace {
  readonly state: string
  /** An event's name; `always`, `after 1000`, `done`, `invoke ID done`, `invoke ID error`. */
  readonly on: string
  readonly index: number
  /** As written; absent: it stays where it is. */
  readonly target?: string
}

export interface Rewriting {
  /** The actions of a transition, instead of those given. */
  readonly transition?: (actions: readonly Part[], place: TransitionPlace) => readonly Part[]
  /** One action anywhere, instead of it; undefined: none. After `transition`. */
  readonly action?: (action: Part) => Part | undefined
  /** Instead of a guard that is given; a transition without one has none. */
  readonly guard?: (guard: Part) => Part
  /** Context, inputs, outputs and delays that are computed are left out: the shape of the machine alone. */
  readonly shapeOnly?: boolean
}

interface Loose {
  readonly [key: string]: unknown
}

/** Rewrites a machine. Transitions that forbid an event stay as they are. */
export function rewriteMachine(machine: AnyStateMachine, how: Rewriting): AnyStateMachine {
  const { implementations } = machine
  const config = node(machine.config, '', how)
  const bare = how.shapeOnly === true
  // A delay's length does not change what comes after it.
  const delays = bare
    ? Object.fromEntries(Object.keys(implementations.delays ?? {}).map((name) => [name, 1]))
    : {}
  const Made = machine.constructor as new (config: Loose, implementations: object) => AnyStateMachine
  return new Made(bare ? { ...config, context: {} } : config, {
    ...implementations,
    delays: { ...implementations.delays, ...delays },
  })
}

function node(config: Loose, state: string, how: Rewriting): Loose {
  const made: Record<string, unknown> = { ...config }
  const at = (on: string) => (given: unknown) => transitions(given, state, on, how)
  if (isLoose(config['on'])) made['on'] = mapped(config['on'], (given, event) => at(event)(given))
  if (isLoose(config['after']))
    made['after'] = mapped(config['after'], (given, ms) => at(`after ${ms}`)(given))
  if (config['always'] !== undefined) made['always'] = at('always')(config['always'])
  if (config['onDone'] !== undefined) made['onDone'] = at('done')(config['onDone'])
  for (const key of ['entry', 'exit'])
    if (config[key] !== undefined) made[key] = actions(listOf(config[key]), how)
  if (isLoose(config['initial']))
    made['initial'] = { ...config['initial'], actions: actions(listOf(config['initial']['actions']), how) }
  if (config['invoke'] !== undefined)
    made['invoke'] = listOf(config['invoke']).map((one) => invoked(one, state, how))
  if (isLoose(config['states']))
    made['states'] = mapped(config['states'], (child, name) =>
      isLoose(child) ? node(child, state === '' ? name : `${state}.${name}`, how) : child,
    )
  if (how.shapeOnly) delete made['output']
  return made
}

function invoked(one: unknown, state: string, how: Rewriting): unknown {
  if (!isLoose(one)) return one
  const { input, onDone, onError, onSnapshot, ...rest } = one
  const name = String(one['id'] ?? one['src'])
  const at = (on: string, given: unknown) => transitions(given, state, `invoke ${name} ${on}`, how)
  return {
    ...rest,
    ...(input !== undefined && !how.shapeOnly && { input }),
    ...(onDone !== undefined && { onDone: at('done', onDone) }),
    ...(onError !== undefined && { onError: at('error', onError) }),
    ...(onSnapshot !== undefined && { onSnapshot: at('snapshot', onSnapshot) }),
  }
}

function transitions(given: unknown, state: string, on: string, how: Rewriting): unknown {
  // `EVENT: undefined` forbids the event here.
  if (given === undefined) return undefined
  return listOf(given).map((one, index) => {
    const config: Loose = isLoose(one) ? one : { target: one }
    const own = listOf(config['actions'])
    const all = how.transition?.(own, { state, on, index, ...targetOf(config['target']) }) ?? own
    return {
      ...config,
      actions: actions(all, how),
      ...(config['guard'] !== undefined && how.guard && { guard: how.guard(config['guard']) }),
    }
  })
}

function targetOf(target: unknown): { target?: string } {
  const [first] = listOf(target)
  return typeof first === 'string' ? { target: listOf(target).join(', ') } : {}
}

function actions(list: readonly unknown[], how: Rewriting): unknown[] {
  const { action } = how
  return action ? list.map((one) => action(one)).filter((one) => one !== undefined) : [...list]
}

function listOf(value: unknown): readonly unknown[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value]
}

function isLoose(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function mapped(record: Loose, by: (value: unknown, key: string) => unknown): Loose {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, by(value, key)]))
}
