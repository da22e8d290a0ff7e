/**
 * A machine that was read and not run: its states and transitions, with guards that go either way, no data, and in place of
 * each action a sketch of what it may ask for. Whatever the machine does, this one can do too.
 */
import { ANY, type Known, type Sketch } from '#dsl/prove/sketch.ts'
import {
  createKernel,
  type Kernel,
  type KernelSnapshot,
  type Machine,
  type Stepped,
} from '#runtime/kernel/kernel.ts'
import { rewriteMachine } from '#runtime/kernel/rewrite.ts'
import { markOf } from './machine.ts'
import { MARK } from './situation.ts'
import { enqueued, written } from './written.ts'

/** `anything`: any effect, any number of times. */
export type Wish =
  | { readonly kind: 'anything' }
  /** Any of these, any number of times in any order. */
  | { readonly kind: 'any of'; readonly sketches: readonly Omit<Sketch, 'agent'>[] }
  | { readonly kind: 'step'; readonly sketch: Omit<Sketch, 'agent'> }

/** One way a macrostep may go. */
export interface Way {
  readonly snapshot: KernelSnapshot
  readonly marks: readonly string[]
  /** In order: what the guard would judge. */
  readonly wishes: readonly Wish[]
  readonly entered: readonly string[]
  readonly done: boolean
  readonly handled: boolean
}

export interface FreeMachine {
  readonly kernel: Kernel
  /** Types of events worth trying: all it listens to, and one for those it listens to by a wildcard. */
  readonly events: readonly string[]
  /** It may tell itself, by a raise that is computed or a timer, what nobody else may tell it. */
  readonly tellsItself: boolean
  /** Undefined: there are more ways than `WAYS_MAX`, or some cannot be followed. */
  start(): readonly Way[] | undefined
  step(snapshot: KernelSnapshot, type: string): readonly Way[] | undefined
}

/** Ways of one macrostep that are followed. */
export const WAYS_MAX = 2_000

const WISH = 'parapet.prove.wish'
const IT = { id: 'it' }

export function freeMachine(given: Machine): FreeMachine {
  const oracle = new Oracle()
  let canBeFollowed = true
  let tellsItself = false
  const named = given.implementations.actions
  const machine = rewriteMachine(given, {
    shapeOnly: true,
    guard: () => () => oracle.next(),
    transition(actions, place) {
      // The end of a child that an action spawns: here no action does.
      if (/^xstate\.(done|error)\.actor\./.test(place.on)) canBeFollowed = false
      return [{ type: MARK, params: markOf(place) }, ...actions]
    },
    action: (action) => {
      tellsItself ||= mayTellItself(action, named)
      return freed(action, named)
    },
  })
  const kernel = createKernel(machine)
  const ways = (run: () => Stepped): Way[] | undefined => {
    if (!canBeFollowed) return undefined
    const found: Way[] = []
    for (let runs = 0, more = oracle.begin(); more; more = oracle.turn()) {
      if (++runs > WAYS_MAX) return undefined
      const result = run()
      // A start without data, or a child that cannot be read: more may happen than is seen here.
      if (result.kind === 'refused' && result.code !== 'endless') return undefined
      if (result.kind === 'stepped') found.push(wayOf(result))
    }
    return found
  }
  return {
    kernel,
    events: [...new Set(given.events.map(String))]
      .filter((type) => !type.startsWith('xstate.done.state.') && type !== 'parapet.denied')
      .map((type) => type.replace(/\*$/, 'anything.else')),
    tellsItself,
    start: () => ways(() => kernel.start(IT, null)),
    step: (snapshot, type) => ways(() => kernel.step(IT, snapshot, { type }, reservedOrigin(type))),
  }
}

function reservedOrigin(type: string): 'runtime' | 'outside' {
  return type.startsWith('xstate.') || type.startsWith('parapet.') ? 'runtime' : 'outside'
}

/** Answers guards: every sequence of answers once, in order. */
class Oracle {
  #answers: boolean[] = []
  #at = 0

  begin(): boolean {
    this.#answers = []
    this.#at = 0
    return true
  }

  next(): boolean {
    const answer = this.#answers[this.#at] ?? false
    this.#answers[this.#at++] = answer
    return answer
  }

  /** The next sequence; false when there is none. */
  turn(): boolean {
    this.#answers.length = this.#at
    this.#at = 0
    while (this.#answers.at(-1) === true) this.#answers.pop()
    if (this.#answers.length === 0) return false
    this.#answers[this.#answers.length - 1] = true
    return true
  }
}

function wayOf({ snapshot, effects, moves, status, handled }: Stepped & { kind: 'stepped' }): Way {
  const marks: string[] = []
  const wishes: Wish[] = moves.map(({ kind, state }) =>
    step(kind, state, { kind: 'record', fields: {}, open: false }),
  )
  for (const effect of effects) {
    if (effect.kind === 'invoke') wishes.push(step('spawns', effect.src, ANY))
    if (effect.kind !== 'unknown') continue
    if (effect.action === MARK) marks.push(String(effect.params))
    else if (effect.action === WISH) wishes.push(wishIn(effect.params))
  }
  const done = status === 'done'
  if (done) wishes.push(step('finishes', '', { kind: 'record', fields: {}, open: false }))
  const entered = moves.flatMap(({ kind, state }) => (kind === 'enters' ? [state] : []))
  return { snapshot, marks, wishes, entered, done, handled }
}

function step(kind: Sketch['kind'], name: string, fields: Known): Wish {
  return { kind: 'step', sketch: { kind, name, fields } }
}

// ------------------------------------------------------------------ actions

type Actions = Readonly<Record<string, unknown>> | undefined

/** What stands in the place of an action: nothing, itself, or its sketch. */
function freed(action: unknown, named: Actions): unknown {
  if (typeof action === 'string') return freed({ type: action }, named)
  if (typeof action === 'function')
    return 'type' in action && 'resolve' in action ? builtin(action, named) : wish({ kind: 'anything' })
  if (typeof action !== 'object' || action === null || !('type' in action)) return action
  const { type } = action
  if (type === MARK) return action
  const implementation = named?.[String(type)]
  if (typeof implementation === 'function' && 'resolve' in implementation)
    return builtin(implementation, named)
  // A decision on an ask is no step.
  if (type === 'decide') return undefined
  const params = 'params' in action ? action.params : {}
  return wish(
    wishOf(String(type), typeof params === 'function' ? written(params as () => unknown) : plain(params)),
  )
}

/** A raise that is written out is followed where it stands. */
function mayTellItself(action: unknown, named: Actions): boolean {
  const type = typeof action === 'string' ? action : partOf(action, 'type')
  const implementation = typeof type === 'string' ? named?.[type] : undefined
  const own = implementation ?? action
  switch (partOf(own, 'type')) {
    case 'xstate.raise':
      return typeof partOf(own, 'event') !== 'object' || partOf(own, 'delay') !== undefined
    case 'xstate.sendTo':
      return typeof partOf(own, 'to') !== 'string'
    case 'xstate.enqueueActions': {
      const collect = partOf(own, 'collect')
      return (
        typeof collect !== 'function' ||
        anyOf(enqueued(collect as () => unknown)?.map((one) => enqueuedWish(one, named))).kind === 'anything'
      )
    }
    default:
      return false
  }
}

function partOf(action: unknown, key: string): unknown {
  const holds = typeof action === 'function' || (typeof action === 'object' && action !== null)
  return holds && key in action ? action[key as keyof typeof action] : undefined
}

/** XState's own actions carry their parts as properties. */
function builtin(action: object, named: Actions): unknown {
  const part = (key: string): unknown => partOf(action, key)
  switch (part('type')) {
    case 'xstate.assign':
    case 'xstate.emit':
    case 'xstate.log':
      return undefined
    case 'xstate.enqueueActions': {
      const collect = part('collect')
      const actions = typeof collect === 'function' ? enqueued(collect as () => unknown) : undefined
      return wish(anyOf(actions?.map((one) => enqueuedWish(one, named))))
    }
    case 'xstate.raise':
      return typeof part('event') === 'object' && part('delay') === undefined
        ? action
        : wish({ kind: 'anything' })
    case 'xstate.cancel':
    case 'xstate.stopChild':
      // Timers ring at any time here, and children settle, whether or not they were stopped.
      return undefined
    case 'xstate.sendTo': {
      const [to, event] = [part('to'), part('event')]
      // To itself it is a timer, which nothing judges.
      if (typeof to !== 'string') return wish({ kind: 'anything' })
      const type =
        typeof event === 'object' && event !== null && 'type' in event ? String(event.type) : undefined
      return wish(sending(to, type, ANY))
    }
    default:
      return wish({ kind: 'anything' })
  }
}

function anyOf(wishes: readonly Wish[] | undefined): Wish {
  const sketches = wishes?.flatMap((one) => (one.kind === 'step' ? [one.sketch] : []))
  if (!wishes || !sketches || sketches.length < wishes.length) return { kind: 'anything' }
  return { kind: 'any of', sketches }
}

const NOTHING: Known = { kind: 'record', fields: {}, open: false }

/** Only effects of the runtime by their own names: what a machine calls so itself may be anything. */
function enqueuedWish(action: Known, named: Actions): Wish {
  if (action.kind !== 'record' || action.open) return { kind: 'anything' }
  const { type, params = NOTHING } = action.fields
  if (type?.kind !== 'is' || typeof type.value !== 'string') return { kind: 'anything' }
  const implementation = named?.[type.value]
  if (typeof implementation === 'function' && 'resolve' in implementation) return { kind: 'anything' }
  return wishOf(type.value, params)
}

function wish(wished: Wish): object {
  return { type: WISH, params: wished }
}

/** The kernel captured what `wish` put in. */
function wishIn(params: unknown): Wish {
  return params as Wish
}

function wishOf(type: string, params: Known): Wish {
  const text = (name: string): string | undefined => {
    const found = params.kind === 'record' ? params.fields[name] : undefined
    return found?.kind === 'is' && typeof found.value === 'string' ? found.value : undefined
  }
  const part = (name: string): Known =>
    params.kind === 'record' && Object.hasOwn(params.fields, name)
      ? params.fields[name]!
      : params.kind === 'record' && !params.open
        ? { kind: 'record', fields: {}, open: false }
        : ANY
  const naming = (name: string | undefined) => (name === undefined ? {} : { name })
  switch (type) {
    case 'call':
      return { kind: 'step', sketch: { kind: 'calls', ...naming(text('tool')), fields: part('args') } }
    case 'send':
      return sending(text('to'), text('message'), part('fields'))
    case 'answer': {
      const peer = text('to')
      return {
        kind: 'step',
        sketch: { kind: 'answers', name: '', ...(peer !== undefined && { peer }), fields: part('fields') },
      }
    }
    case 'remember':
      // The labels of what it is made of are put in.
      return { kind: 'step', sketch: { kind: 'remembers', ...naming(text('what')), fields: ANY } }
    case 'recall':
      return { kind: 'step', sketch: { kind: 'recalls', ...naming(text('what')), fields: part('fields') } }
    default:
      return { kind: 'anything' }
  }
}

function sending(to: string | undefined, name: string | undefined, fields: Known): Wish {
  const peer = to?.slice(to.lastIndexOf('/') + 1)
  return {
    kind: 'step',
    sketch: {
      kind: 'sends',
      ...(name !== undefined && { name }),
      ...(peer !== undefined && { peer }),
      fields,
    },
  }
}

function plain(value: unknown): Known {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === null)
    return { kind: 'is', value }
  if (typeof value !== 'object' || Array.isArray(value)) return ANY
  const fields = Object.fromEntries(Object.entries(value).map(([name, of]) => [name, plain(of)]))
  return { kind: 'record', fields, open: false }
}
