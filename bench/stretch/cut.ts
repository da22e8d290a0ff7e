/** A TCP proxy that can be cut: every connection through it breaks, and none is made until it heals. */
import { createServer, connect as dial, type Socket } from 'node:net'

export interface Cut {
  readonly port: number
  cut(): void
  heal(): void
  close(): void
}

export function cuttable(target: number): Promise<Cut> {
  const open = new Set<Socket>()
  let isCut = false
  const server = createServer((inner) => {
    if (isCut) {
      inner.destroy()
      return
    }
    const outer = dial({ host: '127.0.0.1', port: target })
    for (const [one, other] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      open.add(one)
      one.setNoDelay(true)
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        open.delete(one)
        other.destroy()
      })
    }
  })
  const breakAll = () => {
    for (const socket of open) socket.destroy()
  }
  return new Promise((resolve) => {
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const address = server.address()
      resolve({
        port: typeof address === 'object' && address !== null ? address.port : 0,
        cut() {
          isCut = true
          breakAll()
        },
        heal() {
          isCut = false
        },
        close() {
          server.close()
          breakAll()
        },
      })
    })
  })
}
