/** What a recording says happened, in no policy's words yet: every outside format is read into this, and only this becomes steps. */
import type { Json, JsonObject } from '#dsl/judge/step.ts'

export type Happening = {
  /** Milliseconds since the epoch, where the recording says so. */
  readonly at?: number
  /** Who acted, as the recording names it; used where the policy declares an agent of this name. */
  readonly agent?: string
  /** The recording's own number for it. */
  readonly seq?: number
} & (
  | { readonly kind: 'heard'; readonly text: string }
  | { readonly kind: 'said'; readonly text: string }
  | { readonly kind: 'called'; readonly call?: string; readonly tool: string; readonly args: JsonObject }
  /** `tool` is left out where only the call's id says which it was. `failed` where the format has a mark for it. */
  | {
      readonly kind: 'returned'
      readonly call?: string
      readonly tool?: string
      readonly value: Json
      readonly failed?: boolean
    }
)

export interface Talk {
  readonly id: string
  readonly happenings: readonly Happening[]
}

/** Something in a file that could not be used; the rest of the file was. */
export interface LineProblem {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly what: string
  readonly help?: string
}

export interface Talks {
  readonly talks: readonly Talk[]
  readonly problems: readonly LineProblem[]
}
