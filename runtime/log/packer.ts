/**
 * Puts into one publish what is posted to one partition in one go.
 *
 * Nothing waits for company: what was posted leaves as soon as the code that posts has nothing more to do. An outbox's
 * window, and clients that are answered together, leave as packs; a message alone leaves at once and alone.
 *
 * Invariants:
 * 1. Of one partition messages leave in the order of `add`.
 * 2. A pack has one acknowledgement (`A`), which is that of all its messages.
 */
import { wrap } from './envelope.ts'
import { PACK_BYTES_MAX, PACK_MESSAGES_MAX, type Packed, pack, packedBytes } from './pack.ts'
import type { Outgoing } from './port.ts'
import type { Subjects } from './subjects.ts'

interface Open<A> {
  readonly partition: number
  readonly messages: Packed[]
  bytes: number
  readonly acked: PromiseWithResolvers<A>
}

type Send<A> = (subject: string, wire: Uint8Array, partition: number) => Promise<A>

export class Packer<A> {
  readonly #subjects: Subjects
  readonly #send: Send<A>
  readonly #messagesMax: number
  readonly #open = new Map<number, Open<A>>()

  /** `messagesMax`: in one pack; PACK_MESSAGES_MAX at most. */
  constructor(subjects: Subjects, send: Send<A>, messagesMax = PACK_MESSAGES_MAX) {
    this.#subjects = subjects
    this.#send = send
    this.#messagesMax = messagesMax
  }

  add({ partition, agent, source, seq, body }: Outgoing): Promise<A> {
    const message = { agent, wire: wrap(source, seq, body) }
    const bytes = packedBytes(message)
    let open = this.#open.get(partition)
    if (open && (open.messages.length === this.#messagesMax || open.bytes + bytes > PACK_BYTES_MAX)) {
      this.#leave(open)
      open = undefined
    }
    if (open === undefined) {
      open = { partition, messages: [], bytes: 0, acked: Promise.withResolvers() }
      // After the promises that are settled now have run: those who post in answer to them are in time.
      if (this.#open.size === 0) process.nextTick(() => this.#leaveAll())
      this.#open.set(partition, open)
    }
    open.messages.push(message)
    open.bytes += bytes
    return open.acked.promise
  }

  #leaveAll(): void {
    const all = Array.from(this.#open.values())
    this.#open.clear()
    for (const open of all) this.#leave(open)
  }

  #leave({ partition, messages, acked }: Open<A>): void {
    const [first] = messages
    const sent =
      messages.length === 1 && first
        ? this.#send(this.#subjects.inbox(partition, first.agent), first.wire, partition)
        : this.#send(this.#subjects.packs(partition), pack(messages), partition)
    void sent.then(acked.resolve, acked.reject)
  }
}
