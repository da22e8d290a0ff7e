/** Files of lines, plain or gzipped, read line by line however long the file is. A line ends at a line feed and nowhere else: JSON may hold U+2028. */
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

const GZIP = [0x1f, 0x8b]
const LINE_FEED = 0x0a

/**
 * Each line without its end. Closes the file when whoever reads it stops. Throws what the file or its unzipping throws, and a RangeError at
 * a line of more than `lineBytesMax` bytes, having held no more of it.
 */
export async function* linesOf(file: string, lineBytesMax: number): AsyncGenerator<string> {
  const stream = await unzipped(file)
  try {
    let number = 1
    let held: Buffer[] = []
    let heldBytes = 0
    const hold = (bytes: Buffer): void => {
      heldBytes += bytes.length
      if (heldBytes > lineBytesMax)
        throw new RangeError(`line ${number} is longer than ${lineBytesMax} bytes`)
      held.push(bytes)
    }
    const taken = (): string => {
      const line = Buffer.concat(held, heldBytes).toString('utf8')
      number++
      held = []
      heldBytes = 0
      return line.endsWith('\r') ? line.slice(0, -1) : line
    }
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      let from = 0
      for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, from)) {
        hold(chunk.subarray(from, end))
        yield taken()
        from = end + 1
      }
      if (from < chunk.length) hold(chunk.subarray(from))
    }
    if (heldBytes > 0) yield taken()
  } finally {
    stream.destroy()
  }
}

/** Gzip is seen from the bytes. */
async function unzipped(file: string): Promise<Readable> {
  const handle = await open(file)
  const { buffer } = await handle.read(Buffer.alloc(GZIP.length), 0, GZIP.length, 0)
  await handle.close()
  const bytes = createReadStream(file)
  if (!GZIP.every((byte, at) => buffer[at] === byte)) return bytes
  const text = createGunzip()
  bytes.on('error', (cause) => text.destroy(cause)).pipe(text)
  text.on('close', () => bytes.destroy())
  return text
}
