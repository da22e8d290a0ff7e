/**
 * Transitions by table: which states are left and entered and which actions run is looked up, and only the machine's own functions
 * are called, guards among them. XState's interpreter is most of what a step costs.
 *
 * A row is what XState itself did when it first took a transition in a state. Whatever else there may be (parallel states, histories,
 * invoked sources, final states, actions of XState's own but `assign`) has no row and goes to XState, every time.
 * `table.test.ts` holds both to the same.
 *
 * Invariants:
 * 1. A row is kept only in a machine without parallel states and histories: the states left and entered then follow from the
 *    active state and the transition alone (SCXML, appendix D).
 * 2. Which transition is taken is asked anew each time, in XState's order, by XState's own `evaluateGuard`.
 * 3. An event is taken by rows from the first to the last microstep, or leaves no trace: then XState takes all of it. So it is with
 *    whatever throws, and with an `assign` that spawns.
 * 4. There is at most one row for each state and each transition that the machine may take there.
 */
import type { AnyMachineSnapshot, EventObject, UnknownAction } from 'xstate'
import { evaluateGuard } from 'xstate/guards'
import type { StateMove } from './effect.ts'
import { type Instrumented, isBuiltin, type StateNode } from './instrument.ts'
import type { Stage } from './stage.ts'
import type { Take } from './take.ts'

type Transition = NonNullable<StateNode['always']>[number]

interface Row {
  readonly acts: readonly Act[]
  /** Of the snapshot after it. */
  readonly after: Pick<AnyMachineSnapshot, 'value' | '_nodes' | 'tags'>
}

type Act =
  | { readonly kind: 'assign'; readonly assignment: unknown; readonly params: unknown }
  | { readonly kind: 'action'; readonly type: string; readonly exec: unknown; readonly params: unknown }

export class Table {
  readonly #instrumented: Instrumented
  readonly #microstepsMax: number
  readonly #plain: boolean
  readonly #rows = new Map<StateNode, Map<unknown, Row | undefined>>()

  constructor(instrumented: Instrumented, microstepsMax: number) {
    this.#instrumented = instrumented
    this.#microstepsMax = microstepsMax
    const histories = Array.from(instrumented.nodes.values()).some(({ type }) => type === 'history')
    this.#plain = !instrumented.parallel && !histories
  }

  /** Is it worth trying? */
  knows(state: AnyMachineSnapshot): boolean {
    return this.#rows.has(leafOf(state))
  }

  /** The snapshot after the event. Undefined when it has to be taken by XState: what the stage wrote down then counts for nothing. */
  run(state: AnyMachineSnapshot, event: EventObject, stage: Stage): AnyMachineSnapshot | undefined {
    try {
      return this.#run(state, event, stage)
    } catch {
      // XState throws the same, and says where.
      return undefined
    }
  }

  /** Hears what XState made of an event: `take` is what it wrote down. */
  learn(before: AnyMachineSnapshot, { microsteps, moves }: Take): void {
    if (!this.#plain) return
    let [leaf, from] = [leafOf(before), 0]
    for (const { transition, snapshot, moves: to } of microsteps) {
      const rows = this.#rows.get(leaf) ?? new Map<unknown, Row | undefined>()
      this.#rows.set(leaf, rows)
      if (transition !== undefined && !rows.has(transition))
        rows.set(transition, this.#rowOf(transition as Transition, moves.slice(from, to), snapshot))
      leaf = leafOf(snapshot)
      from = to
    }
  }

  #run(state: AnyMachineSnapshot, event: EventObject, stage: Stage): AnyMachineSnapshot | undefined {
    let transition = chosenFor(state, event, this.#instrumented.wild)
    if (transition === undefined) return undefined
    let next = state
    for (let microsteps = 1; microsteps <= this.#microstepsMax; microsteps++) {
      const leaf = leafOf(next)
      const row = this.#rows.get(leaf)?.get(transition)
      if (row === undefined) return undefined
      const after = taken(row, next, event, stage)
      // XState asks no further after an `always` that has changed nothing; whether it has is its own to say.
      if (after === undefined || (microsteps > 1 && leafOf(after) === leaf)) return undefined
      next = after
      transition = eventlessFor(next, event)
      if (transition === undefined) return next
    }
    return undefined
  }

  #rowOf(
    { source, actions, reenter }: Transition,
    moves: StateMove[],
    after: AnyMachineSnapshot,
  ): Row | undefined {
    // The root has no name among the moves: nobody could tell whether it was left.
    if (after.status !== 'active' || (reenter && source.parent === undefined)) return undefined
    const nodes = (kind: 'leaves' | 'enters') =>
      moves.flatMap((move) => (move.kind === kind ? [this.#instrumented.nodes.get(move.state)!] : []))
    const [left, entered] = [nodes('leaves'), nodes('enters')]
    if ([...left, ...entered].some((node) => node.invoke.length > 0)) return undefined
    // A final state lets an event loose.
    if (entered.some((node) => node.type === 'final')) return undefined
    if (entered.some((node) => node.type === 'compound' && node.initial.actions.length > 0)) return undefined
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

/** The snapshot after the row, with what it asks for written down on the stage; undefined when it would spawn. */
function taken(
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
  return spawned ? undefined : { ...state, ...after, context }
}

function leafOf(state: AnyMachineSnapshot): StateNode {
  return state._nodes[state._nodes.length - 1]!
}

/** The transition XState takes: of the active state that names the type and is nearest, the first whose guard holds. */
function chosenFor(
  state: AnyMachineSnapshot,
  event: EventObject,
  wild: Instrumented['wild'],
): Transition | undefined {
  for (let node: StateNode | undefined = leafOf(state); node; node = node.parent) {
    const named: readonly Transition[] | undefined = node.transitions.get(event.type)
    if (named === undefined && wild.has(node)) return undefined
    const chosen = named?.find((transition) => isOpen(transition, state, event))
    if (chosen !== undefined) return chosen
  }
  return undefined
}

/** As above, of those that wait for no event. */
function eventlessFor(state: AnyMachineSnapshot, event: EventObject): Transition | undefined {
  for (let node: StateNode | undefined = leafOf(state); node; node = node.parent) {
    const chosen = node.always?.find((transition) => isOpen(transition, state, event))
    if (chosen !== undefined) return chosen
  }
  return undefined
}

function isOpen({ guard }: Transition, state: AnyMachineSnapshot, event: EventObject): boolean {
  return guard === undefined || evaluateGuard(guard, state.context, event, state)
}

type Assigner = (args: object, params: unknown) => object

function updateOf(assignment: unknown, args: object, params: unknown): object {
  if (typeof assignment === 'function') return (assignment as Assigner)(args, params)
  const update: Record<string, unknown> = {}
  for (const [key, part] of Object.entries(assignment as object))
    update[key] = typeof part === 'function' ? part(args, params) : part
  return update
}
