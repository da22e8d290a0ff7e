/**
 * A step: one thing an agent does or undergoes. Everything a policy ranges over is a step.
 *
 * `fields` is plain JSON as it travelled (a tool's arguments, a message's payload, a result's value).
 * Types are read from it by the policy; nothing is converted before the judge sees it.
 */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

export const STEP_KINDS = [
  'receives',
  'answers',
  'sends',
  'calls',
  'result',
  'remembers',
  'recalls',
  'recalled',
  'enters',
  'leaves',
  'spawns',
  'finishes',
  'fails',
  'spends',
] as const
export type StepKind = (typeof STEP_KINDS)[number]

export interface Step {
  readonly kind: StepKind
  /** The role the policy speaks of (`clerk`), not the instance. */
  readonly agent: string
  /** Who acts: the agent's instance id (`conv-7/clerk`), or a person's identity for an approval. */
  readonly actor: string
  readonly conversation: string
  /** Number of the agent's macrostep within its conversation; all steps of one macrostep share it. */
  readonly turn: number
  /** Milliseconds since the epoch, from the recorded input, never from a clock read while judging. */
  readonly at: number
  /** Tool, message type, memory kind, state or child name; '' where the kind has none (`answers`). */
  readonly name: string
  readonly fields: JsonObject
  /** The other side: receiver of `sends`/`answers`, sender of `receives`. A role, or `customer`. */
  readonly peer?: string
  /** Roles of who acts; of a `receives` step, of who sent it. Absent: nobody knows them. */
  readonly roles?: readonly string[]
  /** Whose conversation it is. Absent: nobody knows. */
  readonly tenant?: string
  /** Labels that a message brings along from another conversation, whose memory is not at hand here. */
  readonly labels?: readonly string[]
}

/**
 * For what is evaluated outside of any trace and reads no step: a value against its shape, an expression of constants. Nothing
 * there asks for the time, so it has none; 0 would be a moment of 1970.
 */
export const NOWHERE: Step = {
  kind: 'calls',
  agent: '',
  actor: '',
  conversation: '',
  turn: 0,
  at: Number.NaN,
  name: '',
  fields: {},
}

/** What is said about a row of shared memory beside its own words, as fields of its `recalled` step. */
export const ABOUT_ROWS: ReadonlySet<string> = new Set([
  'id',
  'writer',
  'conversation',
  'standing',
  'sources',
  'labels',
])

/** What the step tells an agent: its fields, of a row those that are the row's own. */
export function toldBy({ kind, fields }: Step): JsonObject {
  if (kind !== 'recalled') return fields
  const { id, writer, conversation, standing, sources, labels, ...told } = fields
  return told
}
