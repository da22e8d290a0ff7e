/**
 * A copy of the machine that says which states it leaves and enters, and sends by role. The machine given is not
 * touched.
 */
import type { AnyStateMachine, UnknownAction } from 'xstate'
import type { StateMove } from './effect.ts'
import { RoleRef } from './role-ref.ts'

export type StateNode = AnyStateMachine['root']

export interface Instrumented {
  readonly machine: AnyStateMachine
  /** First action on entry, last on exit: XState itself says the true order, re-entries included. */
  readonly marks: ReadonlyMap<unknown, StateMove>
  /** By dotted path without the machine's id; the root is ''. */
  readonly nodes: ReadonlyMap<string, StateNode>
  /** Whether several states may be active side by side. */
  readonly parallel: boolean
  /** States that listen to types by their beginnings, or to all (`*`). */
  readonly wild: ReadonlySet<StateNode>
  /** Whether any state listens to this event type. */
  hears(type: string): boolean
}

export const pathOf = (node: StateNode): string => node.path.join('.')

export function instrument(given: AnyStateMachine): Instrumented {
  const machine = given.provide({ actions: adaptAll(given.implementations.actions) })
  const marks = new Map<unknown, StateMove>()
  const nodes = new Map<string, StateNode>()
  const exact = new Set<string>()
  const prefixes: string[] = []
  const wild = new Set<StateNode>()
  let parallel = false

  const visit = (node: StateNode): void => {
    const state = pathOf(node)
    if (nodes.has(state)) throw new Error(`two states of \`${machine.id}\` are both called \`${state}\``)
    nodes.set(state, node)
    parallel ||= node.type === 'parallel'
    node.entry = node.entry.map(adapt)
    node.exit = node.exit.map(adapt)
    for (const [descriptor, transitions] of node.transitions) {
      if (descriptor.endsWith('*')) {
        prefixes.push(descriptor.slice(0, -1))
        wild.add(node)
      } else exact.add(descriptor)
      for (const transition of transitions) transition.actions = transition.actions.map(adapt)
    }
    for (const transition of node.always ?? []) transition.actions = transition.actions.map(adapt)
    if (node.type === 'compound') node.initial.actions = node.initial.actions.map(adapt)
    if (node.parent) {
      const enters = () => {}
      const leaves = () => {}
      marks.set(enters, { kind: 'enters', state })
      marks.set(leaves, { kind: 'leaves', state })
      node.entry.unshift(enters)
      node.exit.push(leaves)
    }
    for (const child of Object.values<StateNode>(node.states)) visit(child)
  }
  visit(machine.root)

  return {
    machine,
    marks,
    nodes,
    parallel,
    wild,
    // XState keeps what it finds for every event type it ever sees; types nobody listens to need not reach it.
    hears: (type) =>
      exact.has(type) || prefixes.some((prefix) => type.startsWith(prefix) || `${type}.` === prefix),
  }
}

// ------------------------------------------------------------------ sendTo by role

type Resolve = (
  scope: { readonly self: unknown },
  snapshot: { readonly children: Readonly<Record<string, unknown>> },
  args: unknown,
  params: unknown,
  own: Builtin,
  extra: { readonly deferredActorIds?: readonly string[] },
) => [unknown, unknown, UnknownAction[] | undefined]

/** XState's own actions are functions that carry their parts as properties. */
interface Builtin {
  (): void
  readonly type: string
  readonly resolve: Resolve
  readonly to?: unknown
}

export function isBuiltin(action: unknown): action is Builtin {
  return typeof action === 'function' && 'resolve' in action && 'type' in action
}

function adaptAll(actions: AnyStateMachine['implementations']['actions']): typeof actions {
  return Object.fromEntries(Object.entries(actions ?? {}).map(([name, action]) => [name, adapt(action)]))
}

function adapt<A>(action: A): A {
  if (!isBuiltin(action)) return action
  if (action.type === 'xstate.sendTo')
    return Object.assign(() => {}, action, { resolve: resolveSendTo(action) })
  if (action.type === 'xstate.enqueueActions')
    return Object.assign(() => {}, action, { resolve: resolveEnqueued(action.resolve) })
  return action
}

/** XState throws when the name is not a child's; here a name that is not a child's is a role. */
function resolveSendTo({ resolve }: Builtin): Resolve {
  return (scope, snapshot, args, params, own, extra) => {
    const to = typeof own.to === 'function' ? own.to(args, params) : own.to
    const target = typeof to === 'string' ? addressee(to, scope, snapshot, extra) : to
    return resolve(
      scope,
      snapshot,
      args,
      params,
      Object.assign(() => {}, own, { to: target }),
      extra,
    )
  }
}

function addressee(
  to: string,
  scope: Parameters<Resolve>[0],
  { children }: Parameters<Resolve>[1],
  { deferredActorIds }: Parameters<Resolve>[5],
): unknown {
  if (to === '#_internal') return scope.self
  return deferredActorIds?.includes(to) ? to : (children[to] ?? new RoleRef(to))
}

function resolveEnqueued(resolve: Resolve): Resolve {
  return (scope, snapshot, args, params, own, extra) => {
    const [next, resolved, actions] = resolve(scope, snapshot, args, params, own, extra)
    return [next, resolved, actions?.map(adapt)]
  }
}
