/**
 * Snapshots as compact JSON and back. What was packed and unpacked goes on exactly as what was not: XState's own
 * persistence forgets in which order parallel states were entered, and with it the order of their actions.
 */
import type { AnyActorRef, AnyMachineSnapshot } from 'xstate'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { type Instrumented, pathOf, type StateNode } from './instrument.ts'
import { NotJson, toJson } from './json.ts'
import { errorText, type Refusal, refused } from './refusal.ts'

export interface KernelSnapshot {
  readonly state: AnyMachineSnapshot
  /** Names the agent has been given so far (`c0`, `t1` …). */
  readonly serial: number
}

export type Unpacked = { readonly kind: 'unpacked'; readonly snapshot: KernelSnapshot } | Refusal

/** Shares the context with the snapshot; both are immutable. */
export function pack({ machine, parallel }: Instrumented, { state, serial }: KernelSnapshot): JsonObject {
  const packed: JsonObject = { machine: machine.id, value: state.value, context: state.context }
  if (machine.version !== undefined) packed.version = machine.version
  if (serial > 0) packed.serial = serial
  if (state.status !== 'active') packed.status = state.status
  if (state.output !== undefined) packed.output = state.output
  if (state.error !== undefined) packed.error = errorText(state.error)
  if (parallel) packed.order = state._nodes.map((node) => node.order)
  const history = Object.keys(state.historyValue)
  if (history.length > 0)
    packed.history = Object.fromEntries(
      history.map((id) => [id, (state.historyValue[id] ?? []).map((node) => pathOf(node))]),
    )
  const children = Object.values<AnyActorRef | undefined>(state.children)
  if (children.length > 0)
    packed.children = Object.fromEntries(
      children.flatMap((child) => (child && typeof child.src === 'string' ? [[child.id, child.src]] : [])),
    )
  return packed
}

/**
 * Snapshots that lack nothing but their context: of one state of the machine's own, with nothing remembered and no child.
 * Most are like that, and what follows from the state is found once.
 */
export class Blanks {
  readonly #instrumented: Instrumented
  readonly #blank: AnyMachineSnapshot
  readonly #known = new Map<string, AnyMachineSnapshot>()

  constructor(instrumented: Instrumented) {
    this.#instrumented = instrumented
    this.#blank = instrumented.machine.resolveState({ value: {}, context: {} })
  }

  /** Undefined where more has to be looked at. There are as many as the machine has states. */
  at(packed: JsonObject): AnyMachineSnapshot | undefined {
    const { value } = packed
    if (typeof value !== 'string' || this.#instrumented.parallel) return undefined
    if (packed.status !== undefined || packed.history !== undefined || packed.children !== undefined)
      return undefined
    const known = this.#known.get(value)
    if (known) return known
    const active = activeNodes(this.#instrumented, packed)
    if (!active) return undefined
    const made = this.with({ value, ...partsOf(active), historyValue: NOTHING, children: NOTHING })
    this.#known.set(value, made)
    return made
  }

  with(parts: object): AnyMachineSnapshot {
    return Object.assign({}, this.#blank, parts)
  }
}

const NOTHING = Object.freeze({})

const partsOf = (active: StateNode[]) => ({
  _nodes: active,
  tags: new Set<string>(active.flatMap((node) => node.tags)),
})

export function unpack(
  instrumented: Instrumented,
  packed: JsonObject,
  blanks: Blanks,
  child: (id: string, src: string) => AnyActorRef,
): Unpacked {
  const { machine, nodes } = instrumented
  if (packed.machine !== machine.id || packed.version !== machine.version)
    return refused(
      'other-machine',
      `the state is of \`${named(packed.machine, packed.version)}\`, the machine is \`${named(machine.id, machine.version)}\``,
    )
  const serial = typeof packed.serial === 'number' ? packed.serial : 0
  const blank = blanks.at(packed)
  if (blank) return { kind: 'unpacked', snapshot: { state: { ...blank, context: packed.context }, serial } }
  const active = activeNodes(instrumented, packed)
  if (!active)
    return refused('other-machine', `\`${machine.id}\` has no state ${JSON.stringify(packed.value)}`)
  const historyValue: Record<string, StateNode[]> = {}
  for (const [id, paths] of Object.entries(asObject(packed.history))) {
    const remembered = (Array.isArray(paths) ? paths : []).map((path) => nodes.get(String(path)))
    if (!remembered.every((node) => node !== undefined))
      return refused('other-machine', `\`${machine.id}\` has no state ${JSON.stringify(paths)} to remember`)
    historyValue[id] = remembered
  }
  const children: Record<string, AnyActorRef> = {}
  for (const [id, src] of Object.entries(asObject(packed.children))) children[id] = child(id, String(src))
  const state = blanks.with({
    status: STATUSES.find((status) => status === packed.status) ?? 'active',
    value: packed.value,
    context: packed.context,
    output: packed.output,
    error: packed.error,
    ...partsOf(active),
    historyValue,
    children,
  })
  return { kind: 'unpacked', snapshot: { state, serial } }
}

const STATUSES = ['active', 'done', 'error', 'stopped'] as const

/** In the order in which they were entered. */
function activeNodes({ machine, parallel }: Instrumented, packed: JsonObject): StateNode[] | undefined {
  const active = [machine.root]
  if (!addActive(active, machine.root, packed.value)) return undefined
  if (!parallel) return active
  const { order } = packed
  // A migrated state knows no order of entry: the document's is taken.
  if (order === undefined) return active
  if (!Array.isArray(order) || order.length !== active.length) return undefined
  const byOrder = new Map(active.map((node) => [node.order, node]))
  const inOrder = order.map((at) => byOrder.get(Number(at)))
  return inOrder.every((node) => node !== undefined) ? inOrder : undefined
}

function addActive(active: StateNode[], node: StateNode, value: Json | undefined): boolean {
  if (node.type === 'atomic' || node.type === 'final')
    return value === undefined || Object.keys(asObject(value)).length === 0
  if (typeof value === 'string') value = { [value]: {} }
  const keys = Object.keys(asObject(value))
  if (node.type === 'compound' ? keys.length !== 1 : keys.length !== regions(node)) return false
  return keys.every((key) => {
    const child: StateNode | undefined = Object.hasOwn(node.states, key) ? node.states[key] : undefined
    if (!child || child.type === 'history') return false
    active.push(child)
    return addActive(active, child, asObject(value)[key])
  })
}

const regions = (node: StateNode): number =>
  Object.values<StateNode>(node.states).filter(({ type }) => type !== 'history').length

const asObject = (json: Json | undefined): JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json) ? json : {}

const named = (id: Json | undefined, version: Json | undefined): string =>
  version === undefined ? String(id) : `${id} ${version}`

/** The first part of a changed context that could not be packed. */
export function unpackable(before: object | undefined, after: object): NotJson | undefined {
  if (before === after) return undefined
  const known = (before ?? {}) as Readonly<Record<string, unknown>>
  for (const [key, value] of Object.entries(after)) {
    if (value === undefined || value === known[key]) continue
    const json = toJson(value)
    if (json instanceof NotJson) return json.within(key)
  }
  return undefined
}
