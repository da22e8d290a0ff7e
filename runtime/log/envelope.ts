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

/** `undefined`: not one of ours (too short). The body is a copy: the transport's buffers are not kept alive by it. */
export function unwrap(wire: Uint8Array): { source: string; seq: number; body: Uint8Array } | undefined {
  const view = Buffer.from(wire.buffer, wire.byteOffset, wire.byteLength)
  const bodyAt = 1 + (view[0] ?? 0) + SEQ_BYTES
  if (view.length < bodyAt) return undefined
  return {
    source: view.toString('utf8', 1, bodyAt - SEQ_BYTES),
    seq: view.readUIntBE(bodyAt - SEQ_BYTES, SEQ_BYTES),
    body: new Uint8Array(view.subarray(bodyAt)),
  }
}
