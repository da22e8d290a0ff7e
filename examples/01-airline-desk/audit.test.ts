import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { audit } from './audit.ts'
import { judgeTrace } from './judge-trace.ts'
import { loadJudge } from './policy.ts'
import { parseRecordings, readRecordings } from './recorded.ts'

const judge = loadJudge()

describe('the audit of recorded conversations', () => {
  const sample = readRecordings(join(import.meta.dirname, 'data', 'conversations.jsonl.gz'))
  if (sample.kind !== 'read') throw sample.cause
  const report = audit(judge, sample.conversations.values())

  test('counts every turn once', () => {
    const { passed, split, asked, denied } = report.turns
    expect(report.conversations).toBe(30)
    expect({ passed, split, asked, denied }).toEqual({ passed: 861, split: 14, asked: 1, denied: 36 })
  })

  test('tells wrong writes from right ones as the desk’s prose does', () => {
    expect(report.writes).toEqual({ wrong: 25, wrongStopped: 19, right: 15, rightStopped: 9 })
  })

  test('reports shadow rules and enforces none of them', () => {
    const shadow = report.checks.get('The listing names the booking (shadow)')
    expect(shadow?.steps).toBeGreaterThan(0)
    expect(report.turns.passed).toBeGreaterThan(shadow?.steps ?? 0)
  })
})

describe('a judged conversation', () => {
  const cancel = { tool: 'cancel_reservation', args: { reservation_id: 'NOSUCH' } }
  const events = [
    { kind: 'user', content: 'Hello' },
    { kind: 'assistant', content: 'One moment.' },
    { kind: 'tool_call', tool: 'think', args: { thought: 'hm' } },
    { kind: 'tool_result', tool: 'think', content: '' },
    { kind: 'tool_call', ...cancel },
    { kind: 'tool_result', tool: cancel.tool, content: 'Error: reservation not found' },
    { kind: 'assistant', content: 'It is not there.' },
  ].map((event, seq) => ({ seq, ...event }))
  const recordings = parseRecordings(JSON.stringify({ id: 'a/b/c', events }), 'talk.jsonl')
  const [conversation] = recordings.kind === 'read' ? recordings.conversations.values() : []
  if (conversation === undefined) throw new Error('the conversation was not read')
  const turns = judgeTrace(judge, conversation)

  test('does a turn of words and a call again with the call alone', () => {
    expect(turns.map((turn) => turn.outcome)).toEqual([
      'passed',
      'split',
      'passed',
      'denied',
      'passed',
      'passed',
    ])
  })

  test('leaves out the result of a call that was refused', () => {
    expect(turns.flatMap((turn) => turn.steps.map((step) => step.kind))).not.toContain('fails')
  })
})
