/** A real HTTP server on loopback that answers as the test says. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Loopback {
  readonly baseUrl: string
  /** Bodies as they came, in order. */
  readonly asked: readonly unknown[]
  close(): Promise<void>
}

export async function loopback(
  answer: (path: string, body: unknown) => { readonly status: number; readonly body: string } | 'never',
): Promise<Loopback> {
  const asked: unknown[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const body: unknown = JSON.parse(Buffer.concat(parts).toString('utf8'))
      asked.push(body)
      const made = answer(request.url ?? '', body)
      if (made !== 'never') response.writeHead(made.status).end(made.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
