/**
 * What a step is judged on besides itself and the monitors: decisions of people, outputs of detectors, reservations in
 * ledgers. The judge asks for what it lacks (`Need`); whoever asked it brings it (`Grounds`) and asks again. Both are plain
 * JSON and stand in the record, so that judging again needs no person, no model and no ledger.
 */
import type { Json, JsonObject, Step } from './step.ts'

export type Need = EvidenceNeed | ReservationNeed

/** A detector has to look at something before the step can be decided. */
export interface EvidenceNeed {
  readonly kind: 'evidence'
  /** The same for the same detector and input, whichever step or check asks. */
  readonly key: string
  readonly detector: string
  /** What it looks at, with its parameters. */
  readonly input: JsonObject
  readonly withinMs: number
}

/** A ledger of the whole fleet has to agree to the step. */
export interface ReservationNeed {
  readonly kind: 'reservation'
  readonly key: string
  /** The constraint that keeps the ledger. */
  readonly check: string
  /** Which of its entries: the join key, as text. */
  readonly entry: string
  readonly step: Step
}

/** What a detector said. One that failed or came too late leaves what asked it unknown. */
export type Evidence =
  | { readonly kind: 'found'; readonly value: Json }
  | { readonly kind: 'failed'; readonly why: string }

export interface Grounds {
  /** Checks whose `ask` has been granted for this very transition. */
  readonly approved?: readonly string[]
  /** By the need's key. */
  readonly evidence?: Readonly<Record<string, Evidence>>
  /** By the need's key: the ledger's name for what it holds. */
  readonly reserved?: Readonly<Record<string, string>>
}

export function withGrounds(grounds: Grounds | undefined, more: Grounds): Grounds {
  return {
    ...(grounds?.approved || more.approved
      ? { approved: [...(grounds?.approved ?? []), ...(more.approved ?? [])] }
      : {}),
    ...(grounds?.evidence || more.evidence ? { evidence: { ...grounds?.evidence, ...more.evidence } } : {}),
    ...(grounds?.reserved || more.reserved ? { reserved: { ...grounds?.reserved, ...more.reserved } } : {}),
  }
}
