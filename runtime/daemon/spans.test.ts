/** A run's log sent to a real collector on loopback, and read back as any recording. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newRoot, put, QUICK, recordsOf, run, up } from './operator.fixture.ts'

interface Told {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly events?: readonly { readonly name: string }[]
}

async function collector() {
  const spans: Told[] = []
  const paths = new Set<string>()
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      paths.add(request.url ?? '')
      const body: { resourceSpans: { scopeSpans: { spans: Told[] }[] }[] } = JSON.parse(
        Buffer.concat(parts).toString('utf8'),
      )
      spans.push(
        ...body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
      )
      response.end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { spans, paths, url: `http://127.0.0.1:${port}`, [Symbol.dispose]: () => void server.close() }
}

test('a conversation is one trace; its calls stand below the turns that made them, verdicts are events; sent again it is the same', async () => {
  const root = newRoot()
  expect((await up(root, QUICK).ended).code).toBe(0)
  using there = await collector()
  const sent = await run(['spans', there.url, '--data', root])
  expect([sent.code, sent.err]).toEqual([0, ''])
  expect([...there.paths]).toEqual(['/v1/traces'])
  const turns = (await recordsOf(root)).flatMap((record) => record.turns)
  const invoked = there.spans.filter(({ name }) => name.startsWith('invoke_agent'))
  expect(invoked).toHaveLength(turns.length)
  const conversations = new Set(turns.map(({ agent }) => agent.slice(0, agent.lastIndexOf('/'))))
  expect(new Set(there.spans.map(({ traceId }) => traceId)).size).toBe(conversations.size)
  const tools = there.spans.filter(({ name }) => name.startsWith('execute_tool'))
  expect(tools.length).toBeGreaterThan(0)
  const byId = new Map(there.spans.map((span) => [span.spanId, span]))
  for (const tool of tools) expect(byId.get(tool.parentSpanId ?? '')?.traceId).toBe(tool.traceId)
  const reasons = turns.flatMap(({ judged = [] }) => judged.flatMap(({ verdict }) => verdict.reasons))
  expect(invoked.flatMap(({ events = [] }) => events)).toHaveLength(reasons.length)

  const once = [...there.spans]
  await run(['spans', there.url, '--data', root])
  expect(there.spans.slice(once.length)).toEqual(once)

  const file = join(root, 'spans.jsonl')
  await run(['spans', file, '--data', root])
  const policy = put(root, 'any.parapet', 'policy "Any" version 1\n')
  const audited = await run(['audit', policy, file])
  expect(audited.err).not.toContain('no spans')

  const away = await run(['spans', 'http://127.0.0.1:1', '--data', root])
  expect([away.code, away.err]).toEqual([1, expect.stringContaining('error[D0098]')])
})
