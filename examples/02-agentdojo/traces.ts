/** Recorded runs of AgentDojo, one JSON object a line, and which of them count. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { JsonObject } from '#dsl/judge/step.ts'

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
