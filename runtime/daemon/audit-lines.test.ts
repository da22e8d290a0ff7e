/** `parapet audit --policy P FILE --json`, as a stranger scores it. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { auditLines } from './audit-lines.ts'
import { paintFor } from './paint.ts'

const POLICY = `policy "Refunds" version 1
tool look_up(order: text) { reads only }
tool refund(order: text) { external }
message request { text: text }
agent clerk { may call look_up, refund  may receive request from customer  may answer customer }
consistency "Look first" { refund needs an earlier look_up with the same order }
consistency "Refunds are told" { refund is followed by answers before the end }
rule "Early" { when clerk calls refund and now < 2024-05-15T00:00:00Z then warn }
test "when it plays" { at 2024-05-15T12:00:00Z  when clerk calls look_up with order = "A" expect allow }
`
const call = (seq: number, tool: string) => ({ seq, kind: 'tool_call', tool, args: { order: 'A' } })
const TRACES = [
  { id: 'hasty', suite: 'x', events: [call(3, 'refund'), { seq: 7, kind: 'assistant', content: 'Done.' }] },
  { id: 'silent', events: [call(0, 'look_up'), call(1, 'refund')] },
].map((trace) => JSON.stringify(trace))

let root: string
const file = (name: string) => join(root, name)
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'parapet-lines-'))
  writeFileSync(file('p.parapet'), POLICY)
  writeFileSync(file('t.jsonl'), `${TRACES.join('\n')}\n`)
  writeFileSync(file('t.jsonl.gz'), gzipSync(TRACES.join('\n')))
  // A model may say what some readers take for the end of a line.
  writeFileSync(file('separators.jsonl'), TRACES.join('\n').replace('Done.', 'Done.\u2028Bye.\u2029'))
  writeFileSync(file('torn.jsonl'), `${TRACES[0]}\n{"id": "torn", "ev\n${TRACES[1]}`)
  writeFileSync(file('cut.jsonl.gz'), gzipSync(TRACES.join('\n')).subarray(0, 60))
})
afterAll(() => rmSync(root, { recursive: true }))

async function lines(traces: string, failOn?: 'deny') {
  const out: string[] = []
  const warned: string[] = []
  const result = await auditLines(
    {
      format: undefined,
      agent: undefined,
      customer: 'customer',
      startsAt: undefined,
      detectors: {},
      policyFile: file('p.parapet'),
      traceFiles: [file(traces)],
      failOn,
    },
    async (line) => void out.push(line),
    (line) => warned.push(line),
    paintFor({ isTTY: false }),
    new AbortController().signal,
  )
  return { result, lines: out.map((line) => JSON.parse(line)), warned: warned.join('\n') }
}

const HASTY = {
  id: 'hasty',
  steps: [
    { seq: 3, verdict: 'deny', reasons: [{ rule: 'Look first', kind: 'consistency' }] },
    { seq: 7, verdict: 'allow', reasons: [] },
  ],
  obligations: [],
}

test('a line a conversation, in input order, with the recording’s numbers and broken promises', async () => {
  const { lines: told } = await lines('t.jsonl')
  expect(told[0]).toEqual(HASTY)
  expect(told[1]).toMatchObject({ id: 'silent', obligations: [{ reasons: [{ rule: 'Refunds are told' }] }] })
  expect(told).toHaveLength(2)
})

test('zipped is the same', async () => {
  expect((await lines('t.jsonl.gz')).lines).toEqual((await lines('t.jsonl')).lines)
})

test('a text with Unicode’s own line ends stays on its line', async () => {
  expect(await lines('separators.jsonl')).toEqual(await lines('t.jsonl'))
})

test('a torn line is named, the others are judged, and --fail-on does not pass it', async () => {
  const { lines: told, warned, result } = await lines('torn.jsonl', 'deny')
  expect(told.map(({ id }) => id)).toEqual(['hasty', 'silent'])
  expect(warned).toContain('torn.jsonl:2:')
  expect(result).toMatchObject({ failed: true })
})

test('a file that ends within its zip is a problem, not an end', async () => {
  expect((await lines('cut.jsonl.gz')).result).toMatchObject({ kind: 'problem', code: 'D0050' })
})

test('the command is spelled with --policy', () => {
  const parapet = join(import.meta.dirname, '../../bin/parapet.js')
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [parapet, 'audit', ...args], { encoding: 'utf8' })
  const told = run('--policy', file('p.parapet'), file('t.jsonl.gz'), '--json')
  expect(JSON.parse(told.stdout.split('\n')[0] ?? '')).toEqual(HASTY)
  expect(run(file('p.parapet'), file('t.jsonl'), '--json').stdout).toBe(told.stdout)
  expect(run('--policy', file('p.parapet'), '--json').status).toBe(2)
})
