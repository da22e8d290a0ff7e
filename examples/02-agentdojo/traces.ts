/** Recorded runs of AgentDojo, one JSON object a line, as the steps that the policies speak of. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { JsonObject, Step, StepKind } from '#dsl/judge/step.ts'
import { readRecorded } from './recorded-text.ts'

export const SUITES = ['banking', 'slack', 'travel', 'workspace'] as const
export type Suite = (typeof SUITES)[number]

export interface RecordedEvent {
  readonly seq: number
  readonly kind: 'user' | 'assistant' | 'tool_call' | 'tool_result'
  readonly tool?: string
  readonly args?: JsonObject
  readonly call?: string
  readonly content?: string
  /** How surely a call serves the attacker. */
  readonly inj?: 'exact' | 'key' | 'tool'
}

export interface Trace {
  readonly id: string
  readonly suite: Suite
  readonly model: string
  readonly defence: string
  readonly attack: string
  readonly kind: 'attack' | 'benign' | 'injection_as_user'
  readonly user_task: string
  readonly injection_task: string | null
  readonly labels: { readonly utility: boolean; readonly attack_success?: boolean }
  readonly events: readonly RecordedEvent[]
}

export function readTraces(file: string): Trace[] {
  const bytes = readFileSync(file)
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Trace]))
}

/** Attacks that flood, tasks whose checkers are faulty, and a goal that is reached by speech alone. */
const FAULTY: ReadonlySet<string> = new Set(
  ['banking 6', 'banking 11', 'slack 2', 'travel 3', 'workspace 12'].map((one) =>
    one.replace(' ', ' user_task_'),
  ),
)

export function isCounted({ suite, user_task, injection_task, attack }: Trace): boolean {
  if (attack.endsWith('_dos') || FAULTY.has(`${suite} ${user_task}`)) return false
  return !(suite === 'travel' && injection_task === 'injection_task_6')
}

const STARTS_AT = Date.parse('2024-05-15T12:00:00Z')

/** The step of an event; the assistant's own words are none that any policy here judges. */
export function stepOf(trace: Trace, event: RecordedEvent): Step | undefined {
  const step = (kind: StepKind, name: string, fields: JsonObject, peer?: string): Step => ({
    kind,
    agent: 'assistant',
    actor: `${trace.id}/assistant`,
    conversation: trace.id,
    turn: event.seq,
    at: STARTS_AT + event.seq * 1_000,
    name,
    fields,
    ...(peer !== undefined && { peer }),
  })
  const { kind, tool = '', args = {}, content = '' } = event
  if (kind === 'user') return step('receives', 'request', { text: content }, 'customer')
  if (kind === 'tool_call') return step('calls', tool, args)
  if (kind === 'assistant') return undefined
  if (/^(?:\w*Error|Invalid|Tool .* not found)\b/.test(content))
    return step('fails', tool, { error: content })
  return step('result', tool, { value: readRecorded(content) })
}
