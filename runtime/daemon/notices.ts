/** Says what happens around a run (server away, store full, being tried again) and keeps from saying it over and over. */
import type { LinkState } from '#runtime/log/port.ts'

/** The same words are not said again within this time. */
const SAME_AGAIN_MS = 30_000
/** Different words remembered; beyond it the oldest may be said again early. */
const REMEMBERED_MAX = 200

export class Notices {
  readonly #say: (line: string) => void
  readonly #nowMs: () => number
  readonly #saidAt = new Map<string, number>()
  #closing = false
  #away = false

  constructor(say: (line: string) => void, nowMs: () => number) {
    this.#say = say
    this.#nowMs = nowMs
  }

  notice(text: string): void {
    if (this.#closing) return
    const now = this.#nowMs()
    const last = this.#saidAt.get(text)
    if (last !== undefined && now - last < SAME_AGAIN_MS) return
    this.#saidAt.delete(text)
    this.#saidAt.set(text, now)
    for (const oldest of this.#saidAt.keys()) {
      if (this.#saidAt.size <= REMEMBERED_MAX) break
      this.#saidAt.delete(oldest)
    }
    this.#say(text)
  }

  link(state: LinkState): void {
    if (this.#closing || state === 'closed') return
    const away = state === 'disconnected'
    if (away === this.#away) return
    this.#away = away
    this.#say(away ? 'nats-server is away; everything waits, nothing is lost' : 'nats-server is back')
  }

  /** What comes now belongs to the end and is no news. */
  close(): void {
    this.#closing = true
  }
}
