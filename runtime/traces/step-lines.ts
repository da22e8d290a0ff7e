/** Plain steps, one a line, as the judge takes them. Lines of one conversation need not stand together. */
import { type Json, STEP_KINDS, type Step, type StepKind } from '#dsl/judge/step.ts'
import type { Conversation } from './conversation.ts'
import { type Documents, instantOf, isObject, textOf, textsOf } from './documents.ts'
import type { LineProblem } from './happening.ts'

export interface StepsRead {
  readonly conversations: readonly Conversation[]
  readonly problems: readonly LineProblem[]
}

export function readStepLines({ file, documents }: Documents): StepsRead {
  const byConversation = new Map<string, Step[]>()
  const problems: LineProblem[] = []
  for (const { value, line } of documents) {
    const step = stepOf(value)
    if (typeof step === 'string') {
      problems.push({ file, line, what: step, help: SHAPE })
      continue
    }
    const steps = byConversation.get(step.conversation)
    if (steps === undefined) byConversation.set(step.conversation, [step])
    else steps.push(step)
  }
  return {
    conversations: Array.from(byConversation, ([conversation, steps]) => ({ conversation, steps })),
    problems,
  }
}

const SHAPE = 'a step is {kind, agent, actor, conversation, turn, at, name, fields, peer?, roles?, tenant?}'
const KINDS: ReadonlySet<Json> = new Set<Json>(STEP_KINDS)

export function isStepKind(kind: Json | undefined): kind is StepKind {
  return kind !== undefined && KINDS.has(kind)
}

/** What is wrong with it, when it is text. */
function stepOf(value: Json): Step | string {
  if (!isObject(value)) return 'this line is no step'
  const { kind, fields, turn } = value
  const agent = textOf(value['agent'])
  const conversation = textOf(value['conversation'])
  const at = instantOf(value['at'])
  const peer = textOf(value['peer'])
  const roles = textsOf(value['roles'])
  const tenant = textOf(value['tenant'])
  const labels = textsOf(value['labels'])
  if (!isStepKind(kind)) return `\`kind\` is none of ${STEP_KINDS.join(', ')}`
  if (agent === undefined || conversation === undefined)
    return 'a step needs `agent` and `conversation` as text'
  if (typeof turn !== 'number' || !Number.isInteger(turn)) return '`turn` must be a whole number'
  if (at === undefined) return '`at` must be milliseconds since the epoch, or a time with an offset'
  if (!isObject(fields)) return '`fields` must be a record'
  return {
    kind,
    agent,
    actor: textOf(value['actor']) ?? `${conversation}/${agent}`,
    conversation,
    turn,
    at,
    name: textOf(value['name']) ?? '',
    fields,
    ...(peer === undefined ? {} : { peer }),
    ...(roles === undefined ? {} : { roles }),
    ...(tenant === undefined ? {} : { tenant }),
    ...(labels === undefined ? {} : { labels }),
  }
}
