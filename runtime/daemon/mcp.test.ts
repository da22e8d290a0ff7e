/** The fleet as a server of tools: a real daemon on a real nats-server, asked by MCP clients over stdio and HTTP. */
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { JsonObject } from '#dsl/judge/step.ts'
import { openMcpTools } from '#runtime/tools/mcp/client.ts'
import { pullListing } from '#runtime/tools/mcp/pull.ts'
import { newRoot, REFUNDS, type Running, recordsOf, run, start } from './operator.fixture.ts'

const root = newRoot()
const BINARY = join(import.meta.dirname, '../../bin/parapet.js')
const client = new Client({ name: 'test', version: '1' })
let daemon: Running

beforeAll(async () => {
  daemon = start(['up', REFUNDS, '--data', root], {})
  await daemon.said('runs until')
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [BINARY, 'mcp', REFUNDS, '--data', root, '--as', 'shop', '--wait', '20'],
    }),
  )
})

afterAll(async () => {
  await client.close()
  daemon.child.kill('SIGTERM')
  await daemon.ended
})

interface Result extends JsonObject {
  outcome: string
  conversation: string
  id: string
  heard: number
}

async function call(name: string, args: JsonObject, key?: string) {
  const meta = key === undefined ? {} : { _meta: { 'parapet/idempotency-key': key } }
  const { structuredContent, isError } = await client.callTool({ name, arguments: args, ...meta })
  return { ...(structuredContent as Result), isError }
}

async function paymentsFor(order: string): Promise<number> {
  const turns = (await recordsOf(root, 'refunds')).flatMap(({ turns }) => turns)
  return turns
    .flatMap(({ changes }) => changes)
    .filter(
      (change) => change.kind === 'intent' && JSON.stringify(change.effect).includes(`"order":"${order}"`),
    ).length
}

test('its tools are the messages that clients may send, with their schemas', async () => {
  const { tools } = await client.listTools()
  expect(tools.map(({ name }) => name)).toEqual(['clerk_refund', 'hear'])
  expect(tools[0]?.inputSchema.properties).toMatchObject({
    fields: { required: ['order', 'amount'], additionalProperties: false },
  })
})

test('a call says the message and brings back the answer; with its key said again, nothing happens twice', async () => {
  const args = { fields: { order: 'B-1', amount: 20 } }
  const first = await call('clerk_refund', args, 'key-1')
  expect(first).toMatchObject({ outcome: 'answered', answers: [{ text: 'refunded' }] })
  expect(await call('clerk_refund', args, 'key-1')).toEqual(first)
  expect(await paymentsFor('B-1')).toBe(1)
})

test('what the policy does not let in comes back with its reasons', async () => {
  expect(await call('clerk_refund', { fields: { order: 'B-2', amount: -5 } })).toMatchObject({
    outcome: 'refused',
    isError: true,
    reasons: [expect.stringContaining('amount')],
  })
})

test('what a person has to decide waits for them, and is heard of later', async () => {
  const waiting = await call('clerk_refund', { fields: { order: 'B-3', amount: 500 } })
  expect(waiting).toMatchObject({ outcome: 'waiting', waitingFor: ['supervisor'] })
  const { conversation, id, heard } = waiting
  const hearing = call('hear', { conversation, id, after: heard })
  const pending = await run(['approvals', '--json', '--data', root], {})
  const approval = /"approval": "([^"]+)"/.exec(pending.out)![1]!
  await run(['approve', approval, '--as', 'ada', '--data', root], {})
  expect(await hearing).toMatchObject({ outcome: 'answered', answers: [{ text: 'refunded' }] })
})

test('nobody hears what somebody else was answered', async () => {
  const { conversation, id } = await call('clerk_refund', { fields: { order: 'B-4', amount: 1 } })
  const other = new Client({ name: 'other', version: '1' })
  await other.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [BINARY, 'mcp', REFUNDS, '--data', root, '--as', 'eve', '--wait', '0'],
    }),
  )
  const heard = await other.callTool({ name: 'hear', arguments: { conversation, id } })
  expect(heard.structuredContent).toMatchObject({ outcome: 'nothing-yet', answers: [] })
  await other.close()
})

test('over HTTP it serves those who show their token, other fleets among them', async () => {
  const serving = start(['mcp', REFUNDS, '--data', root, '--http', '127.0.0.1:0', '--wait', '20'], {})
  await serving.said('MCP at ')
  // It says so on its standard error: the standard output is the protocol's.
  const url = /MCP at (http:\S+)/.exec(serving.warned())![1]!
  const listing = join(root, 'refunds.tools.json')
  const place = { kind: 'http', url, headers: { authorization: 'Bearer ada-shows-this' } } as const
  await expect(pullListing({ kind: 'http', url }, '')).rejects.toThrow()
  writeFileSync(listing, await pullListing(place, ''))
  await cutOff(Number(new URL(url).port))
  const desk = await openMcpTools({ place, listing })
  const context = {
    conversation: 'c',
    agent: 'c/a',
    key: 'p0.1.1',
    at: 1,
    signal: new AbortController().signal,
  }
  const args = { fields: { order: 'B-5', amount: 7 } }
  for (const _ of [1, 2])
    expect(await desk.tools['clerk_refund']!(args, context)).toMatchObject({
      kind: 'ok',
      value: { outcome: 'answered' },
    })
  expect(await paymentsFor('B-5')).toBe(1)
  await desk.close()
  serving.child.kill('SIGTERM')
  await serving.ended
})

test('a fleet that listens to nobody of that name has nothing to offer', async () => {
  const { code, err } = await run(['mcp', REFUNDS, '--data', root, '--from', 'stranger'], {})
  expect(code).toBe(1)
  expect(err).toContain('D0081')
})

/** Shows a token, promises a long question, and goes away in the middle of it. */
function cutOff(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      const head =
        'POST / HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ada-shows-this\r\ncontent-length: 99\r\n\r\n{'
      socket.write(head, () => socket.destroy())
    })
    socket.once('error', reject).once('close', () => resolve())
  })
}
