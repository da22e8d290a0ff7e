/** Actions and children as effects. What has no place among the effects is refused, or becomes `unknown`. */
import type { AnyActorRef, EventObject } from 'xstate'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import type { Effect } from './effect.ts'
import { NotJson, toJson } from './json.ts'
import { RoleRef } from './role-ref.ts'
import type { Take } from './take.ts'

/** The part of XState's executable action that is read; `exec` is never called. */
export interface Wanted {
  readonly type: string
  readonly params: unknown
}

// XState's own actions, with their params as it resolves them.
interface Raise {
  readonly event: EventObject
  readonly id: string | undefined
  readonly delay: unknown
}
interface SendTo extends Raise {
  readonly to: RoleRef | AnyActorRef
}
interface SpawnChild {
  readonly id: unknown
  readonly src: unknown
  readonly actorRef: AnyActorRef | undefined
}

export function captureAction(take: Take, action: Wanted, self: AnyActorRef): void {
  switch (action.type) {
    case 'xstate.raise':
      return raise(take, action.params as Raise)
    case 'xstate.cancel':
      return cancel(take, (action.params as { readonly sendId: string }).sendId)
    case 'xstate.sendTo':
      return sendTo(take, action.params as SendTo, self)
    case 'xstate.emit':
      return emit(take, (action.params as { readonly event: EventObject }).event)
    case 'xstate.spawnChild':
      return spawnChild(take, action.params as SpawnChild)
    case 'xstate.stopChild':
      return stopChild(take, action.params as AnyActorRef | undefined)
    case 'xstate.log':
      return
    default:
      return custom(take, action)
  }
}

/** Called from the child's own constructor, before any of its logic is. */
export function captureChild(take: Take, child: AnyActorRef, input: unknown): void {
  const { id, src } = child
  if (typeof src !== 'string' || src.startsWith('xstate.invoke.'))
    return take.refuse(
      'unsupported',
      `the child \`${id}\` is given as code: name it in \`setup({ actors })\`, so that the fleet can run it`,
    )
  const json = input === undefined ? null : toJson(input)
  if (json instanceof NotJson) return notData(take, `the input of \`${src}\``, json)
  take.effects.push({ kind: 'invoke', id, src, input: json })
}

function spawnChild(take: Take, { id, src, actorRef }: SpawnChild): void {
  if (!actorRef)
    take.refuse('unsupported', `\`${String(src)}\` is invoked but not named in \`setup({ actors })\``)
  else if (typeof id !== 'string')
    take.refuse(
      'unsupported',
      `spawnChild of \`${String(src)}\` has no \`id\`, so its result would find no way back`,
    )
}

/** A child that was to start in this very macrostep never does. */
function stopChild(take: Take, child: AnyActorRef | undefined): void {
  if (!child || take.retract('invoke', child.id)) return
  if (take.settled === child.id) take.settled = undefined
  else take.effects.push({ kind: 'stop', id: child.id })
}

function raise(take: Take, { event, id, delay }: Raise): void {
  if (delay !== undefined) return schedule(take, event, id, delay)
  if (id?.startsWith('xstate.after.'))
    take.refuse(
      'unsupported',
      `the delay of \`${id}\` is not a number: is it named in \`setup({ delays })\`?`,
    )
}

function schedule(take: Take, event: EventObject, id: string | undefined, delay: unknown): void {
  if (typeof delay !== 'number' || !Number.isFinite(delay) || delay < 0)
    return take.refuse(
      'not-data',
      `the delay of \`${event.type}\` is ${String(delay)}, not milliseconds from now`,
    )
  const json = eventJson(take, event)
  if (json) take.effects.push({ kind: 'schedule', id: id ?? take.nextId('t'), delayMs: delay, event: json })
}

/** An earlier macrostep may have set a timer of the same name: it is cancelled in any case. */
function cancel(take: Take, id: string): void {
  take.retract('schedule', id)
  take.effects.push({ kind: 'cancel', id })
}

function sendTo(take: Take, { to, event, id, delay }: SendTo, self: AnyActorRef): void {
  if (to === self) return schedule(take, event, id, delay ?? 0)
  if (!(to instanceof RoleRef))
    return take.refuse(
      'unsupported',
      `\`${event.type}\` is sent to a child or another live actor: agents are reached by their role`,
    )
  if (to.role === '#_parent')
    return take.refuse('unsupported', `\`${event.type}\` is sent to a parent: an agent has none, name a role`)
  if (delay !== undefined)
    return take.refuse('unsupported', `\`${event.type}\` is sent with a delay: delay a \`raise\`, then send`)
  const json = eventJson(take, event)
  if (!json) return
  const { type, ...fields } = json
  take.effects.push({ kind: 'send', to: to.role, message: type, fields })
}

function emit(take: Take, event: EventObject): void {
  const json = eventJson(take, event)
  if (json) take.effects.push({ kind: 'emit', event: json })
}

function eventJson(take: Take, event: EventObject): (JsonObject & { readonly type: string }) | undefined {
  const json = toJson(event)
  if (json instanceof NotJson) notData(take, `the event \`${event.type}\``, json)
  else if (isObject(json) && hasType(json)) return json
  else take.refuse('not-data', 'an event has no `type`')
  return undefined
}

function custom(take: Take, { type, params }: Wanted): void {
  const json = params === undefined ? {} : toJson(params)
  if (json instanceof NotJson) return notData(take, `the params of \`${type}\``, json)
  const effect = effectOf(take, type, isObject(json) ? json : {}) ?? {
    kind: 'unknown',
    action: type,
    params: json,
  }
  if (typeof effect === 'string')
    return take.refuse('not-data', `the action \`${type}\` needs ${effect}, and got ${JSON.stringify(json)}`)
  take.effects.push(effect)
}

/** What is missing, in words, when the params do not make the effect; undefined when no effect has this name. */
function effectOf(take: Take, type: string, params: JsonObject): Effect | string | undefined {
  const { id, to, what, note = '' } = params
  const fields = params.fields ?? {}
  if (!isObject(fields)) return '`fields` as a record'
  if (id !== undefined && !isText(id)) return '`id` as text'
  switch (type) {
    case 'call': {
      const { tool, args = {} } = params
      if (!isText(tool)) return '`tool`, the name of a tool'
      if (!isObject(args)) return '`args` as a record'
      return { kind: 'call', id: id ?? take.nextId('c'), tool, args }
    }
    case 'send': {
      const { message } = params
      if (!isText(to)) return '`to`, a role'
      if (!isText(message)) return '`message`, its name'
      return { kind: 'send', to, message, fields }
    }
    case 'answer':
      return isText(to) ? { kind: 'answer', to, fields } : '`to`, who is answered'
    case 'remember':
      return isText(what) ? { kind: 'remember', what, fields } : '`what`, the kind of memory'
    case 'recall':
      return isText(what)
        ? { kind: 'recall', id: id ?? take.nextId('c'), what, fields }
        : '`what`, the kind of memory'
    case 'decide': {
      const { approval, grant } = params
      if (!isText(approval)) return '`approval`, the id that came with `parapet.approval`'
      if (typeof grant !== 'boolean') return '`grant`, true or false'
      return typeof note === 'string' ? { kind: 'decide', approval, grant, note } : '`note` as text'
    }
    default:
      return undefined
  }
}

function notData(take: Take, what: string, { path, found }: NotJson): void {
  const where = path === '' ? what : `\`${path}\` in ${what}`
  take.refuse('not-data', `${where} is ${found}: only JSON can be written down`)
}

const isText = (json: Json | undefined): json is string => typeof json === 'string' && json !== ''
const isObject = (json: Json): json is JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json)
const hasType = (json: JsonObject): json is JsonObject & { readonly type: string } => isText(json.type)
