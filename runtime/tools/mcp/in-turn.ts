import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'

/**
 * Each message is sent when the one before has gone. Over pipes the SDK adds a listener for every message that waits for a full
 * pipe to drain, and Node warns of a leak at eleven; it also writes them all into a pipe that is full. What waits is bounded by
 * who asks: calls under way at a client, calls taken at a server.
 */
export function inTurn<T extends Transport>(transport: T): T {
  const send = transport.send.bind(transport)
  let last: Promise<unknown> = Promise.resolve()
  transport.send = (message, options) => {
    const sending = last.then(() => send(message, options))
    last = sending.catch(() => {
      // Told to whoever sent it; the next one is tried by itself.
    })
    return sending
  }
  return transport
}
