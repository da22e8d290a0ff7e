/**
 * The kernel: snapshot + event → snapshot + effects + state moves. It is pure; nothing runs.
 *
 * XState decides, on a stage where nothing acts (`stage.ts`); its actions come back as data (`capture.ts`).
 * A refused transition leaves no trace, and the same call gives the same answer, ids included.
 */
import type { AnyActorRef, AnyMachineSnapshot, AnyStateMachine, EventObject } from 'xstate'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { instrument } from './instrument.ts'
import { NotJson, toJson } from './json.ts'
import type { Macrostep, Stepped } from './macrostep.ts'
import { Blanks, type KernelSnapshot, pack, type Unpacked, unpack, unpackable } from './pack.ts'
import { freeze, runTwice } from './purity.ts'
import { errorText, refused } from './refusal.ts'
import { mayArrive, type Origin, settledChild } from './reserved.ts'
import { childRef, Stage } from './stage.ts'
import { Table } from './table.ts'
import type { Take } from './take.ts'

export type { Macrostep, Stepped } from './macrostep.ts'
export type { KernelSnapshot, Unpacked } from './pack.ts'
export type { Refusal, RefusalCode } from './refusal.ts'
export { isReserved, type Origin } from './reserved.ts'
export type Machine = AnyStateMachine

/** Microsteps of one macrostep: raised events and `always` included. */
export const MICROSTEPS_MAX = 1_000

export interface KernelOptions {
  readonly maxMicrosteps?: number
  /** Development: runs every transition twice on frozen input and refuses what differs (`purity.ts`). */
  readonly checkPurity?: boolean
  /** `interpreter` asks XState every time: slower, the same answers. Default `table` (`table.ts`). */
  readonly engine?: 'table' | 'interpreter'
}

export interface Kernel {
  readonly id: string
  /** '' when the machine has none. */
  readonly version: string
  start(actor: { readonly id: string }, input: Json): Stepped
  /** A machine that has finished takes no events: they leave it as it is. */
  step(
    actor: { readonly id: string },
    snapshot: KernelSnapshot,
    event: JsonObject & { readonly type: string },
    origin: Origin,
  ): Stepped
  pack(snapshot: KernelSnapshot): JsonObject
  unpack(actor: { readonly id: string }, packed: JsonObject): Unpacked
}

/** Throws when the machine itself is malformed (two states of one name). */
export function createKernel(given: Machine, options: KernelOptions = {}): Kernel {
  const { maxMicrosteps = MICROSTEPS_MAX, checkPurity = false, engine = 'table' } = options
  const instrumented = instrument(given)
  const { machine, marks, hears } = instrumented
  // A context that is no factory is one object for every agent: changed in place, it would leak between conversations.
  if (typeof machine.config.context === 'object') freeze(machine.config.context)
  const stage = new Stage(marks, maxMicrosteps)
  const blanks = new Blanks(instrumented)
  const table = engine === 'table' ? new Table(instrumented, maxMicrosteps) : undefined

  /** XState ends a machine whose start throws in status `error`; nothing else does at the start. */
  function start(actor: { readonly id: string }, input: Json): Stepped {
    const take = stage.begin(actor.id, 0)
    take.events.push({ type: 'xstate.init' })
    const state: AnyMachineSnapshot = machine.getInitialSnapshot(stage, input)
    if (state.status === 'error') return take.refusal ?? refused('threw', errorText(state.error))
    take.handled = true
    return settle(take, state, undefined)
  }

  function step(
    actor: { readonly id: string },
    snapshot: KernelSnapshot,
    event: EventObject,
    origin: Origin,
  ): Stepped {
    const { type } = event
    if (!mayArrive(type, origin)) return refused('forged', `\`${type}\` may not come from ${origin}`)
    const { state, serial } = snapshot
    const child = settledChild(type)
    const heard = child === undefined ? hears(type) : Object.hasOwn(state.children, child)
    if (state.status !== 'active' || !heard) return unheard(snapshot, event)
    const known = child === undefined ? table : undefined
    if (known?.knows(state)) {
      const take = stage.begin(actor.id, serial)
      const next = known.run(state, event, stage)
      if (next) {
        take.events.push(event)
        take.handled = true
        return settle(take, next, state)
      }
    }
    const take = stage.begin(actor.id, serial)
    try {
      take.settled = child
      const next: AnyMachineSnapshot = machine.transition(state, event, stage)
      if (!take.refusal) known?.learn(state, take)
      return settle(take, next, state)
    } catch (error) {
      return take.refusal ?? refused('threw', errorText(error))
    }
  }

  function settle(take: Take, state: AnyMachineSnapshot, before: AnyMachineSnapshot | undefined): Stepped {
    if (take.refusal) return take.refusal
    const odd = unpackable(before?.context, state.context)
    if (odd)
      return refused('not-data', `\`${odd.path}\` in the context is ${odd.found}: only JSON can be kept`)
    const { effects, moves, events, handled } = take
    const snapshot = { state, serial: take.serial }
    const { status } = state
    if (status === 'active') return { kind: 'stepped', snapshot, effects, moves, events, status, handled }
    // XState runs every exit action of a machine that finishes, and stays in its final state all the same.
    if (status === 'done') moves.length -= state._nodes.length - 1
    const stepped: Macrostep = { kind: 'stepped', snapshot, effects, moves, events, status, handled }
    if (status === 'error') return { ...stepped, error: errorText(state.error) }
    if (state.output === undefined) return stepped
    const output = toJson(state.output)
    if (output instanceof NotJson)
      return refused('not-data', `the output is ${output.found}: only JSON can be kept`)
    return { ...stepped, output }
  }

  const packed = (snapshot: KernelSnapshot): JsonObject => pack(instrumented, snapshot)
  return {
    id: machine.id,
    version: machine.version ?? '',
    start: checkPurity ? (...args) => runTwice(() => start(...args), packed, [args[1]]) : start,
    step: checkPurity
      ? (...args) => runTwice(() => step(...args), packed, [args[1].state.context, args[2]])
      : step,
    pack: packed,
    unpack: (actor, packed) => {
      stage.begin(actor.id, 0)
      return unpack(instrumented, packed, blanks, (id, src): AnyActorRef => childRef(stage, id, src))
    },
  }
}

function unheard(snapshot: KernelSnapshot, event: EventObject): Macrostep {
  const { status } = snapshot.state
  return { kind: 'stepped', snapshot, effects: [], moves: [], events: [event], status, handled: false }
}
