/** What comes to an agent of a kind, and where its words go: the same for all kinds. */
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import type { AnswerParams, SendParams } from './effects.ts'

/** An event as a machine of a kind hears it; which messages it knows stands in its options. */
export type Heard = { type: string; [field: string]: Json }

/** A message that asks something of an agent. */
export type Task = { message: string; from: string; fields: JsonObject }

/** Where words go. */
export type Out =
  /** To someone outside the fleet. */
  | { readonly kind: 'answer'; readonly to: string }
  /** To another agent of the conversation; without `to`, to whoever brought the task. */
  | { readonly kind: 'send'; readonly message: string; readonly to?: string }

/** What every kind can be told. */
export interface Ending {
  /** Messages that end it for good, whatever it does; a conversation is over when all its agents have ended. */
  readonly closes?: readonly string[]
}

/** Tasks that wait while an agent has another in hand; what comes beyond is handed over at once. */
export const WAITING_MAX = 16

export const NO_TASK: Task = { message: '', from: '', fields: {} }

export function taskOf({ type, from, ...fields }: Heard): Task {
  return { message: type, from: typeof from === 'string' ? from : '', fields }
}

/** The task's own text, or all of it as JSON. */
export function wordsOf({ fields }: Task): string {
  const { text } = fields
  return typeof text === 'string' ? text : JSON.stringify(fields)
}

/** Of a machine's root: what each of these messages does. */
export function onEach<Reaction>(messages: readonly string[], reaction: Reaction): Record<string, Reaction> {
  return Object.fromEntries(messages.map((message) => [message, reaction]))
}

type Saying =
  | { readonly type: 'answer'; readonly params: AnswerParams }
  | { readonly type: 'send'; readonly params: SendParams }

export function saying(out: Out, { from }: Task, fields: JsonObject): Saying {
  return out.kind === 'answer'
    ? { type: 'answer', params: { to: out.to, fields } }
    : { type: 'send', params: { to: out.to ?? from, message: out.message, fields } }
}

/** What a person gets of a task that an agent cannot do. */
export function handedOver(task: Task, why: string): JsonObject {
  return { text: wordsOf(task), why }
}
