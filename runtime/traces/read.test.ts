import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json } from '#dsl/judge/step.ts'
import type { Format } from './formats.ts'
import { readTraces } from './read.ts'
import { type Exchange, responses, STARTS_AT, spell, stepsOf } from './spellings.fixture.ts'
import type { Voice } from './voice.ts'

const voice: Voice = {
  agent: 'clerk',
  hears: { message: 'request', peer: 'customer' },
  says: { peer: 'customer' },
  roles: new Set(['clerk']),
}

function read(text: string, format?: Format) {
  const options = { file: 'talk.jsonl', voice, startsAt: STARTS_AT }
  const found = readTraces(text, format === undefined ? options : { ...options, format })
  if (found.kind !== 'read') throw new Error(found.kind)
  return found
}

const words = fc.string({ minLength: 1, maxLength: 12 })
const call = fc.record({
  tool: fc.constantFrom('look_up', 'refund'),
  args: fc.dictionary(fc.constantFrom('order', 'amount'), fc.oneof(words, fc.integer(), fc.boolean())),
  result: fc.oneof(
    words.filter((text) => !/^\s*[[{]/.test(text)),
    fc.constant('Error: no such order'),
    fc.dictionary(words, fc.integer()).map((value) => JSON.stringify(value)),
    fc.array(words).map((value) => JSON.stringify(value)),
  ),
})
const answer = fc
  .record({ text: fc.option(words, { nil: undefined }), calls: fc.array(call, { maxLength: 3 }) })
  .filter(({ text, calls }) => text !== undefined || calls.length > 0)
  .map(({ text, calls }) => (text === undefined ? { calls } : { text, calls }))
const exchanges: fc.Arbitrary<Exchange[]> = fc.array(
  fc.record({ user: words, answers: fc.array(answer, { minLength: 1, maxLength: 3 }) }),
  { minLength: 1, maxLength: 3 },
)

const REFUND: Exchange[] = [
  {
    user: 'My order never came.',
    answers: [
      {
        text: 'Let me look.',
        calls: [{ tool: 'look_up', args: { order: 'A1' }, result: '{"status":"lost"}' }],
      },
      { calls: [{ tool: 'refund', args: { order: 'A1', amount: 20 }, result: 'Error: closed on Sundays' }] },
      { text: 'Please come back on Monday.', calls: [] },
    ],
  },
]

describe('a conversation gives the same steps however it is spelled', () => {
  for (const format of ['events', 'openai', 'anthropic', 'otel', 'steps'] as const)
    test(`as ${format}`, () => {
      const found = read(spell(format, 'c1', REFUND))
      expect(found.format).toBe(format)
      expect(found.problems).toEqual([])
      expect(found.conversations).toMatchObject([{ conversation: 'c1', steps: stepsOf('c1', REFUND) }])
      fc.assert(
        fc.property(exchanges, (talk) => {
          expect(read(spell(format, 'c', talk), format).conversations[0]?.steps).toEqual(stepsOf('c', talk))
        }),
        { numRuns: 200 },
      )
    })

  test('as Responses API items', () => {
    expect(read(responses('c1', REFUND)).format).toBe('openai')
    fc.assert(
      fc.property(exchanges, (talk) => {
        expect(read(responses('c', talk)).conversations[0]?.steps).toEqual(stepsOf('c', talk))
      }),
    )
  })
})

describe('reading never gives up', () => {
  test('a line cut off is named with its number, and the others are read', () => {
    const line = spell('events', 'a', REFUND)
    const found = read(`${line}\n${line.slice(0, 80)}\n\n${spell('events', 'b', REFUND)}\n`)
    expect(found.conversations.map(({ conversation }) => conversation)).toEqual(['a', 'b'])
    expect(found.problems).toMatchObject([{ file: 'talk.jsonl', line: 2 }])
  })

  test('an event that says nothing is named, and the conversation goes on', () => {
    const odd = {
      id: 'a',
      events: [{ kind: 'user', content: 'Hi' }, { kind: 'tool_call' }, { kind: 'dreams' }],
    }
    const found = read(JSON.stringify(odd))
    expect(found.conversations[0]?.steps).toHaveLength(1)
    expect(found.problems.map(({ what }) => what.split(' ')[0])).toEqual(['`events[1]`', '`events[2]`'])
  })

  test('arguments that are no JSON are named, and the call still counts', () => {
    const found = read(
      JSON.stringify({
        messages: [
          { role: 'assistant', tool_calls: [{ id: '1', function: { name: 'refund', arguments: '{"a":' } }] },
        ],
      }),
    )
    expect(found.conversations[0]?.steps).toMatchObject([{ kind: 'calls', name: 'refund', fields: {} }])
    expect(found.problems).toHaveLength(1)
  })

  test('any JSON in any format is read or refused, never thrown at', () => {
    const formats = fc.constantFrom<Format>('events', 'steps', 'fleet', 'openai', 'anthropic', 'otel')
    const field = fc.constantFrom(
      'events',
      'messages',
      'role',
      'content',
      'kind',
      'tool_calls',
      'type',
      'parts',
    )
    const near = fc.letrec((tie) => ({
      json: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom<Json>('user', 'assistant', 'tool_use', 'tool_call', 'message', null, 1, ''),
        fc.array(tie('json'), { maxLength: 3 }),
        fc.dictionary(field, tie('json'), { maxKeys: 4 }),
      ),
    })).json
    fc.assert(
      fc.property(formats, fc.array(fc.oneof(fc.jsonValue(), near), { maxLength: 3 }), (format, values) => {
        const text = values.map((value) => JSON.stringify(value)).join('\n')
        expect(read(text, format).conversations.length).toBeLessThan(1_000)
        expect(readTraces(text, { file: 'x', voice, startsAt: 0 }).kind).toBeTypeOf('string')
      }),
      { numRuns: 500 },
    )
  })

  test('a text of no format says so, and steps need nobody to speak for them', () => {
    const options = { file: 'x', startsAt: 0 }
    expect(readTraces('{"hello": 1}', options).kind).toBe('of no known format')
    expect(readTraces(spell('openai', 'c', REFUND), options).kind).toBe('in need of a voice')
    expect(readTraces(spell('steps', 'c', REFUND), options).kind).toBe('read')
  })
})

describe('time', () => {
  const at = '2026-03-01T10:00:00Z'
  const events = [
    { kind: 'user', content: 'Hi', at },
    { kind: 'assistant', content: 'Hello' },
    { kind: 'user', content: 'Bye', at: Date.parse(at) / 1_000 + 60 },
  ]

  test('is the recording’s where it has one, and a second later where it has none', () => {
    const [first] = read(JSON.stringify({ id: 'c', events })).conversations
    expect(first?.steps.map((step) => step.at - Date.parse(at))).toEqual([0, 1_000, 60_000])
  })

  test('of spans is when the request began and when its answer was there', () => {
    const text = (role: string, content: string) =>
      JSON.stringify([{ role, parts: [{ type: 'text', content }] }])
    const attributes = Object.entries({
      'gen_ai.operation.name': 'chat',
      'gen_ai.input.messages': text('user', 'Hi'),
      'gen_ai.output.messages': text('assistant', 'Hello'),
    }).map(([key, stringValue]) => ({ key, value: { stringValue } }))
    const span = {
      traceId: 't',
      startTimeUnixNano: '1772359200000000000',
      endTimeUnixNano: '1772359202500000000',
      attributes,
    }
    const [first] = read(
      JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
    ).conversations
    expect(first?.conversation).toBe('t')
    expect(first?.steps.map((step) => step.at)).toEqual([1_772_359_200_000, 1_772_359_202_500])
  })
})

describe('spans', () => {
  const attributes = (entries: Readonly<Record<string, Json>>) =>
    Object.entries(entries).map(([key, value]) => ({ key, value: { stringValue: value } }))
  const export_ = (...spans: Json[]) => JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] })

  test('without captured content still tell which tools were called, and the gap is named', () => {
    const tool = attributes({ 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'refund' })
    const found = read(export_({ traceId: 't', attributes: tool }))
    expect(found.conversations[0]?.steps).toMatchObject([{ kind: 'calls', name: 'refund', fields: {} }])
    expect(found.problems[0]?.help).toContain('CAPTURE_MESSAGE_CONTENT')
  })

  test('of a tool that failed give a failure', () => {
    const tool = attributes({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'refund',
      'gen_ai.tool.call.arguments': '{}',
      'error.type': 'timeout',
    })
    const [first] = read(export_({ traceId: 't', attributes: tool, status: { code: 2 } })).conversations
    expect(first?.steps[1]).toMatchObject({ kind: 'fails', name: 'refund', fields: { error: 'timeout' } })
  })

  test('whose messages stand in an event count as if they stood in the span, and once', () => {
    const said = JSON.stringify([{ role: 'assistant', parts: [{ type: 'text', content: 'Hello' }] }])
    const chat = attributes({ 'gen_ai.operation.name': 'chat', 'gen_ai.output.messages': said })
    const event = {
      name: 'gen_ai.client.inference.operation.details',
      attributes: attributes({ 'gen_ai.output.messages': said }),
    }
    const [first] = read(
      export_({ traceId: 't', spanId: 's', attributes: chat, events: [event] }),
    ).conversations
    expect(first?.steps).toMatchObject([{ kind: 'answers', fields: { text: 'Hello' } }])
  })
})
