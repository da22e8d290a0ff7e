/** `parapet audit` and `parapet diff` on files, as an operator has them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { VerdictKind } from '#dsl/judge/verdict.ts'
import { audit } from './audit.ts'
import { diff } from './diff.ts'
import { paintFor } from './paint.ts'
import type { Problem } from './problem.ts'
import type { TraceOptions } from './read-traces.ts'

const POLICY = `policy "Refunds" version 1
tool look_up(order: text) { reads only }
tool refund(order: text) { external }
message request { text: text }
agent clerk { may call look_up, refund  may receive request from customer  may answer customer }
`
const LOOK_FIRST = 'consistency "Look first" { refund needs an earlier look_up with the same order }\n'

const call = (tool: string) => ({ kind: 'tool_call', tool, args: { order: 'A' } })
const TRACES = [
  { id: 'hasty', events: [call('refund')] },
  { id: 'careful', events: [call('look_up'), call('refund')] },
]
  .map((trace) => JSON.stringify(trace))
  .join('\n')

let root: string
const file = (name: string) => join(root, name)
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'parapet-audit-'))
  writeFileSync(file('loose.parapet'), POLICY)
  writeFileSync(file('strict.parapet'), POLICY + LOOK_FIRST)
  writeFileSync(file('two.parapet'), `${POLICY}agent other { may call refund }\n`)
  writeFileSync(file('good.jsonl'), TRACES)
  writeFileSync(file('good.jsonl.gz'), gzipSync(TRACES))
  writeFileSync(file('torn.jsonl'), `${TRACES}\n{"id": "torn", "ev`)
  writeFileSync(file('other.txt'), 'Dear diary')
})
afterAll(() => rmSync(root, { recursive: true }))

const plain = paintFor({ isTTY: false })
const base: TraceOptions = { format: undefined, agent: undefined, customer: 'customer', startsAt: undefined }
const nowMs = () => 0

async function audited(
  policy: string,
  traces: string,
  more: { failOn?: VerdictKind; json?: boolean; explain?: number } = {},
) {
  const out: string[] = []
  const warned: string[] = []
  const result = await audit(
    {
      ...base,
      policyFile: file(policy),
      detectors: {},
      traceFiles: [file(traces)],
      json: more.json === true,
      failOn: more.failOn,
      explain: more.explain ?? 0,
      width: 100,
    },
    (line) => out.push(line),
    (line) => warned.push(line),
    plain,
    nowMs,
  )
  return { result, out: out.join('\n'), warned: warned.join('\n') }
}

async function compared(before: string, after: string, failOnChange: boolean) {
  const out: string[] = []
  const result = await diff(
    {
      ...base,
      before: file(before),
      after: file(after),
      traceFiles: [file('good.jsonl')],
      json: false,
      failOnChange,
      examples: 2,
      width: 100,
    },
    (line) => out.push(line),
    () => {},
    plain,
    nowMs,
  )
  if (result.kind === 'problem') throw new Error(result.message)
  return { failed: result.failed, out: out.join('\n') }
}

const codeOf = (result: { readonly kind: string } | Problem) => ('code' in result ? result.code : undefined)

describe('an audit of files', () => {
  test('says what each check said and where conversations were first stopped, zipped or not', async () => {
    const { out } = await audited('strict.parapet', 'good.jsonl')
    expect(out).toContain('over 2 conversations, 3 steps')
    expect(out).toContain('2 allowed, 0 repaired, 0 asked, 1 denied')
    expect(out).toContain('Look first (deny)')
    expect(out).toContain('hasty[0] denied')
    expect((await audited('strict.parapet', 'good.jsonl.gz')).out).toBe(out)
  })

  test('shows the reasons of as many steps as asked for', async () => {
    expect((await audited('strict.parapet', 'good.jsonl', { explain: 1 })).out).toContain('allowed next')
  })

  test('is one JSON document with --report-json', async () => {
    const { out } = await audited('strict.parapet', 'good.jsonl', { json: true })
    expect(JSON.parse(out)).toMatchObject({ conversations: 2, verdicts: { deny: 1 }, failed: false })
  })

  test('fails only on a verdict as strong as asked for', async () => {
    const failed = async (policy: string, failOn: VerdictKind) =>
      (await audited(policy, 'good.jsonl', { failOn })).result
    expect(await failed('strict.parapet', 'deny')).toMatchObject({ failed: true })
    expect(await failed('strict.parapet', 'ask')).toMatchObject({ failed: true })
    expect(await failed('strict.parapet', 'quarantine')).toMatchObject({ failed: false })
    expect(await failed('loose.parapet', 'repair')).toMatchObject({ failed: false })
  })

  test('names a torn line, uses the others, and does not pass what it could not read', async () => {
    const { result, out, warned } = await audited('loose.parapet', 'torn.jsonl', { failOn: 'deny' })
    expect(out).toContain('over 2 conversations')
    expect(warned).toContain('torn.jsonl:3:')
    expect(result).toMatchObject({ kind: 'audited', failed: true })
  })

  test('says what is in the way', async () => {
    expect(codeOf((await audited('loose.parapet', 'nowhere.jsonl')).result)).toBe('D0050')
    expect(codeOf((await audited('loose.parapet', 'other.txt')).result)).toBe('D0051')
    expect(codeOf((await audited('two.parapet', 'good.jsonl')).result)).toBe('D0052')
    expect(codeOf((await audited('nowhere.parapet', 'good.jsonl')).result)).toBe('D0010')
  })
})

describe('a comparison over files', () => {
  test('shows what changes and fails when asked to', async () => {
    const { out, failed } = await compared('loose.parapet', 'strict.parapet', true)
    expect(out).toContain('1 verdict would change, in 1 conversation')
    expect(out).toContain('allowed → denied: 1 step in 1 conversation')
    expect(out).toContain('hasty[0]')
    expect(failed).toBe(true)
    expect((await compared('loose.parapet', 'strict.parapet', false)).failed).toBe(false)
  })

  test('of a policy with itself finds nothing to fail on', async () => {
    expect(await compared('strict.parapet', 'strict.parapet', true)).toMatchObject({ failed: false })
  })
})
