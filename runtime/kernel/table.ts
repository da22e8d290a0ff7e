/**
 * Transitions by table, where XState would always do the same: which states are left and entered and which actions run is
 * looked up, and only the machine's own functions are called. XState's interpreter is most of what a step costs.
 *
 * A row is what XState itself did the first time, kept where nothing but the event's type and the active state decides it.
 * Whatever else there may be (guards, `always`, parallel states, histories, invoked sources, final states, actions of XState's own
 * but `assign`) has no row and goes to XState, every time. `conformance.test.ts` holds both to the same.
 *
 * Invariants:
 * 1. A row is kept only for a transition of one microstep, chosen without a guard, in a machine without parallel states and
 *    histories: the states left and entered then follow from the active state and the transition alone (SCXML, appendix D).
 * 2. What a row cannot do (an `assign` that spawns) leaves no trace: the same step is taken by XState instead.
 * 3. There is at most one row for each state and each event type that the machine names.
 */
import type { AnyMachineSnapshot, EventObject, UnknownAction } from 'xstate'
import { type Instrumented, isBuiltin, type StateNode } from './instrument.ts'
import type { Stage } from './stage.ts'
import type { Take } from './take.ts'

export interface Row {
  readonly acts: readonly Act[]
  /** Of the snapshot after it. */
  readonly after: Pick<AnyMachineSnapshot, 'value' | '_nodes' | 'tags'>
}

type Act =
  | { readonly kind: 'assign'; readonly assignment: unknown; readonly params: unknown }
  | { readonly kind: 'action'; readonly type: string; readonly exec: unknown; readonly params: unknown }

export class Table {
  readonly #instrumented: Instrumented
  readonly #plain: boolean
  readonly #rows = new Map<StateNode, Map<string, Row | undefined>>()

  constructor(instrumented: Instrumented) {
    this.#instrumented = instrumented
    const histories = Array.from(instrumented.nodes.values()).some(({ type }) => type === 'history')
    this.#plain = !instrumented.parallel && !histories
  }

  row(state: AnyMachineSnapshot, type: string): Row | undefined {
    return this.#rows.get(leafOf(state))?.get(type)
  }

  /** Hears what XState made of an event for which there is no row: `take` is what it wrote down. */
  learn(before: AnyMachineSnapshot, type: string, take: Take, after: AnyMachineSnapshot): void {
    const leaf = leafOf(before)
    if (!this.#plain || this.#rows.get(leaf)?.has(type)) return
    const chosen = chosenAt(leaf, type)
    if (chosen === undefined) return
    const rows = this.#rows.get(leaf) ?? new Map<string, Row | undefined>()
    this.#rows.set(leaf, rows)
    rows.set(type, chosen === 'open' ? undefined : this.#rowOf(chosen, take, after))
  }

  /** Undefined when it cannot be done this way after all. */
  run(
    { acts, after }: Row,
    state: AnyMachineSnapshot,
    event: EventObject,
    stage: Stage,
  ): AnyMachineSnapshot | undefined {
    const { self, system } = stage
    let { context } = state
    let spawned = false
    const spawn = () => {
      spawned = true
      throw new Error('no child is spawned here')
    }
    try {
      for (const act of acts) {
        const params = typeof act.params === 'function' ? act.params({ context, event }) : act.params
        if (act.kind === 'assign') {
          const update = updateOf(act.assignment, { context, event, spawn, self, system }, params)
          context = Object.assign({}, context, update)
        } else
          stage.actionExecutor({
            type: act.type,
            info: { context, event, self, system },
            params,
            exec: act.exec as undefined,
          })
      }
    } catch (error) {
      if (!spawned) throw error
    }
    if (spawned) return undefined
    return { ...state, ...after, context }
  }

  #rowOf(actions: readonly UnknownAction[], take: Take, after: AnyMachineSnapshot): Row | undefined {
    if (take.microsteps !== 1 || after.status !== 'active') return undefined
    const nodes = (kind: 'leaves' | 'enters') =>
      take.moves.flatMap((move) => (move.kind === kind ? [this.#instrumented.nodes.get(move.state)!] : []))
    const [left, entered] = [nodes('leaves'), nodes('enters')]
    if ([...left, ...entered].some((node) => node.invoke.length > 0)) return undefined
    if (entered.some((node) => node.type === 'compound' && node.initial.actions.length > 0)) return undefined
    if (after._nodes.some((node: StateNode) => node.always !== undefined && node.always.length > 0))
      return undefined
    const all = [...left.flatMap((node) => node.exit), ...actions, ...entered.flatMap((node) => node.entry)]
    const acts = all.map((action) => this.#actOf(action))
    const { value, _nodes, tags } = after
    return acts.every((act) => act !== undefined) ? { acts, after: { value, _nodes, tags } } : undefined
  }

  /** As XState looks an action up. Undefined: it is one of XState's own that does more than assign. */
  #actOf(action: UnknownAction | string): Act | undefined {
    const { implementations } = this.#instrumented.machine
    const isInline = typeof action === 'function'
    const type = typeof action === 'string' ? action : isInline ? action.name || '(anonymous)' : action.type
    const exec: unknown = isInline ? action : implementations.actions?.[type]
    const params = typeof action === 'object' && 'params' in action ? action.params : undefined
    if (!isBuiltin(exec)) return { kind: 'action', type, exec, params }
    if (exec.type !== 'xstate.assign' || !('assignment' in exec)) return undefined
    return { kind: 'assign', assignment: exec.assignment, params }
  }
}

function leafOf(state: AnyMachineSnapshot): StateNode {
  return state._nodes[state._nodes.length - 1]!
}

/**
 * The actions of the transition that XState takes there whatever the context is; `open` when that is not decided by the type
 * alone, undefined when no state it could be in names the type.
 */
function chosenAt(leaf: StateNode, type: string): readonly UnknownAction[] | 'open' | undefined {
  const path: StateNode[] = [leaf]
  for (const { parent } of path) if (parent) path.push(parent)
  for (const { transitions } of path) {
    const [first] = transitions.get(type) ?? []
    if (first !== undefined) return first.guard === undefined ? first.actions : 'open'
    for (const descriptor of transitions.keys()) if (descriptor.endsWith('*')) return undefined
  }
  return undefined
}

type Assigner = (args: object, params: unknown) => object

function updateOf(assignment: unknown, args: object, params: unknown): object {
  if (typeof assignment === 'function') return (assignment as Assigner)(args, params)
  const update: Record<string, unknown> = {}
  for (const [key, part] of Object.entries(assignment as object))
    update[key] = typeof part === 'function' ? part(args, params) : part
  return update
}
