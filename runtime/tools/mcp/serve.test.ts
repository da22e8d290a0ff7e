import { Agent, request } from 'node:http'
import { expect, test } from 'vitest'
import { MESSAGE_BYTES_MAX } from './limits.ts'
import { serveHttp } from './serve.ts'

test('a message over the limit is answered, and whoever sent it may ask again at once', async () => {
  const serving = {
    fleet: 'desk',
    version: '0',
    offered: [],
    from: 'customer',
    waitMs: 0,
    nowMs: () => 0,
    newId: () => 'x',
  }
  const served = await serveHttp(
    serving,
    () => ({ ask: () => Promise.reject(new Error('nothing is asked')) }),
    '127.0.0.1',
    0,
  )
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
