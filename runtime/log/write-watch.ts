/**
 * Notices a server that takes questions and keeps nothing of what is written to it. Seen after a disk was full, when it had room again: 2.9.10
 * answers nothing more, 2.10.27 refuses every write to the streams it met it with, 2.15.1 leaves them unanswered. Only a restart of
 * the server helps (`design/log.md`).
 */
import type { Ack } from './ack-mux.ts'

/** Unanswered for so long, with nothing kept meanwhile, a stream counts as stuck. */
export const SILENT_MS = 15_000
const LOOK_MS = 1_000
/** Tokens of a subject that tell streams and partitions apart: `refunds.in.3.…`, `refunds.log.3.17`. */
const PLACE_TOKENS = 3
/** What the system says of a full disk, in the words of the server's answer. */
const NO_ROOM = 'no space left on device'

interface Failing {
  readonly sinceMs: number
  readonly why: string
  readonly surely: boolean
}

export class WriteWatch {
  readonly #failing = new Map<string, Failing>()
  readonly #nowMs: () => number
  readonly #onStuck: (why: string) => void
  #timer: NodeJS.Timeout | undefined

  /** `onStuck` hears it again and again for as long as it lasts. */
  constructor(nowMs: () => number, onStuck: (why: string) => void) {
    this.#nowMs = nowMs
    this.#onStuck = onStuck
  }

  /** What became of a write: the server's answer, or that none came in time. */
  settled(subject: string, ack: Ack): void {
    if (ack.kind === 'kept') {
      if (this.#failing.size > 0) this.#kept(placeOf(subject))
      return
    }
    const surely = ack.kind === 'refused' && ack.description.includes(NO_ROOM)
    // Any other refusal is an answer: the server looks at what is written.
    if (ack.kind === 'refused' && !surely) return
    const place = placeOf(subject)
    const before = this.#failing.get(place)
    if (before?.surely === true || (before !== undefined && !surely)) return
    const why = ack.kind === 'refused' ? ack.description : ack.cause.message
    this.#failing.set(place, { sinceMs: before?.sinceMs ?? this.#nowMs(), why, surely })
    this.#timer ??= setInterval(() => this.look(), LOOK_MS).unref()
  }

  look(): void {
    const now = this.#nowMs()
    for (const { sinceMs, why, surely } of this.#failing.values())
      if (surely || now - sinceMs >= SILENT_MS) return this.#onStuck(why)
  }

  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#failing.clear()
  }

  #kept(place: string): void {
    this.#failing.delete(place)
    if (this.#failing.size === 0) this.close()
  }
}

function placeOf(subject: string): string {
  return subject.split('.', PLACE_TOKENS).join('.')
}
