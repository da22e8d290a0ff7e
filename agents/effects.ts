/**
 * What a machine may ask of the fleet, typed for `setup`. None of it does anything: the kernel captures the asking,
 * the policy judges it, and the fleet acts after the commit.
 *
 *   const desk = setup({ types: {…}, actions: effects, actors: { model: source<Answer, Question>() } })
 *   { type: 'call', params: ({ event }) => ({ tool: 'lookup_order', args: { order: event.order } }) }
 */
import { fromPromise, type PromiseActorLogic } from 'xstate'
import type { Json, JsonObject } from '#dsl/judge/step.ts'

/** Run a tool. Comes back as `parapet.result` or `parapet.failed` with its `id`, given or made up. */
export interface CallParams {
  readonly tool: string
  readonly args?: JsonObject
  readonly id?: string
}

/** A message to another agent of the conversation; `to` is its role, or `conversation/role`. */
export interface SendParams {
  readonly to: string
  readonly message: string
  readonly fields?: JsonObject
}

/** Words to someone outside the fleet, as the fleet's world names them. */
export interface AnswerParams {
  readonly to: string
  readonly fields?: JsonObject
}

export interface RememberParams {
  /** The kind of memory, as the policy names it. */
  readonly what: string
  readonly fields?: JsonObject
}

/** Comes back as `parapet.recalled` with its `id`, given or made up. Of the fields, `text` is what is looked for, `limit` how many rows (20 unless said). */
export interface RecallParams extends RememberParams {
  readonly id?: string
}

/** An approver's decision; `approval` came with `parapet.approval`. */
export interface DecideParams {
  readonly approval: string
  readonly grant: boolean
  readonly note?: string
}

const ask =
  <Params>() =>
  (_: unknown, _params: Params): void => {}

export const effects = {
  call: ask<CallParams>(),
  send: ask<SendParams>(),
  answer: ask<AnswerParams>(),
  remember: ask<RememberParams>(),
  recall: ask<RecallParams>(),
  decide: ask<DecideParams>(),
}

// ------------------------------------------------------------------ what a machine is told

/** Why a step was refused, short enough for a model to read. */
export type ShortReason = {
  check: string
  /** What was found, in plain words. */
  found: string
  because?: string
  remedy?: string
  /** Try again: this was attempt `attempt` (from 1) of `of`. */
  retry?: { attempt: number; of: number; feedback?: string }
}

/** What would be allowed next; `say` is it in plain words. */
export type AllowedNext = { kind: string; name: string; with: JsonObject; say: string }

/** Everything the runtime says to a machine by itself. Messages of other agents are `{ type: message, from: role, …fields }`. */
export type ParapetEvent =
  | { type: 'parapet.result'; id: string; tool: string; value: Json }
  | { type: 'parapet.failed'; id: string; tool: string; error: string }
  | { type: 'parapet.recalled'; id: string; rows: Json }
  /** What the source invoked as `id` says before it is done: part `n`, from 1 (a model: one sentence). */
  | { type: 'parapet.part'; id: string; n: number; value: Json }
  /** The transition was dropped whole; the machine is where it was. `attempts` counts denials in a row, from 1. */
  | { type: 'parapet.denied'; what: string; reasons: ShortReason[]; next: AllowedNext[]; attempts: number }
  /** A message this agent sent was not let in at `to`. */
  | { type: 'parapet.refused'; to: string; message: string; reasons: ShortReason[] }
  /** A decision is asked of this agent, until `dueAt` (ms since the epoch); answer with `decide`. */
  | {
      type: 'parapet.approval'
      approval: string
      who: string
      agent: string
      step: JsonObject
      reasons: ShortReason[]
      dueAt: number
    }
  /** Something owed by `agent` was not done in time. */
  | { type: 'parapet.overdue'; check: string; found: string; agent: string }
  /** An agent cannot go on. */
  | { type: 'parapet.escalated'; agent: string; why: string }

/** Something to `invoke` by name that the fleet runs: a model, a long task. Only its types are used. */
export function source<Output extends Json, Input = Json | undefined>(): PromiseActorLogic<Output, Input> {
  return fromPromise<Output, Input>(() => Promise.reject(new Error('sources are run by the fleet')))
}
