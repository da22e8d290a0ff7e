/**
 * The connection to the server as the log sees it: up only when the server *and* its streams answer.
 *
 * Invariants:
 * 1. Listeners hear `disconnected` before anything is published on the next connection, so that what was in flight on
 *    the old one can be declared unknown.
 * 2. After `closed` nothing follows.
 */
import type { NatsConnection } from '@nats-io/nats-core'
import { type LinkState, LogClosed } from './port.ts'

/** Pause between two questions whether the streams answer yet, after a reconnect. */
const READY_RETRY_MS = 100

export class Link {
  readonly #nc: NatsConnection
  readonly #ready: () => Promise<boolean>
  readonly #listeners: ((state: LinkState) => void)[] = []
  #state: LinkState = 'connected'
  #generation = 0
  #waiting: { resolve: () => void; reject: (error: Error) => void }[] = []

  /** `ready` asks once whether the streams answer. */
  constructor(nc: NatsConnection, ready: () => Promise<boolean>) {
    this.#nc = nc
    this.#ready = ready
    void this.#watch()
  }

  get isUp(): boolean {
    return this.#state === 'connected'
  }

  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  onChange(listener: (state: LinkState) => void): () => void {
    this.#listeners.push(listener)
    return () => {
      const at = this.#listeners.indexOf(listener)
      if (at >= 0) this.#listeners.splice(at, 1)
    }
  }

  /** Resolves when the link is up; rejects with LogClosed when it is closed, now or while waiting. */
  async up(): Promise<void> {
    if (this.#state === 'connected') return
    if (this.#state === 'closed') throw closedError()
    await new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  async close(): Promise<void> {
    this.#enter('closed')
    await this.#nc.close()
  }

  async #watch(): Promise<void> {
    for await (const status of this.#nc.status()) {
      if (status.type === 'disconnect') this.#enter('disconnected')
      else if (status.type === 'reconnect') void this.#awaitReady()
      else if (status.type === 'close') this.#enter('closed')
    }
  }

  /** A server that has just started takes connections before its streams are recovered. */
  async #awaitReady(): Promise<void> {
    const generation = this.#generation
    while (generation === this.#generation) {
      const ready = await this.#ready()
      if (generation !== this.#generation) return
      if (ready) return this.#enter('connected')
      await new Promise((resolve) => setTimeout(resolve, READY_RETRY_MS))
    }
  }

  #enter(state: LinkState): void {
    if (this.#state === state || this.#state === 'closed') return
    this.#state = state
    this.#generation += 1
    for (const listener of [...this.#listeners]) listener(state)
    if (state === 'disconnected') return
    const waiting = this.#waiting
    this.#waiting = []
    for (const { resolve, reject } of waiting) {
      if (state === 'connected') resolve()
      else reject(closedError())
    }
  }
}

export function closedError(): LogClosed {
  return new LogClosed('The log is closed.')
}
