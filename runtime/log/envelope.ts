/**
 * An inbox message on the wire: `[source length: 1 byte][source: UTF-8][seq: 6 bytes, big-endian][body]`.
 * A prefix rather than headers, because parsing NATS headers costs more than the rest of the delivery.
 */
const SEQ_BYTES = 6

export function wrap(source: string, seq: number, body: Uint8Array): Uint8Array {
  const name = Buffer.from(source)
  const wire = Buffer.allocUnsafe(1 + name.length + SEQ_BYTES + body.length)
  wire[0] = name.length
  wire.set(name, 1)
  wire.writeUIntBE(seq, 1 + name.length, SEQ_BYTES)
  wire.set(body, 1 + name.length + SEQ_BYTES)
  return wire
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** `undefined`: not one of ours (too short). The body is a view. */
export function unwrap(wire: Uint8Array): { source: string; seq: number; body: Uint8Array } | undefined {
  const seqAt = 1 + (wire[0] ?? 0)
  const bodyAt = seqAt + SEQ_BYTES
  if (wire.length < bodyAt) return undefined
  let seq = 0
  for (let at = seqAt; at < bodyAt; at++) seq = seq * 256 + wire[at]!
  return { source: utf8.decode(wire.subarray(1, seqAt)), seq, body: wire.subarray(bodyAt) }
}
