/**
 * One connection to the server, shared by the log and the leases: a daemon that cannot reach its log does not look alive.
 */
import type { JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/nats-core'
import { AckMux } from './ack-mux.ts'
import { Link } from './link.ts'
import type { Retry } from './retry.ts'
import { WriteWatch } from './write-watch.ts'

export interface Wire {
  readonly nc: NatsConnection
  readonly jsm: JetStreamManager
  readonly link: Link
  readonly mux: AckMux
  readonly retry: Retry
  /** What subjects for answers begin with; the client's own when undefined. */
  readonly inboxPrefix: string | undefined
}

/** `streams` must answer before a lost link counts as up again. */
export function wireOf(
  nc: NatsConnection,
  jsm: JetStreamManager,
  retry: Retry,
  streams: readonly string[],
  inboxPrefix: string | undefined,
  onStuck: (why: string) => void,
): Wire {
  const link = new Link(nc, async () => {
    try {
      await Promise.all(streams.map((stream) => jsm.streams.info(stream)))
      return true
    } catch {
      return false
    }
  })
  const watch = new WriteWatch(() => performance.now(), onStuck)
  const mux = new AckMux(nc, inboxPrefix, (subject, ack) => watch.settled(subject, ack))
  // First to hear: what was in flight is unknown before anybody sends again.
  link.onChange((state) => {
    if (state !== 'connected') mux.loseAll(new Error('The connection was lost before the acknowledgement.'))
    if (state === 'closed') watch.close()
  })
  return { nc, jsm, link, mux, retry, inboxPrefix }
}
