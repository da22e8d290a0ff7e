/**
 * Every situation an agent can come into, breadth first, on the real kernel and guard: what is found first is found on a
 * shortest path. Where the values to try are few enough to try them all, what is not found does not happen.
 */
import { Cells } from '#dsl/judge/cells.ts'
import { ownerOf } from '#dsl/judge/keys.ts'
import type { Json } from '#dsl/judge/step.ts'
import type { Reason } from '#dsl/judge/verdict.ts'
import type { Kept } from '#dsl/prove/own-ledgers.ts'
import type { Kernel, KernelSnapshot } from '#runtime/kernel/kernel.ts'
import { phaseOf } from './calendar.ts'
import { checkKey } from './checks.ts'
import { type Gaps, happeningsIn, sortOf, type World } from './happenings.ts'
import { lookingAt } from './looked-at.ts'
import { remembered } from './remembered.ts'
import {
  type Awaited,
  BEFORE,
  type Happening,
  type Setting,
  type Situation,
  type Taken,
} from './situation.ts'
import { take } from './take.ts'
import { agedBy, untilMoment } from './time.ts'

/** How one gets somewhere; the last happening shows it. */
export interface Path {
  readonly happenings: readonly Happening[]
}

export interface Survey {
  readonly states: number
  /** Why more may happen than was found. Empty: all was looked at. */
  readonly gaps: ReadonlySet<string>
  /** States of the machine, by the path of a transition into them that passed. */
  readonly entered: ReadonlyMap<string, Path>
  /** Transitions by their marks: chosen at all, and chosen in one that passed. */
  readonly chosen: ReadonlyMap<string, Path>
  readonly passed: ReadonlyMap<string, Path>
  /** Checks that spoke, by their key. */
  readonly spoke: ReadonlyMap<string, Path & { readonly reason: Reason }>
  readonly deadlocks: readonly (Path & { readonly why: string; readonly certain: boolean })[]
}

interface Node {
  readonly situation: Situation
  readonly from: Node | undefined
  readonly by: Happening | undefined
  /** What can be reached in one go without getting on: neither another state nor an effect. */
  readonly still: Node[]
  getsOn: boolean
  /** What was denied first here. */
  deniedBy: Happening | undefined
  /** All that may happen here was tried. */
  complete: boolean
}

export interface SearchLimits {
  readonly statesMax: number
  /** No more than this is asked: the search ends once all of it was seen. */
  readonly sought?: Sought
}

/** Marks of transitions that are chosen, and states that are entered. */
export interface Sought {
  readonly chosen: readonly string[]
  readonly entered: readonly string[]
}

export function survey(given: Setting, world: World, { statesMax, sought }: SearchLimits): Survey {
  const gaps: Gaps = new Set([...world.gaps, ...(given.judge ? [...world.judged, ...world.othersGaps] : [])])
  const { tools } = world.plan
  const isDeclared = (tool: string): boolean => tools.find(({ name }) => name === tool)?.returns !== undefined
  const kernel = remembered(lookingAt(given.kernel, isDeclared, gaps))
  const setting: Setting = { ...given, kernel }
  const keyOf = situationKey(kernel, world)
  const nodes = new Map<string, Node>()
  const found = {
    entered: new Map<string, Path>(),
    chosen: new Map<string, Path>(),
    passed: new Map<string, Path>(),
    spoke: new Map<string, Path & { reason: Reason }>(),
  }
  const begin = nodeAt(BEFORE, undefined, undefined)
  nodes.set(keyOf(BEFORE), begin)
  const queue = [begin]
  const room = new Cells()
  const full = overFull(statesMax)
  const stopped: { node: Node; by: Happening; why: string }[] = []

  const note = (node: Node, happening: Happening, taken: Taken): void => {
    const path = (): Path => ({ happenings: [...pathTo(node), happening] })
    const first = <P extends Path>(map: Map<string, P>, key: string, more: () => P): void => {
      if (!map.has(key)) map.set(key, more())
    }
    for (const verdict of [...taken.judged.map(({ verdict }) => verdict), ...taken.broken])
      for (const reason of verdict.reasons)
        first(found.spoke, checkKey(reason), () => ({ ...path(), reason }))
    for (const mark of taken.chosen) {
      first(found.chosen, mark, path)
      if (taken.outcome === 'passed') first(found.passed, mark, path)
    }
    if (taken.outcome === 'passed')
      for (const { kind, state } of taken.moves) if (kind === 'enters') first(found.entered, state, path)
  }

  const isEnough = (): boolean =>
    sought !== undefined && isSeen(sought.chosen, found.chosen) && isSeen(sought.entered, found.entered)

  for (let at = 0; at < queue.length && !isEnough(); at++) {
    const node = queue[at]!
    const before = gaps.size
    const own: Gaps = new Set()
    for (const happening of happeningsIn(world, node.situation, own)) {
      // Where nothing new has room, and what is known already would say no more than that this gets on.
      const isLast = node.getsOn && nodes.size >= statesMax && gaps.has(full)
      const taken = take(setting, node.situation, happening, { room, isLast })
      note(node, happening, taken)
      const { outcome, after, why = '' } = taken
      if (outcome === 'failed') own.add(`a turn fails: ${why}`)
      if (outcome === 'denied') node.deniedBy ??= happening
      if (outcome === 'stopped') stopped.push({ node, by: happening, why })
      if (outcome === 'asked') node.getsOn = true
      if (!after) continue
      const key = keyOf(after)
      let next = nodes.get(key)
      if (!next) {
        if (nodes.size >= statesMax) {
          gaps.add(full)
          node.getsOn = true
          continue
        }
        const { snapshot } = after
        next = nodeAt({ ...after, snapshot: snapshot && kernel.same(snapshot) }, node, happening)
        nodes.set(key, next)
        queue.push(next)
      }
      if (
        outcome === 'passed' &&
        (taken.effects.length > 0 || taken.moves.length > 0 || after.status === 'done')
      )
        node.getsOn = true
      else node.still.push(next)
    }
    node.complete = own.size === 0 && before === gaps.size && gaps.size === 0
    for (const gap of own) gaps.add(gap)
  }

  return { states: nodes.size, gaps, ...found, deadlocks: deadlocksOf([...nodes.values()], stopped) }
}

/** The gap of a search that had no room. */
export function overFull(statesMax: number): string {
  return `over ${statesMax} situations`
}

function isSeen(sought: readonly string[], found: ReadonlyMap<string, Path>): boolean {
  return sought.every((one) => found.has(one))
}

function nodeAt(situation: Situation, from: Node | undefined, by: Happening | undefined): Node {
  return { situation, from, by, still: [], getsOn: false, deniedBy: undefined, complete: false }
}

function pathTo(node: Node): Happening[] {
  const path: Happening[] = []
  for (let at: Node | undefined = node; at?.by; at = at.from) path.unshift(at.by)
  return path
}

/** A denial, and from then on nothing but denials; or an agent stopped for its denials. One of each kind, the shortest. */
function deadlocksOf(
  nodes: readonly Node[],
  stopped: readonly { readonly node: Node; readonly by: Happening; readonly why: string }[],
): Survey['deadlocks'] {
  const canGetOn = new Set(nodes.filter(({ getsOn }) => getsOn))
  const into = new Map<Node, Node[]>()
  for (const node of nodes) for (const next of node.still) into.set(next, [...(into.get(next) ?? []), node])
  const open = [...canGetOn]
  for (let node = open.pop(); node; node = open.pop())
    for (const before of into.get(node) ?? [])
      if (!canGetOn.has(before)) {
        canGetOn.add(before)
        open.push(before)
      }
  const deadlocks: (Path & { why: string; certain: boolean })[] = []
  const told = new Set<string>()
  for (const { node, by, why } of stopped) {
    if (told.has(why)) continue
    told.add(why)
    deadlocks.push({ happenings: [...pathTo(node), by], why: `it is stopped: ${why}`, certain: true })
  }
  const stuck = nodes.find(
    (node) =>
      node.deniedBy && node.situation.status === 'active' && node.situation.snapshot && !canGetOn.has(node),
  )
  if (stuck?.deniedBy && deadlocks.length === 0)
    deadlocks.push({
      happenings: [...pathTo(stuck), stuck.deniedBy],
      why: 'whatever happens from here on is denied or changes nothing',
      certain: stuck.complete,
    })
  return deadlocks
}

/** How long a timer has to wait, where time passes. */
function untilDue(one: Awaited, elapsedMs: number): string {
  return one.kind === 'schedule' ? ` in ${Math.max(0, one.sinceMs + one.delayMs - elapsedMs)} ms` : ''
}

/** Situations alike in all that matters later have the same key: names the runtime makes up and turns gone by do not. */
function situationKey(kernel: Kernel, { plan, clock }: World): (situation: Situation) => string {
  const ofTurns = new Set(plan.consistencies.filter(({ scope }) => scope === 'turn').map(({ id }) => id))
  const states = new WeakMap<KernelSnapshot, Json>()
  const stateOf = (snapshot: KernelSnapshot): Json => {
    const known = states.get(snapshot)
    if (known !== undefined) return known
    const { serial: _, ...state } = kernel.pack(snapshot)
    const shown = JSON.stringify(state)
    states.set(snapshot, shown)
    return shown
  }
  const matters = (cell: string): boolean => !ofTurns.has(ownerOf(cell)) && ownerOf(cell) !== 'made'
  return ({ snapshot, cells, ledgers, roles, tenant, awaited, denials, status, next, elapsedMs }) => {
    if (status === 'stopped') return 'stopped'
    const kept = next === undefined || next.kind === 'told' ? cells.filter(([cell]) => matters(cell)) : cells
    const aged = (some: Kept): Json =>
      agedBy(
        clock,
        elapsedMs,
        some.toSorted(([a], [b]) => (a < b ? -1 : 1)),
      )
    const holdsOf = ({ holds = [] }: Awaited): Json =>
      aged(holds.map(({ entry, step: { fields, at } }) => [entry, { ...fields, at }]))
    return JSON.stringify([
      snapshot ? stateOf(snapshot) : null,
      aged(kept),
      aged(ledgers),
      awaited
        .map(
          (one) =>
            `${sortOf(one)}${untilDue(one, elapsedMs)}${one.holds ? JSON.stringify(holdsOf(one)) : ''}`,
        )
        .toSorted(),
      denials,
      status,
      phaseOf(
        clock.calendars,
        clock.at + elapsedMs,
        clock.windows.length > 0 || awaited.some(({ kind }) => kind === 'schedule'),
      ),
      untilMoment(clock, elapsedMs),
      next ?? null,
      roles ?? null,
      tenant ?? null,
    ])
  }
}
