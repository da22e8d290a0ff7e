import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Json } from '#dsl/judge/step.ts'
import { answerAsModel, customerSays, modelTurn, parseRecordings, readRecordings } from './recorded.ts'

const good = JSON.stringify({
  id: 'tau:gpt-4o/airline/3/1',
  events: [
    { seq: 0, kind: 'user', content: 'Cancel ABC.' },
    { seq: 1, kind: 'assistant', content: 'One moment.' },
    { seq: 2, kind: 'tool_call', tool: 'get_reservation_details', args: { reservation_id: 'ABC' } },
    { seq: 3, kind: 'tool_result', tool: 'get_reservation_details', content: '{}' },
    { seq: 4, kind: 'tool_call', tool: 'think', args: { thought: 'hm' } },
    { seq: 5, kind: 'tool_result', tool: 'think', content: '' },
    { seq: 6, kind: 'assistant', content: 'Sure?' },
    { seq: 7, kind: 'user', content: 'Yes. ###STOP###' },
    { seq: 8, kind: 'assistant', content: 'Nobody hears this.' },
  ],
})

function read(text: string) {
  const recordings = parseRecordings(text, 'talk.jsonl')
  if (recordings.kind !== 'read') throw recordings.cause
  return recordings
}

describe('a recorded conversation', () => {
  const conversation = read(good).conversations.get('airline-3-1')
  if (conversation === undefined) throw new Error('the conversation was not read')

  test('gives the model’s turns: words and calls before the next result or message are one', () => {
    expect(modelTurn(conversation, 0)).toEqual({
      text: 'One moment.',
      calls: [{ tool: 'get_reservation_details', args: { reservation_id: 'ABC' } }],
      heard: 1,
    })
    expect(modelTurn(conversation, 1)).toEqual({
      calls: [{ tool: 'think', args: { thought: 'hm' } }],
      heard: 1,
    })
    expect(modelTurn(conversation, 2)).toEqual({ text: 'Sure?', calls: [], heard: 1 })
  })

  test('ends at the end marker, which nobody sees', () => {
    expect(customerSays(conversation, 1)).toBe('Yes.')
    expect(customerSays(conversation, 2)).toBeUndefined()
    expect(modelTurn(conversation, 3)).toBeUndefined()
  })
})

describe('the recorded model', () => {
  const conversation = read(good).conversations.get('airline-3-1')
  if (conversation === undefined) throw new Error('the conversation was not read')
  const ask = (question: Json) => answerAsModel(conversation, question)
  const call = { tool: 'get_reservation_details', args: { reservation_id: 'ABC' } }

  test('answers by the customer’s message and the turn since', () => {
    expect(ask({ heard: 1, turn: 0 })).toEqual({
      kind: 'ok',
      value: { text: 'One moment.', calls: [call], parts: 1 },
    })
    expect(ask({ heard: 1, turn: 2 })).toEqual({ kind: 'ok', value: { text: 'Sure?', calls: [], parts: 0 } })
  })

  test('gives one call of a turn alone, without its words', () => {
    expect(ask({ heard: 1, turn: 0, part: 0 })).toEqual({ kind: 'ok', value: { calls: [call], parts: 1 } })
  })

  test('is silent past its recording and refuses what is no question', () => {
    expect(ask({ heard: 2, turn: 0 })).toEqual({ kind: 'ok', value: { calls: [], parts: 0 } })
    expect(ask({ heard: 'one' }).kind).toBe('bad')
  })
})

describe('recordings with faults', () => {
  test('keep the good lines and place each fault', () => {
    const text = [good, '{"id": "tau/airline/1/1", "ev', '{"id": 7}', '', good].join('\n')
    const { conversations, problems } = read(text)
    expect([...conversations.keys()]).toEqual(['airline-3-1'])
    expect(problems).toMatchObject([
      { kind: 'not JSON', file: 'talk.jsonl', line: 2 },
      { kind: 'wrong shape', line: 3, what: '`id` must be a text, but it is a number' },
      { kind: 'repeated', line: 5 },
    ])
    for (const problem of problems) expect(problem.help).not.toBe('')
  })

  test('name the event that lacks its tool or its words', () => {
    const call = { id: 'a/b/c', events: [{ seq: 0, kind: 'tool_call', tool: 'think' }] }
    const words = { id: 'a/b/d', events: [{ seq: 0, kind: 'user' }] }
    expect(
      read([call, words].map((line) => JSON.stringify(line)).join('\n')).problems.map((p) => p.what),
    ).toEqual(['`events[0]` is a call without `tool` and `args`', '`events[0]` has no `content`'])
  })

  test('that are not there, or not gzip, are said to be unreadable', () => {
    expect(readRecordings(join(import.meta.dirname, 'no-such.jsonl')).kind).toBe('unreadable')
  })
})

test('the shipped sample reads without a fault', () => {
  const sample = readRecordings(join(import.meta.dirname, 'data', 'conversations.jsonl.gz'))
  if (sample.kind !== 'read') throw sample.cause
  expect(sample.problems).toEqual([])
  expect(sample.conversations.size).toBe(30)
  for (const { customer, model } of sample.conversations.values()) {
    expect(customer.length).toBeGreaterThan(0)
    expect(model.length).toBeGreaterThan(0)
    expect(customer.join()).not.toContain('###')
  }
})
