/** Labelled examples, a JSON line each: `{text, to?, label, score?}`. `label` is 1 or true where the detector should speak. */
import { scoreIn } from '#dsl/judge/scores.ts'
import type { JsonObject } from '#dsl/judge/step.ts'
import type { CallContext, Detector } from '#runtime/fleet/definition.ts'
import type { Labelled } from './thresholds.ts'

export interface LabelledText {
  readonly input: JsonObject
  readonly label: 0 | 1
  /** Given with the example: then no detector is asked. */
  readonly score?: number
}

export const LABELLED_MAX = 20_000

/** What is wrong with the first line that is no example, when it is text. */
export function readLabelled(text: string): readonly LabelledText[] | string {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  if (lines.length > LABELLED_MAX) return `there are more than ${LABELLED_MAX} examples`
  const examples: LabelledText[] = []
  for (const [at, line] of lines.entries()) {
    const example = exampleOf(line)
    if (example === undefined) return `line ${at + 1} is no example: \`{"text": "…", "label": 1}\``
    examples.push(example)
  }
  const labels = new Set(examples.map(({ label }) => label))
  return labels.size < 2 ? 'there must be examples of both labels, 1 and 0' : examples
}

function exampleOf(line: string): LabelledText | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    // No JSON is no example.
    return undefined
  }
  if (typeof value !== 'object' || value === null || !('text' in value) || !('label' in value))
    return undefined
  const { text, label } = value
  if (typeof text !== 'string' || ![0, 1, true, false].some((one) => one === label)) return undefined
  const to = 'to' in value ? textsOf(value.to) : undefined
  const score = 'score' in value && typeof value.score === 'number' ? value.score : undefined
  return {
    input: { text, ...(to && { to }) },
    label: label === 1 || label === true ? 1 : 0,
    ...(score !== undefined && { score }),
  }
}

function textsOf(to: unknown): string[] {
  return (Array.isArray(to) ? to : [to]).filter((one) => typeof one === 'string')
}

/** Each example's score, and why the detector failed on others. */
export async function scoreAll(
  examples: readonly LabelledText[],
  detector: Detector | undefined,
): Promise<{ readonly scored: readonly Labelled[]; readonly failures: readonly string[] }> {
  const scored: Labelled[] = []
  const failures: string[] = []
  const { signal } = new AbortController()
  const context: CallContext = { conversation: '', agent: '', key: '', at: 0, signal }
  for (const { input, label, score } of examples) {
    if (score !== undefined) {
      scored.push({ score, label })
      continue
    }
    const evidence = await detector?.(input, context)
    const found = evidence?.kind === 'found' ? scoreIn(evidence.value) : undefined
    if (found !== undefined) scored.push({ score: found, label })
    else failures.push(evidence?.kind === 'failed' ? evidence.why : 'it gave no score')
  }
  return { scored, failures }
}
