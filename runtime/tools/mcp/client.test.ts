/** The client against real servers: the reference one from the package registry, and one that does everything wrong. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import type { JsonObject } from '#dsl/judge/step.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import type { CallContext } from '#runtime/fleet/definition.ts'
import { type McpTools, type McpToolsOptions, openMcpTools } from './client.ts'
import type { McpPlace } from './link.ts'
import { pullListing } from './pull.ts'
import { brokenAt, EVERYTHING, seenIn, until, untilAsync } from './servers.fixture.ts'

const dir = mkdtempSync(join(tmpdir(), 'parapet-mcp-'))
const open: McpTools[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const seenFile = (how: string) => join(dir, `${how}.seen`)
const brokenPlace = (how: string) => brokenAt(how, seenFile(how))
const seenBy = (how: string) => seenIn(seenFile(how))

let pinned: Promise<string> | undefined

/** Opens one that is pinned as it is when it works well. */
async function opened(how: string, more: Partial<McpToolsOptions> = {}): Promise<McpTools> {
  pinned ??= pullListing(brokenPlace('well'), '').then((text) => {
    const file = join(dir, 'well.tools.json')
    writeFileSync(file, text)
    return file
  })
  const tools = await openMcpTools({ place: brokenPlace(how), listing: await pinned, ...more })
  open.push(tools)
  return tools
}

function call(tools: McpTools, name: string, args: JsonObject, signal = new AbortController().signal) {
  const context: CallContext = { conversation: 'c1', agent: 'c1/clerk', key: 'p0.7.1', at: 0, signal }
  return tools.tools[name]!(args, context)
}

describe('a server that works', () => {
  test('is called with the key of the intent, and gives its structured content', async () => {
    const tools = await opened('well')
    expect(await call(tools, 'pay', { amount: 3 })).toEqual({ kind: 'ok', value: { paid: 3 } })
    expect(await call(tools, 'pay', { amount: 3 })).toMatchObject({ kind: 'ok' })
    const [first, again] = seenBy('well')
    expect(first).toEqual({ 'parapet/idempotency-key': expect.stringMatching(/^[0-9a-f]{32}$/) })
    expect(again).toEqual(first)
  })

  test('is not asked with arguments that do not fit its schema', async () => {
    expect(await call(await opened('well'), 'pay', { amount: 'much' })).toMatchObject({
      kind: 'failed',
      error: expect.stringContaining('was not called: amount: a number is expected'),
    })
  })

  test('two servers may have tools of the same name, each under its prefix', async () => {
    const listing = join(dir, 'prefixed.tools.json')
    writeFileSync(listing, await pullListing(brokenPlace('well'), 'bank_'))
    const tools = await opened('well', { listing })
    expect(Object.keys(tools.tools)).toEqual(['bank_pay'])
    expect(await call(tools, 'bank_pay', { amount: 1 })).toMatchObject({ kind: 'ok' })
  })
})

describe('a server that is slow to read', () => {
  test('50 large calls at once are all answered, without a warning of a leak', async () => {
    const tools = await opened('well')
    const warned: string[] = []
    const warn = ({ name }: Error) => warned.push(name)
    process.on('warning', warn)
    try {
      const note = 'x'.repeat(100_000)
      const amounts = Array.from({ length: 50 }, (_, amount) => amount)
      expect(await Promise.all(amounts.map((amount) => call(tools, 'pay', { amount, note })))).toEqual(
        amounts.map((amount) => ({ kind: 'ok', value: { paid: amount } })),
      )
      expect(warned).toEqual([])
    } finally {
      process.off('warning', warn)
    }
  })
})

describe('a server that fails', () => {
  test('a hanging call ends when nobody waits any more, and the server is told', async () => {
    const tools = await opened('hang')
    const controller = new AbortController()
    const outcome = call(tools, 'pay', { amount: 1 }, controller.signal)
    await until(() => seenBy('hang').length === 1)
    controller.abort(new Error('its time has run out'))
    expect(await outcome).toMatchObject({ kind: 'failed', cameAbout: 'unknown' })
    await until(() => seenBy('hang').includes('cancelled'))
  })

  test('a crash leaves open whether it was done, and the next call starts it anew', async () => {
    const tools = await opened('crash')
    for (const _ of [1, 2])
      expect(await call(tools, 'pay', { amount: 1 })).toMatchObject({ kind: 'failed', cameAbout: 'unknown' })
    expect(seenBy('crash')).toHaveLength(2)
  })

  test('calls that wait to be sent end with a server that dies', async () => {
    const tools = await opened('crash')
    const note = 'x'.repeat(1_000_000)
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, amount) => call(tools, 'pay', { amount, note })),
    )
    for (const outcome of outcomes) expect(outcome).toMatchObject({ kind: 'failed' })
  })

  test('nonsense is no result', async () => {
    expect(await call(await opened('nonsense'), 'pay', { amount: 1 })).toEqual({
      kind: 'failed',
      error: 'the server answered with what is no result of a call',
      cameAbout: 'unknown',
    })
  })

  test('a result over the limit is not read to its end', async () => {
    expect(await call(await opened('huge'), 'pay', { amount: 1 })).toMatchObject({
      kind: 'failed',
      cameAbout: 'unknown',
    })
  })

  test('a result that is not of its schema is refused, and counts as done', async () => {
    expect(await call(await opened('unfit'), 'pay', { amount: 1 })).toMatchObject({
      kind: 'failed',
      error: expect.stringContaining('paid: a number is expected, "lots" was given'),
      cameAbout: 'yes',
    })
  })

  test('one that does not answer is not waited for, and the setting named that says how long', async () => {
    await expect(opened('mute', { connectTimeoutMs: 500 })).rejects.toThrow(
      /broken\.fixture\.ts mute.*: no answer within 0\.5 seconds \(`connectTimeoutMs`\)/,
    )
  })

  test('one whose listing is none is told so', async () => {
    await expect(opened('muddled')).rejects.toThrow(/muddled.*: it answered with what is not of the protocol/)
  })

  test('one that cannot be started says what it said', async () => {
    await expect(opened('dead')).rejects.toThrow(/broken\.fixture\.ts dead.*it said: no database/)
  })
})

describe('a server that is not as it was pinned', () => {
  test.each([
    ['changed', /`pay` has another inputSchema/],
    ['reworded', /`pay` has another description/],
    ['gone', /`pay` is gone/],
  ])('%s: the fleet does not start', async (how, words) => {
    await expect(opened(how)).rejects.toThrow(words)
  })

  test('with a warning it starts, and the tool is never called', async () => {
    const tools = await opened('reworded', { onDrift: 'warn' })
    expect(tools.notices).toEqual([expect.stringContaining('`pay` has another description')])
    expect(await call(tools, 'pay', { amount: 1 })).toMatchObject({
      kind: 'failed',
      error: 'not called: `pay` has another description since it was pinned',
    })
  })

  test('one that changes while the fleet runs is called no more', async () => {
    const tools = await opened('changes')
    expect(await call(tools, 'pay', { amount: 1 })).toMatchObject({ kind: 'ok' })
    await untilAsync(async () => (await call(tools, 'pay', { amount: 2 })).kind === 'failed')
    expect(await call(tools, 'pay', { amount: 3 })).toEqual({
      kind: 'failed',
      error: 'not called: `pay` has another inputSchema since it was pinned',
    })
  })
})

async function httpPlace(): Promise<{ place: McpPlace; end(): Promise<void> }> {
  const port = await freePort()
  const child = spawn(process.execPath, [EVERYTHING, 'streamableHttp'], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await new Promise<void>((resolve) =>
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('listening')) resolve()
    }),
  )
  return {
    place: { kind: 'http', url: `http://127.0.0.1:${port}/mcp` },
    end() {
      child.kill('SIGKILL')
      return ended
    },
  }
}

describe('the reference server', () => {
  const stdio: McpPlace = { kind: 'stdio', command: process.execPath, args: [EVERYTHING, 'stdio'] }

  test('over HTTP it is called, and a server that is gone is an outcome like any other', async () => {
    const { place, end } = await httpPlace()
    const listing = join(dir, 'http.tools.json')
    writeFileSync(listing, await pullListing(place, ''))
    const tools = await openMcpTools({ place, listing })
    open.push(tools)
    expect(await call(tools, 'get-sum', { a: 2, b: 3 })).toMatchObject({ kind: 'ok' })
    const small = await openMcpTools({ place, listing, messageBytesMax: 40_000 })
    open.push(small)
    expect(await call(small, 'echo', { message: 'x'.repeat(50_000) })).toMatchObject({
      kind: 'failed',
      cameAbout: 'unknown',
    })
    await end()
    expect(await call(tools, 'get-sum', { a: 2, b: 3 })).toMatchObject({ kind: 'failed' })
    const again = await call(tools, 'get-sum', { a: 2, b: 3 })
    expect(again).toMatchObject({ kind: 'failed', error: 'not called: the server cannot be reached' })
  })

  test('its listing is vocabulary, and its tools answer', async () => {
    const text = await pullListing(stdio, '')
    const listing = join(dir, 'everything.tools.json')
    writeFileSync(listing, text)
    const policy = `policy "Everything" version 1
use tools from "everything.tools.json"
agent clerk { may call \`get-sum\`, echo }
rule "Small sums" {
  when clerk calls \`get-sum\` and a > 100
  then deny
}
`
    const { diagnostics, plan } = compile(source(policy, 'p.parapet'), { read: () => text })
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(plan?.tools.map(({ name }) => name)).toContain('get-structured-content')
    const tools = await openMcpTools({ place: stdio, listing })
    open.push(tools)
    expect(await call(tools, 'get-sum', { a: 2, b: 3 })).toEqual({
      kind: 'ok',
      value: { text: 'The sum of 2 and 3 is 5.' },
    })
    expect(await call(tools, 'get-structured-content', { location: 'Chicago' })).toMatchObject({
      kind: 'ok',
      value: { conditions: expect.any(String) },
    })
    expect(await call(tools, 'get-tiny-image', {})).toMatchObject({
      kind: 'ok',
      value: { content: [{ type: 'image' }] },
    })
  })
})

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
