/**
 * Several inbox messages in one of the server's: each `[agent length: 2 bytes][agent: UTF-8][length: 4 bytes][wire]`, where
 * `wire` is what would have travelled alone (`envelope.ts`). A pack is kept whole or not at all.
 *
 * Its messages have positions between the pack before and its own sequence, so that a reader can start within it; the last
 * one's position is the sequence itself, as that of a message alone is.
 */
import type { Outgoing } from './port.ts'

/** In one pack. */
export const PACK_MESSAGES_MAX = 256
export const PACK_BYTES_MAX = 64 * 1024

const AGENT_AT = 2
const LENGTH_BYTES = 4

export type Packed = Pick<Outgoing, 'agent'> & { readonly wire: Uint8Array }

/** What a message takes in a pack, at most. */
export function packedBytes({ agent, wire }: Packed): number {
  return AGENT_AT + 3 * agent.length + LENGTH_BYTES + wire.length
}

/** `messages`: at most PACK_MESSAGES_MAX. */
export function pack(messages: readonly Packed[]): Uint8Array {
  const out = Buffer.allocUnsafe(messages.reduce((sum, each) => sum + packedBytes(each), 0))
  let at = 0
  for (const { agent, wire } of messages) {
    const length = out.write(agent, at + AGENT_AT)
    out.writeUInt16BE(length, at)
    at += AGENT_AT + length
    out.writeUInt32BE(wire.length, at)
    out.set(wire, at + LENGTH_BYTES)
    at += LENGTH_BYTES + wire.length
  }
  return out.subarray(0, at)
}

/** Views into `data`; `undefined` when it is no pack. */
export function unpack(data: Uint8Array): Packed[] | undefined {
  const view = Buffer.from(data.buffer, data.byteOffset, data.length)
  const messages: Packed[] = []
  for (let at = 0; at < view.length; ) {
    if (at + AGENT_AT > view.length) return undefined
    const lengthAt = at + AGENT_AT + view.readUInt16BE(at)
    const wireAt = lengthAt + LENGTH_BYTES
    if (wireAt > view.length) return undefined
    const end = wireAt + view.readUInt32BE(lengthAt)
    if (end > view.length) return undefined
    messages.push({
      agent: view.toString('utf8', at + AGENT_AT, lengthAt),
      wire: data.subarray(wireAt, end),
    })
    at = end
  }
  return messages
}

/** Of the `place`th (from 0) of `count` messages that came at a sequence. Exact: the fraction is a multiple of 1/256. */
export function positionIn(sequence: number, place: number, count: number): number {
  return place === count - 1 ? sequence : sequence - 1 + (place + 1) / PACK_MESSAGES_MAX
}
