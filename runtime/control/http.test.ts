/** The control plane's HTTP side on the loopback interface, before any fleet is open behind it. */
import { createHash } from 'node:crypto'
import { Agent, request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#runtime/daemon/clock.ts'
import { inMemory } from '#runtime/memory/in-memory.ts'
import { Tally } from '#runtime/telemetry/tally.ts'
import { ASK_BYTES_MAX } from './asks.ts'
import { Control } from './control.ts'
import { Events } from './events.ts'
import { type Listening, serveHttp } from './http.ts'

const TOKEN = 'ada-shows-this'
const ADA = { authorization: `Bearer ${TOKEN}` }

const clock = systemClock()
const definition = { name: 'desk', policy: '', agents: {}, world: () => ({ tools: {} }) }
const control = new Control({
  definition,
  daemon: { id: 'd', version: '0', pid: 0 },
  log: '',
  partitions: 1,
  clock,
  tally: new Tally(),
  events: new Events(clock.now),
  memory: inMemory(),
  onDrain: () => {},
  development: true,
})

let listening: Listening & { readonly kind: 'listening' }

beforeAll(async () => {
  const opened = await serveHttp({
    control,
    people: { ada: { roles: [], tokenSha256: createHash('sha256').update(TOKEN).digest('hex') } },
    host: '127.0.0.1',
    port: 0,
    partitions: 1,
    id: () => 'r1',
    clock,
    examine: async () => ({ kind: 'refused', code: 'unfit', message: 'nothing is deployed here' }),
    ask: async (ask, by) => [(await control.answer(ask, by)).answer],
  })
  if (opened.kind === 'refused') throw new Error(opened.message)
  listening = opened
})

afterAll(() => listening.close())

interface Sent {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly agent?: Agent
}

/** Not `fetch`: it mends paths and lets nobody choose the `Host` header. */
function send(path: string, { method = 'GET', headers = {}, body = '', agent }: Sent = {}) {
  const to = { host: '127.0.0.1', port: listening.port, path, method, headers, agent: agent ?? false }
  return new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
    const asked = request(to, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode, text }))
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

test('a page named like something every object inherits is no page', async () => {
  for (const name of ['constructor', 'toString', 'valueOf', '__proto__'])
    expect(await send(`/${name}`, { method: 'POST', headers: ADA, body: '{}' })).toMatchObject({
      status: 404,
    })
})

test('a path that cannot be decoded is the asker’s fault', async () => {
  for (const path of ['/%zz', '/agents/%E0%A4', '//'])
    expect([path, (await send(path, { headers: ADA })).status]).toEqual([path, 400])
})

test('a body over the limit is answered, and whoever sent it may ask again at once', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const body = 'x'.repeat(ASK_BYTES_MAX * 4)
  const tell = { method: 'POST', headers: ADA, body, agent }
  expect(await send('/tell', tell)).toMatchObject({ status: 413 })
  expect(await send('/status', { headers: ADA, agent })).toMatchObject({ status: 200 })
  agent.destroy()
})

test('without a token only who names this machine may look: a page in a browser, or a proxy, may not', async () => {
  const port = listening.port
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`])
    expect(await send('/status', { headers: { host } })).toMatchObject({ status: 200 })
  for (const headers of [
    { host: `rebound.example:${port}` },
    { host: '127.0.0.1.rebound.example' },
    { host: 'localhost', 'x-forwarded-for': '203.0.113.9' },
    { host: 'localhost', forwarded: 'for=203.0.113.9' },
  ])
    expect(await send('/status', { headers })).toMatchObject({ status: 401 })
  expect(await send('/status', { headers: { ...ADA, host: 'desk.example' } })).toMatchObject({ status: 200 })
  expect(await send('/healthz', { headers: { host: 'desk.example' } })).toMatchObject({ status: 200 })
})

test('a name holds nothing that ends a line, turns it round or steers a terminal', async () => {
  const order = { id: 'm1', conversation: 'c1', to: 'clerk', message: 'order', from: 'customer' }
  for (const conversation of ['c\n1', 'c\u001b[2K1', 'c\u202e1', 'c\ud800'])
    expect(
      await send('/tell', { method: 'POST', headers: ADA, body: JSON.stringify({ ...order, conversation }) }),
    ).toMatchObject({ status: 400, text: expect.stringContaining('`conversation`') })
})
