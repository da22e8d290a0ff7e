/**
 * Tools whose code nobody has read: written by a model, sent by a customer. The code is one function of its arguments,
 * `(args) => result`, without input or output; it runs in a process of its own.
 *
 * Holds: no files, environment, child processes, threads, native code (Node's permission model); no modules, timers, network,
 * `process` or objects of the host (a realm of its own); heap and time; one tool's code sees nothing of another's.
 *
 * Does not hold: whoever breaks out of V8's realm has the network, for which this version of Node has no permission; and the
 * machine's processor is shared. Where that matters, run the fleet in a container without a network.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import type { Json } from '#dsl/judge/step.ts'
import type { Outcome } from '#runtime/fleet/definition.ts'
import { QUEUE_MAX } from '../at-most.ts'
import type { Schema } from '../schema.ts'
import { defineTool, TOOL_RESULT_CHARS_MAX, type Tool } from '../tool.ts'

export interface SandboxSpec {
  readonly name: string
  readonly description: string
  readonly takes: Schema<Json>
  readonly returns?: Schema<Json>
  /** A function of the arguments, as JavaScript: `(args) => args.a + args.b`. */
  readonly code: string
  readonly limits?: Partial<SandboxLimits>
}

export interface SandboxLimits {
  readonly timeoutMs: number
  /** Of one process. What Node itself takes, about 40 MB, comes on top. */
  readonly heapMb: number
  readonly resultCharsMax: number
  /** Calls of this tool at once, each in a process; more wait. */
  readonly processesMax: number
  readonly queueMax: number
}

export const SANDBOX_LIMITS: SandboxLimits = {
  timeoutMs: 1_000,
  heapMb: 64,
  resultCharsMax: TOOL_RESULT_CHARS_MAX,
  processesMax: 2,
  queueMax: QUEUE_MAX,
}

/** A process starts with the first call, and anew after one that had to be ended. */
export function sandboxedTool(spec: SandboxSpec): Tool & { close(): void } {
  const limits = { ...SANDBOX_LIMITS, ...spec.limits }
  const all = new Set<Cell>()
  const idle: Cell[] = []
  const tool = defineTool<Json>({
    name: spec.name,
    description: spec.description,
    takes: spec.takes,
    ...(spec.returns && { returns: spec.returns }),
    readsOnly: true,
    idempotent: true,
    resultCharsMax: limits.resultCharsMax,
    concurrencyMax: limits.processesMax,
    queueMax: limits.queueMax,
    async run(args, { signal }) {
      const cell = idle.pop() ?? new Cell(limits, (gone) => all.delete(gone))
      all.add(cell)
      const outcome = await cell.run(spec.code, args, signal)
      if (cell.isAlive) idle.push(cell)
      return outcome
    },
  })
  return {
    ...tool,
    close() {
      for (const cell of all) cell.end()
    },
  }
}

const INSIDE = join(import.meta.dirname, `inside${extname(import.meta.url)}`)
/** What JSON may make of a result's characters, and the frame around it. */
const LINE_CHARS_MAX = (resultCharsMax: number) => resultCharsMax * 6 + 10_000

/** One process; one call at a time. */
class Cell {
  readonly #limits: SandboxLimits
  readonly #child: ChildProcess
  #alive = true
  #heard = ''
  #settle: ((outcome: Outcome) => void) | undefined

  constructor(limits: SandboxLimits, onGone: (cell: Cell) => void) {
    this.#limits = limits
    const flags = [
      '--permission',
      '--disallow-code-generation-from-strings',
      `--max-old-space-size=${limits.heapMb}`,
      '--max-semi-space-size=1',
      '--no-warnings',
    ]
    const child = spawn(process.execPath, [...flags, INSIDE], {
      env: {},
      cwd: tmpdir(),
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    this.#child = child
    const gone = () => {
      this.#alive = false
      onGone(this)
      this.#done(failed(`it needed over ${limits.heapMb} MB, or its process ended otherwise`))
    }
    child.once('error', gone)
    child.once('close', gone)
    // Whoever writes to a process that has just ended hears of it by its end.
    child.stdin?.on('error', () => {})
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#hear(text))
  }

  get isAlive(): boolean {
    return this.#alive
  }

  run(code: string, args: Json, signal: AbortSignal): Promise<Outcome> {
    const { timeoutMs, resultCharsMax } = this.#limits
    const call = JSON.stringify({ code, args: JSON.stringify(args), timeoutMs, resultCharsMax })
    return new Promise((resolve) => {
      const abort = () => {
        this.#done(failed('cancelled'))
        this.end()
      }
      this.#settle = (outcome) => {
        signal.removeEventListener('abort', abort)
        resolve(outcome)
      }
      if (!this.#alive) return this.#done(failed('its process has ended'))
      if (signal.aborted) return abort()
      signal.addEventListener('abort', abort, { once: true })
      this.#child.stdin?.write(`${call}\n`)
    })
  }

  end(): void {
    this.#alive = false
    this.#child.kill('SIGKILL')
  }

  #hear(text: string): void {
    this.#heard += text
    const end = this.#heard.indexOf('\n')
    if (end === -1) {
      if (this.#heard.length > LINE_CHARS_MAX(this.#limits.resultCharsMax)) this.end()
      return
    }
    const line = this.#heard.slice(0, end)
    this.#heard = ''
    this.#done(outcomeOf(line))
  }

  #done(outcome: Outcome): void {
    this.#settle?.(outcome)
    this.#settle = undefined
  }
}

/** The process is not trusted: whatever it says is read with care. */
function outcomeOf(line: string): Outcome {
  try {
    const said = JSON.parse(line) as { ok?: unknown; error?: unknown } | null
    if (typeof said?.ok === 'string') return { kind: 'ok', value: JSON.parse(said.ok) as Json }
    return failed(typeof said?.error === 'string' ? said.error : 'its process said nothing that counts')
  } catch {
    // The only way the platform says that a text is no JSON.
    return failed('its process said what is no JSON')
  }
}

/** Without input or output nothing can have come about. */
function failed(error: string): Outcome {
  return { kind: 'failed', error }
}
