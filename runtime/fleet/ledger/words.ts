/**
 * What agents and ledgers say to each other, as messages of the runtime: durable, in order and once, like all others.
 *
 *   agent → ledger   parapet.reserve   may this step be taken?
 *   ledger → agent   parapet.reserved  granted or refused, at once
 *   agent → ledger   parapet.settle    it came about
 *                    parapet.release   it did not, or was never tried
 *                    parapet.unsure    nobody knows: it stays held until a person says
 */
import type { Claim, Reserved } from '#dsl/judge/grounds.ts'
import type { JsonObject } from '#dsl/judge/step.ts'
import { addressOf } from '../address.ts'
import type { Batch } from '../batch.ts'
import type { Change, Hold, Input } from '../record.ts'
import { asJson } from '../turn-events.ts'

/** What became of a step that a ledger holds something for. */
export type Became =
  /** `actual`: fields that say for how much, where they differ from what was reserved. */
  | { readonly kind: 'came about'; readonly actual?: JsonObject }
  | { readonly kind: 'did not' }
  | { readonly kind: 'unknown'; readonly why: string }

export interface Reserve {
  readonly hold: string
  readonly pending: string
  readonly key: string
  /** Who asks, and hears the answer. */
  readonly agent: string
  readonly claim: Claim
}

export interface Answer {
  readonly pending: string
  readonly key: string
  readonly answer: Reserved
}

const WORDS = {
  'came about': 'parapet.settle',
  'did not': 'parapet.release',
  unknown: 'parapet.unsure',
} as const

export function tellReserve(batch: Batch, changes: Change[], ledger: string, reserve: Reserve): void {
  tell(batch, changes, ledger, 'parapet.reserve', reserve)
}

export function tellAnswer(batch: Batch, changes: Change[], agent: string, answer: Answer): void {
  tell(batch, changes, agent, 'parapet.reserved', answer)
}

export function tellBecame(
  batch: Batch,
  changes: Change[],
  holds: readonly Hold[] | undefined,
  became: Became,
): void {
  for (const { ledger, id } of holds ?? [])
    tell(batch, changes, ledger, WORDS[became.kind], { hold: id, became })
}

/** A ledger's answer, if the input is one. */
export function answerIn(input: Input): Answer | undefined {
  const isAnswer = input.kind === 'message' && input.runtime === true && input.message === 'parapet.reserved'
  return isAnswer ? said<Answer>(input.fields) : undefined
}

/** Nobody but this file's words writes such fields, so they are what was written. */
export function said<T>(fields: JsonObject): T {
  const value: unknown = fields
  return value as T
}

function tell(batch: Batch, changes: Change[], to: string, message: string, fields: object): void {
  batch.notify(
    changes,
    addressOf(to).conversation,
    to,
    message,
    said<JsonObject>(asJson(fields) as JsonObject),
  )
}
