/**
 * What a transition wants done, as data. The kernel captures these; nothing runs before the verdict and the commit.
 * Machines ask for them by actions of these names (`agents/effects.ts` types them for `setup`), by `invoke`, `after`,
 * and by reaching a final state.
 */
import type { Json, JsonObject } from '#dsl/judge/step.ts'

export type Effect =
  /** Run a tool; the result comes back as `parapet.result` or `parapet.failed` with this `id`. */
  | { readonly kind: 'call'; readonly id: string; readonly tool: string; readonly args: JsonObject }
  /** A message to another agent of the conversation (`to` is a role) or to an instance (`conversation/role`). */
  | {
      readonly kind: 'send'
      readonly to: string
      readonly message: string
      readonly fields: JsonObject
      /** Of what it is made of, when it leaves the conversation; the guard's word, never a machine's. */
      readonly labels?: readonly string[]
    }
  /** Words to someone outside the fleet. */
  | { readonly kind: 'answer'; readonly to: string; readonly fields: JsonObject }
  | { readonly kind: 'remember'; readonly what: string; readonly fields: JsonObject }
  | { readonly kind: 'recall'; readonly id: string; readonly what: string; readonly fields: JsonObject }
  /** An approver's decision on a pending ask. */
  | { readonly kind: 'decide'; readonly approval: string; readonly grant: boolean; readonly note: string }
  /** `invoke` / `spawnChild` of a named source (a model, a long task); settles as `xstate.done.actor.<id>` or `xstate.error.actor.<id>`. */
  | { readonly kind: 'invoke'; readonly id: string; readonly src: string; readonly input: Json }
  | { readonly kind: 'stop'; readonly id: string }
  /** A durable timer: `after` and delayed `raise`/`sendTo` self. */
  | {
      readonly kind: 'schedule'
      readonly id: string
      readonly delayMs: number
      readonly event: JsonObject & { readonly type: string }
    }
  | { readonly kind: 'cancel'; readonly id: string }
  | { readonly kind: 'emit'; readonly event: JsonObject & { readonly type: string } }
  /** The runtime's own; no action of a machine becomes one. */
  | { readonly kind: 'curate'; readonly curation: Curation }
  /** An action no executor knows; the guard denies it. */
  | { readonly kind: 'unknown'; readonly action: string; readonly params: Json }

/** What is to become of rows of shared memory, who wants it and why. */
export type Curation = {
  /** A person, or `parapet` when the policy wants it. */
  readonly by: string
  readonly why: string
} & (
  | { readonly what: 'retract' | 'hold' | 'release'; readonly source: string }
  /** Rows of a kind that were written before a time, in ms since the epoch. */
  | { readonly what: 'forget'; readonly rows: string; readonly before: number }
)

/** One state left or entered within the macrostep, in order; ids are dotted paths without the machine's id. */
export interface StateMove {
  readonly kind: 'leaves' | 'enters'
  readonly state: string
}
