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

/** Comes back as `parapet.recalled` with its `id`, given or made up. */
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

/** Something to `invoke` by name that the fleet runs: a model, a long task. Only its types are used. */
export function source<Output extends Json, Input = Json>(): PromiseActorLogic<Output, Input> {
  return fromPromise<Output, Input>(() => Promise.reject(new Error('sources are run by the fleet')))
}
