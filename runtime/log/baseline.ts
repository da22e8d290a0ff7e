/** The same work done with the client as its documentation shows it, for benches to measure the log against. */
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'

export interface Baseline extends AsyncDisposable {
  /** Messages a second through `js.publish`, at most `inFlight` unacknowledged. */
  publish(count: number, body: Uint8Array, inFlight: number): Promise<number>
  /** Messages a second through a core publish nobody acknowledges: the ceiling. */
  publishUnacked(count: number, body: Uint8Array): Promise<number>
  /** Messages a second through the client's ordered consumer with `for await`. */
  consume(count: number): Promise<number>
}

const STREAM = 'baseline'

export async function openBaseline(servers: string): Promise<Baseline> {
  const nc = await connect({ servers })
  const jsm = await jetstreamManager(nc)
  await jsm.streams.add({ name: STREAM, subjects: [`${STREAM}.>`] })
  const js = jetstream(nc)
  return {
    async publish(count, body, inFlight) {
      const start = performance.now()
      for (let sent = 0; sent < count; sent += inFlight) {
        const batch = Math.min(inFlight, count - sent)
        await Promise.all(Array.from({ length: batch }, () => js.publish(`${STREAM}.0.a`, body)))
      }
      return perSecond(count, start)
    },
    async publishUnacked(count, body) {
      const start = performance.now()
      for (let sent = 0; sent < count; sent++) nc.publish('baseline-core.0.a', body)
      await nc.flush()
      return perSecond(count, start)
    },
    async consume(count) {
      const consumer = await js.consumers.get(STREAM)
      const start = performance.now()
      let seen = 0
      for await (const _message of await consumer.consume({ max_messages: 1_000 })) {
        seen += 1
        if (seen === count) break
      }
      return perSecond(count, start)
    },
    async [Symbol.asyncDispose]() {
      await nc.close()
    },
  }
}

export function perSecond(count: number, startedAtMs: number): number {
  return (count / (performance.now() - startedAtMs)) * 1_000
}
