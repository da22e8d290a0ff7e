/** Opens files of recorded traces, plain or gzipped, for `parapet audit` and `parapet diff`. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { Plan } from '#dsl/plan/plan.ts'
import { START_MS } from '#dsl/testing/run.ts'
import { FORMATS, type Format } from '#runtime/traces/formats.ts'
import type { LineProblem } from '#runtime/traces/happening.ts'
import { readTraces, type TracesRead } from '#runtime/traces/read.ts'
import { type Voice, type VoiceChoice, voiceFor } from '#runtime/traces/voice.ts'
import type { Paint } from './paint.ts'
import { type Problem, problem } from './problem.ts'

export interface TraceOptions {
  readonly format: Format | undefined
  /** Role of the policy that the assistant of a recording plays. */
  readonly agent: string | undefined
  /** Whom it answers, as the policy calls them. */
  readonly customer: string
  /** When recordings without times begin, milliseconds since the epoch; else when the policy's first test says. */
  readonly startsAt: number | undefined
}

/** Of one file, unzipped. A longer one is better split: a text of JSON lines can be cut at any line. */
export const TRACE_BYTES_MAX = 256 * 1024 * 1024
/** Problems shown of one file; the rest are counted. */
const PROBLEMS_SHOWN_MAX = 10

export type Opened = TracesRead & { readonly kind: 'read' }

/** `plan`: in whose words recordings are said that have no words of a policy of their own. */
export function openTraces(file: string, options: TraceOptions, plan: Plan): Opened | Problem {
  const chosen = voiceFor(plan, options.agent, options.customer)
  // A role that was asked for must be there, whether the file needs it or not.
  if (chosen.kind === 'unclear' && options.agent !== undefined) return unclear(chosen)
  let text: string
  try {
    const bytes = readFileSync(file)
    if (bytes.length > TRACE_BYTES_MAX) return tooLong(file)
    const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b
    text = (zipped ? gunzipSync(bytes, { maxOutputLength: TRACE_BYTES_MAX }) : bytes).toString('utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return tooLong(file)
    return problem('D0050', `cannot read ${file}: ${(cause as Error).message}`, { where: file })
  }
  const read = readTraces(text, {
    file,
    startsAt: options.startsAt ?? startOf(plan),
    ...(chosen.kind === 'voice' ? { voice: chosen.voice } : {}),
    ...(options.format === undefined ? {} : { format: options.format }),
  })
  if (read.kind === 'in need of a voice' && chosen.kind === 'unclear') return unclear(chosen)
  if (read.kind !== 'read')
    return problem('D0051', `${file} is in no format known here`, {
      where: file,
      help: `force one with --format: ${FORMATS.join(', ')}`,
    })
  return read
}

/** What reading a file needs besides the file. */
export function readOptions(
  options: TraceOptions,
  plan: Plan,
): { readonly kind: 'reading'; readonly voice: Voice; readonly startsAt: number } | Problem {
  const chosen = voiceFor(plan, options.agent, options.customer)
  if (chosen.kind === 'unclear') return unclear(chosen)
  return { kind: 'reading', voice: chosen.voice, startsAt: options.startsAt ?? startOf(plan) }
}

/** A recording without times begins when the policy's first test does: what is judged then has the dates it speaks of. */
function startOf({ tests }: Plan): number {
  return tests.find(({ startsAt }) => startsAt !== undefined)?.startsAt ?? START_MS
}

function unclear({ message, roles }: VoiceChoice & { readonly kind: 'unclear' }): Problem {
  return problem('D0052', message, {
    help: `name it with --agent: ${roles.join(', ') || 'the policy declares none'}`,
  })
}

function tooLong(file: string): Problem {
  return problem('D0050', `${file} is longer than ${TRACE_BYTES_MAX / 1024 / 1024} MiB unzipped`, {
    where: file,
    help: 'split it: JSON lines can be cut at any line',
  })
}

export function showLineProblems(
  problems: readonly LineProblem[],
  write: (line: string) => void,
  paint: Paint,
): void {
  for (const { file, line, what, help } of problems.slice(0, PROBLEMS_SHOWN_MAX)) {
    write(`${paint.yellow('not read')} ${file}:${line}: ${what}`)
    if (help !== undefined) write(`  ${paint.dim('= help:')} ${help}`)
  }
  if (problems.length > PROBLEMS_SHOWN_MAX)
    write(paint.dim(`  and ${problems.length - PROBLEMS_SHOWN_MAX} more like this`))
}
