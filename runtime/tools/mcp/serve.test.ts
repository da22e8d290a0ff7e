import { Agent, request } from 'node:http'
import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { MESSAGE_BYTES_MAX } from './limits.ts'
import type { FleetDoor } from './say.ts'
import { serveHttp, serveStdio } from './serve.ts'

const serving = {
  fleet: 'desk',
  version: '0',
  offered: [],
  from: 'customer',
  waitMs: 0,
  nowMs: () => 0,
  newId: () => 'x',
}
const nobody: FleetDoor = { ask: () => Promise.reject(new Error('nothing is asked')) }

test('a message over the limit is answered, and whoever sent it may ask again at once', async () => {
  const served = await serveHttp(serving, () => nobody, '127.0.0.1', 0)
  if (served.kind === 'refused') throw new Error(served.message)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const post = (body: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const to = { host: '127.0.0.1', port: served.port, method: 'POST', agent }
      const asked = request(to, (response) => response.resume().on('end', () => resolve(response.statusCode)))
      asked.on('error', reject)
      asked.end(body)
    })
  const list = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' })
  expect([await post('x'.repeat(MESSAGE_BYTES_MAX * 2)), await post(list)]).toEqual([413, 406])
  agent.destroy()
  await served.close()
})

test('50 answers to a client that is slow to read all come, without a warning of a leak', async () => {
  const input = new PassThrough()
  const output = new PassThrough({ highWaterMark: 16 })
  const warned: string[] = []
  const warn = ({ name }: Error) => warned.push(name)
  process.on('warning', warn)
  const { ended } = await serveStdio(serving, nobody, input, output)
  try {
    for (let id = 1; id <= 50; id++)
      input.write(`${JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/list' })}\n`)
    // It reads nothing before all have been answered.
    await new Promise((resolve) => setImmediate(resolve))
    const answered: unknown[] = []
    for await (const line of createInterface({ input: output })) {
      answered.push((JSON.parse(line) as { id: unknown }).id)
      if (answered.length === 50) break
    }
    expect(answered).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
    expect(warned).toEqual([])
  } finally {
    process.off('warning', warn)
    input.end()
    await ended
  }
})
