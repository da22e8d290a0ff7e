/**
 * The stage a machine plays on: an actor scope and an actor system of our own, on which nothing acts.
 *
 * Invariants:
 * 1. No code of the machine runs but guards, assigns, params, inputs, delays and outputs. Actions, children, timers
 *    and sends are written down in the current `Take` and go no further.
 * 2. A child is a silent reference: its logic is replaced before its constructor can call it.
 * 3. Whatever needs a live actor system refuses the whole macrostep.
 *
 * One stage serves all calls of a kernel, one after the other: a scope and a system per call would cost two thirds of
 * the speed.
 */
import {
  Actor,
  type AnyActorRef,
  type AnyActorScope,
  type AnyMachineSnapshot,
  createActor,
  type ExecutableActionObject,
  type UnknownActorLogic,
} from 'xstate'
import { captureAction, captureChild } from './capture.ts'
import type { StateMove } from './effect.ts'
import { Take } from './take.ts'

type System = AnyActorScope['system']

/** What is read of XState's inspection events. */
type Inspected =
  | {
      readonly type: '@xstate.microstep'
      readonly event: { readonly type: string }
      readonly snapshot: AnyMachineSnapshot
      readonly _transitions: readonly unknown[]
    }
  | { readonly type: '@xstate.actor'; readonly actorRef: unknown }
  | { readonly type: 'other' }

export class Stage implements AnyActorScope {
  readonly self: AnyActorRef
  readonly system: StillSystem
  id = ''
  sessionId = ''
  /** XState wraps this for the length of a microstep and puts it back, so it cannot be a method. */
  actionExecutor: AnyActorScope['actionExecutor']
  take = new Take(0)
  readonly #marks: ReadonlyMap<unknown, StateMove>

  /** `marks`: actions that stand for a state being left or entered, see `instrument`. */
  constructor(marks: ReadonlyMap<unknown, StateMove>, maxMicrosteps: number) {
    this.#marks = marks
    this.system = new StillSystem(this, maxMicrosteps)
    this.self = selfOn(this)
    this.actionExecutor = (action: ExecutableActionObject) => {
      const move = this.#marks.get(action.exec)
      if (move) this.take.moves.push(move)
      else captureAction(this.take, action, this.self)
    }
  }

  /** Every call begins here; what an earlier one wrote down is not touched. */
  begin(actor: string, serial: number): Take {
    this.id = actor
    this.sessionId = actor
    this.self.id = actor
    this.self.sessionId = actor
    this.take = new Take(serial)
    return this.take
  }

  /** Deferred functions start children and timers; both are already written down. */
  readonly defer = (): void => {}
  readonly logger = (): void => {}
  readonly emit = (): void => this.refuse('emits')
  readonly stopChild = (): void => this.refuse('stops a child')

  refuse(what: string): void {
    this.take.refuse(
      'unsupported',
      `the machine ${what} while it computes a transition; only actions may ask for effects`,
    )
  }
}

/** The system children and timers would live in. */
class StillSystem implements System {
  readonly #stage: Stage
  readonly #microstepsMax: number

  constructor(stage: Stage, microstepsMax: number) {
    this.#stage = stage
    this.#microstepsMax = microstepsMax
  }

  readonly scheduler = {
    schedule: () => this.#stage.refuse('sets a timer'),
    cancel: () => this.#stage.refuse('cancels a timer'),
    cancelAll: () => this.#stage.refuse('cancels timers'),
  }
  readonly _clock = { setTimeout: () => this.#stage.refuse('sets a timer'), clearTimeout: () => {} }
  readonly _logger = (): void => {}

  get(): undefined {
    this.#stage.refuse('looks for an actor by its systemId')
  }
  getAll(): Record<string, never> {
    this.#stage.refuse('looks for actors by their systemId')
    return {}
  }
  inspect(): { unsubscribe(): void } {
    return ignored(this.#stage, 'inspects its system')
  }
  getSnapshot(): { _scheduledEvents: Record<string, never> } {
    return { _scheduledEvents: {} }
  }
  start(): void {}

  /** XState counts actors per process; here the count is the agent's own. */
  _bookId(): string {
    return this.#stage.take.nextId('s')
  }
  _register(id: string): string {
    return id
  }
  _unregister(): void {}
  _set(systemId: string): void {
    this.#stage.take.refuse(
      'unsupported',
      `\`systemId: ${systemId}\`: agents are found by role, children by id`,
    )
  }
  _relay(): void {
    this.#stage.refuse('sends')
  }

  _sendInspectionEvent(inspected: Inspected): void {
    const { take } = this.#stage
    if (inspected.type === '@xstate.microstep') {
      const { event, snapshot, _transitions } = inspected
      if (take.events.at(-1) !== event) take.events.push(event)
      if (_transitions.length > 0) take.handled = true
      const count = take.microsteps.push({ transition: _transitions[0], snapshot, moves: take.moves.length })
      if (count <= this.#microstepsMax) return
      const message = `over ${this.#microstepsMax} microsteps: transitions or raised events go in a circle`
      take.refuse('endless', message)
      // The one way to stop XState's loop.
      throw new Error(message)
    }
    if (inspected.type === '@xstate.actor' && inspected.actorRef instanceof Actor) {
      const child = inspected.actorRef
      captureChild(take, child, child.options.input)
      child.logic = silent
    }
  }
}

/** Logic of every reference: it has a snapshot and does nothing. */
const silent: UnknownActorLogic = {
  transition: (snapshot) => snapshot,
  getInitialSnapshot: () => ({ status: 'active', output: undefined, error: undefined }),
  getPersistedSnapshot: (snapshot) => snapshot,
}

/** The machine's own reference: it has a name, and refuses to act. */
function selfOn(stage: Stage): AnyActorRef {
  const self = createActor(silent)
  self.system = stage.system
  self.send = () => stage.refuse('sends to itself')
  self.start = () => {
    stage.refuse('starts itself')
    return self
  }
  self.stop = () => {
    stage.refuse('stops itself')
    return self
  }
  self.on = () => ignored(stage, 'listens to itself')
  self.subscribe = () => ignored(stage, 'subscribes to itself')
  self.getSnapshot = () => {
    stage.refuse('reads its own snapshot')
    return { status: 'active', output: undefined, error: undefined }
  }
  return self
}

function ignored(stage: Stage, what: string): { unsubscribe(): void } {
  stage.refuse(what)
  return { unsubscribe: () => {} }
}

/** A reference to a child that was started earlier. */
export function childRef(stage: Stage, id: string, src: string): AnyActorRef {
  const child = createActor(silent, { id, parent: stage.self })
  child.src = src
  return child
}
