/**
 * What a step is judged on besides itself and the monitors: decisions of people, outputs of detectors, reservations in
 * ledgers. The judge asks for what it lacks (`Need`); whoever asked it brings it (`Grounds`) and asks again. Both are plain
 * JSON and stand in the record, so that judging again needs no person, no model and no ledger.
 */
import type { Finding } from './finding.ts'
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
  /** Money that one look costs, as declared; absent where it costs none. */
  readonly cost?: number
}

/** A ledger of the whole fleet has to agree to the step. */
export interface ReservationNeed extends Claim {
  readonly kind: 'reservation'
  /** The same for steps that are alike: two of them in one transition need a reservation each. */
  readonly key: string
}

/** What a ledger is asked for. */
export interface Claim {
  /** Id of the constraint that keeps the ledger. */
  readonly check: string
  /** Which of its entries: the cell of the join key. */
  readonly entry: string
  /** With no more fields than the constraint reads. */
  readonly step: Step
  /** Whether the step matches each of the constraint's patterns; null: nobody knows. */
  readonly is: readonly (boolean | null)[]
  /** A step of a kind that is told of once it has happened, and that has not yet: it may be refused, and is held. */
  readonly ahead?: true
}

/** A ledger's answer. `finding`: what the constraint has to say, also where that stops nothing. */
export type Reserved =
  /** `held`: it counts, and the ledger waits to hear whether the step came about. */
  | { readonly kind: 'granted'; readonly held: boolean; readonly finding?: Finding }
  | { readonly kind: 'refused'; readonly finding: Finding }

/** What a detector said. One that failed or came too late leaves what asked it unknown. */
export type Evidence =
  | { readonly kind: 'found'; readonly value: Json }
  | { readonly kind: 'failed'; readonly why: string }

export interface Grounds {
  /** Checks whose `ask` has been granted for this very transition. */
  readonly approved?: readonly string[]
  /** By the need's key. */
  readonly evidence?: Readonly<Record<string, Evidence>>
  /** By the need's key. */
  readonly reserved?: Readonly<Record<string, Reserved>>
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
