/** Effects and inputs as the steps a policy speaks of. */
import { ABOUT_ROWS, type Json, type JsonObject, type Step, type StepKind } from '#dsl/judge/step.ts'
import { isObject } from '#dsl/judge/values.ts'
import type { Effect } from '#runtime/kernel/effect.ts'

/** Who acts, where and when: the same for every step of a macrostep. */
export interface Actor {
  readonly agent: string
  readonly actor: string
  readonly conversation: string
  readonly turn: number
  readonly at: number
  /** What the fleet says of who acts and for whom; see `Step`. */
  readonly roles?: readonly string[]
  readonly tenant?: string
}

/** Of the agent, of who sent it a message, and of the conversation; what nobody knows is absent. */
export interface Standing {
  readonly roles?: readonly string[]
  readonly senderRoles?: readonly string[]
  readonly tenant?: string
}

export function stepOf(actor: Actor, kind: StepKind, name: string, fields: JsonObject, peer?: string): Step {
  const step = {
    kind,
    agent: actor.agent,
    actor: actor.actor,
    conversation: actor.conversation,
    turn: actor.turn,
    at: actor.at,
    name,
    fields,
  }
  const { roles, tenant } = actor
  if (peer === undefined && roles === undefined && tenant === undefined) return step
  return {
    ...step,
    ...(peer !== undefined && { peer }),
    ...(roles !== undefined && { roles }),
    ...(tenant !== undefined && { tenant }),
  }
}

/** The step an effect is judged as; undefined for what stays inside the machine (timers, cancels, emits). */
export function stepOfEffect(actor: Actor, effect: Effect): Step | undefined {
  switch (effect.kind) {
    case 'call':
      return stepOf(actor, 'calls', effect.tool, effect.args)
    case 'send':
      return stepOf(actor, 'sends', effect.message, effect.fields, roleOf(effect.to))
    case 'answer':
      return stepOf(actor, 'answers', '', effect.fields, effect.to)
    case 'remember':
      return stepOf(actor, 'remembers', effect.what, effect.fields)
    case 'recall':
      return stepOf(actor, 'recalls', effect.what, effect.fields)
    case 'invoke':
      return stepOf(actor, 'spawns', effect.src, asFields(effect.input))
    default:
      return undefined
  }
}

/** The effect that the repaired step stands for: other fields, another tool, another receiver. */
export function withStep(effect: Effect, { name, peer, fields }: Step): Effect {
  switch (effect.kind) {
    case 'call':
      return { ...effect, tool: name, args: fields }
    case 'send':
      // An instance stays that instance unless the role changed.
      return { ...effect, to: peer === undefined || roleOf(effect.to) === peer ? effect.to : peer, fields }
    case 'answer':
      return { ...effect, to: peer ?? effect.to, fields }
    case 'remember':
    case 'recall':
      return { ...effect, fields }
    case 'invoke':
      return { ...effect, input: fields }
    default:
      return effect
  }
}

/** A row of shared memory as a step's fields: its own, and what is known of it, which no field of the row can take the place of. */
export function asRecalled(row: Json): JsonObject {
  if (!isObject(row)) return { value: row }
  const told: JsonObject = { ...(isObject(row['fields']) && row['fields']) }
  for (const name of KNOWN_OF_ROWS) {
    const value = row[name]
    if (value !== undefined) told[name] = value
  }
  return told
}

const KNOWN_OF_ROWS = ['text', ...ABOUT_ROWS]

/** The row with what a repaired step says: other words, other fields. */
export function asRow(row: Json, repaired: JsonObject): Json {
  if (!isObject(row)) return row
  const { fields } = row
  const own = isObject(fields) ? Object.keys(fields).filter((name) => name !== 'text') : []
  const named = own.filter((name) => !ABOUT_ROWS.has(name) && repaired[name] !== undefined)
  return {
    ...row,
    ...(repaired['text'] !== undefined && { text: repaired['text'] }),
    fields: Object.fromEntries(named.map((name) => [name, repaired[name]!])),
  }
}

/** The row with the labels of what it is made of. */
export function withLabels(effect: Effect & { kind: 'remember' }, labels: readonly string[]): Effect {
  const { fields } = effect
  const own = Array.isArray(fields['labels']) ? fields['labels'] : []
  const missing = labels.filter((label) => !own.includes(label))
  return missing.length === 0 ? effect : { ...effect, fields: { ...fields, labels: [...own, ...missing] } }
}

/** A result or input as a step's fields: a record as it is, anything else under `value`. */
export function asFields(value: JsonObject[string]): JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : { value }
}

/** Is it sent to an agent of the same conversation, by its role or its instance id? */
export function isWithin(conversation: string, to: string): boolean {
  const role = roleOf(to)
  return to === role || to === `${conversation}/${role}`
}

function roleOf(to: string): string {
  return to.slice(to.lastIndexOf('/') + 1)
}

export function inStanding(actor: Actor, standing: Standing | undefined): Actor {
  if (standing === undefined) return actor
  const { roles, tenant } = standing
  return { ...actor, ...(roles !== undefined && { roles }), ...(tenant !== undefined && { tenant }) }
}

/** Of a message received, the roles are those of who sent it. */
export function asSender(actor: Actor, standing: Standing | undefined): Actor {
  if (standing === undefined) return actor
  const { roles, ...rest } = actor
  return standing.senderRoles === undefined ? rest : { ...rest, roles: standing.senderRoles }
}
