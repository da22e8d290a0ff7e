/** `parapet fmt`: policy files in the one layout. A file is replaced whole or not at all. */
import { chmodSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { renderDiagnostic } from '#dsl/diagnostic.ts'
import { format } from '#dsl/format/format.ts'
import { source as sourceOf } from '#dsl/source.ts'
import type { Paint } from './paint.ts'
import { type Problem, problem } from './problem.ts'

/** What is not UTF-8 is refused: it could not be written back as it was. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/** Stands for the standard input, which is written to the standard output. */
export const STDIN = '-'

export interface FormatOptions {
  /** Writes nothing; names the files that would change. */
  readonly check: boolean
  /** Writes the layout to the standard output instead of the file. */
  readonly stdout: boolean
}

export interface FormatPorts {
  readonly readStdin: () => Uint8Array
  /** As it is, without a line break after it. */
  readonly write: (text: string) => void
  /** One line for the person at the terminal; never the standard output. */
  readonly say: (line: string) => void
  readonly paint: Paint
}

type Outcome = Problem | { readonly kind: 'same' | 'changed' | 'unreadable' }

/** 1 when a file cannot be read or written or has mistakes; with `check`, when one would change. */
export function formatPolicies(files: readonly string[], options: FormatOptions, ports: FormatPorts): number {
  let code = 0
  for (const file of files) {
    const outcome = formatFile(file, options, ports)
    if (outcome.kind === 'same') continue
    if (outcome.kind === 'problem') {
      const { paint, say } = ports
      say(`${paint.red(`error[${outcome.code}]`)}: ${outcome.message}`)
      if (outcome.help !== undefined) say(`  ${paint.dim('= help:')} ${outcome.help}`)
    } else if (outcome.kind === 'changed') {
      if (options.check) ports.write(`${file}\n`)
      else if (!options.stdout && file !== STDIN) ports.say(`${ports.paint.green('laid out')}  ${file}`)
    }
    if (outcome.kind !== 'changed' || options.check) code = 1
  }
  return code
}

function formatFile(file: string, options: FormatOptions, ports: FormatPorts): Outcome {
  const read = attempt(() => UTF8.decode(file === STDIN ? ports.readStdin() : readFileSync(file)))
  if (read.kind === 'failed') return problem('D0010', `cannot read ${file}: ${read.why}`)
  const source = sourceOf(read.value, file === STDIN ? 'standard input' : file)
  const made = format(source)
  if (made.kind === 'unreadable') {
    const { isColorSupported: color } = ports.paint
    for (const diagnostic of made.diagnostics)
      if (diagnostic.severity === 'error') ports.say(renderDiagnostic(source, diagnostic, { color }))
    return { kind: 'unreadable' }
  }
  if (made.kind === 'refused')
    return problem(
      'D0060',
      `the layout of ${file} would not say the same (${made.differs}); nothing was written`,
      {
        help: 'This is a mistake of the formatter. Report it with the file.',
      },
    )
  const isSame = made.text === source.text
  if (!options.check && (options.stdout || file === STDIN)) ports.write(made.text)
  else if (!options.check && !isSame) {
    const written = attempt(() => replaceFile(file, made.text))
    if (written.kind === 'failed') return problem('D0061', `cannot write ${file}: ${written.why}`)
  }
  return { kind: isSame ? 'same' : 'changed' }
}

/** Through a new file beside it, so that a reader sees the old text or the new one; rights stay, links are followed. */
function replaceFile(file: string, text: string): void {
  const target = realpathSync(file)
  const fresh = join(dirname(target), `.${basename(target)}.${process.pid}.new`)
  const { mode } = statSync(target)
  try {
    writeFileSync(fresh, text, { flag: 'wx', flush: true })
    chmodSync(fresh, mode)
    renameSync(fresh, target)
  } catch (cause) {
    rmSync(fresh, { force: true })
    throw cause
  }
}

type Attempt<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly why: string }

function attempt<T>(run: () => T): Attempt<T> {
  try {
    return { kind: 'done', value: run() }
  } catch (cause) {
    return { kind: 'failed', why: cause instanceof Error ? cause.message : String(cause) }
  }
}
