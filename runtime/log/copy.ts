/** Many small ones share a buffer: each of their own would be one more thing for the collector to count. */
export function copyOf(bytes: Uint8Array): Uint8Array {
  const { buffer, byteOffset, length } = Buffer.from(bytes)
  return new Uint8Array(buffer, byteOffset, length)
}
