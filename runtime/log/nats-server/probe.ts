/** Asking who listens on a port, by the greeting every nats-server sends first. */
import { createServer, connect as dial } from 'node:net'

/** A local server greets within a millisecond; this long only when the machine is drowning. */
const GREETING_TIMEOUT_MS = 2_000
/** A greeting is about 400 bytes. */
const GREETING_BYTES_MAX = 64 * 1024

export interface Greeting {
  readonly serverName: string
  readonly version: string
  readonly jetstream: boolean
}

/** `undefined`: nobody listens there, or it is not a nats-server. */
export async function greetingAt(port: number): Promise<Greeting | undefined> {
  const line = await firstLine(port)
  if (line === undefined || !line.startsWith('INFO ')) return undefined
  try {
    const info: unknown = JSON.parse(line.slice('INFO '.length))
    if (typeof info !== 'object' || info === null) return undefined
    const fields = new Map(Object.entries(info))
    return {
      serverName: String(fields.get('server_name') ?? ''),
      version: String(fields.get('version') ?? ''),
      jetstream: fields.get('jetstream') === true,
    }
  } catch {
    return undefined
  }
}

function firstLine(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    let received = ''
    const socket = dial({ host: '127.0.0.1', port })
    const finish = (line: string | undefined): void => {
      socket.destroy()
      resolve(line)
    }
    socket.setTimeout(GREETING_TIMEOUT_MS, () => finish(undefined))
    socket.on('error', () => finish(undefined))
    socket.on('close', () => finish(undefined))
    socket.on('data', (chunk) => {
      received += chunk.toString('utf8')
      const end = received.indexOf('\n')
      if (end >= 0) finish(received.slice(0, end).trim())
      else if (received.length > GREETING_BYTES_MAX) finish(undefined)
    })
  })
}

/** A port nobody listens on now: the one asked for, or any with 0. `undefined` when the one asked for is taken. */
export function freePort(wanted = 0): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.on('error', () => resolve(undefined))
    server.listen({ host: '127.0.0.1', port: wanted, exclusive: true }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined))
    })
  })
}
