/** What would mean nothing is refused, never ignored. */
import { expect, test } from 'vitest'
import { compile } from '../pipeline.ts'
import { source } from '../source.ts'

const VOCABULARY = `policy "P" version 1.0
tool a(k: text, n: number, m: money in EUR, l: list of text)
tool b(k: text, n: number, m: money in USD)
tool q(k: text)
tool r(k: text)
agent clerk { may call a, b, q, r }
table dollars by k { "x": 3 USD }
`

function codesOf(body: string): string[] {
  const { diagnostics } = compile(source(`${VOCABULARY}consistency "C" {\n${body}\n}\n`, 'p.parapet'))
  return diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code)
}

test.each([
  ['a chain by someone else', 'a needs an earlier b, then q by someone else', 'P0225'],
  ['a quorum each time', 'a needs an earlier b each time by 2 others', 'P0225'],
  ['a deadline on what is forbidden', 'a never after b within 1 hour', 'P0225'],
  ['a window on what must be reached', 'a at least 2 times in any 1 hour', 'P0225'],
  ['a calendar on an exact number', 'a exactly 2 times per calendar day in "UTC"', 'P0225'],
  ['an end of a turn', 'per turn\na at least once', 'P0225'],
  ['a stretch of a turn', 'per turn\nafter q\na never', 'P0225'],
  ['a state of a conversation', 'per conversation\nwhile in busy\na never', 'P0225'],
  ['a join at the end of a stretch', 'between q and r\na requires b with the same k', 'P0225'],
  ['another step the second time', 'every a has its b before the end, and no b without a', 'P0225'],
  ['other steps the second time', 'every a has its b, and no a without b', 'P0225'],
  ['another that is not it', 'a is followed by b before another b', 'P0225'],
  ['a time apart for what is not direct', 'a requires b at least 1 second later', 'P0225'],
  ['until with more', 'a never after q with the same k until r', 'P0225'],
  ['directly and until', 'a never directly after q until r', 'P0225'],
  ['a chain of what is forbidden', 'a never after b, then q', 'P0004'],
  ['both an end and a deadline', 'a is followed by b before the end within 1 hour', 'P0225'],
  ['no deadline', 'a is followed by b', 'P0215'],
  ['a deadline without its unit', 'a and b alternate within 5', 'P0205'],
  ['half a person', 'a needs an earlier b by 1.5 others', 'P0218'],
  ['no times', 'a at least 0 times', 'P0218'],
  ['too many different values', 'distinct k of a at most 2_000', 'P0218'],
  ['a bound on an average that is no value', 'average n of a at most n', 'P0214'],
  ['a bound that is computed', 'total n of a at most (n + 1)', 'P0214'],
  ['a number that must be reached and is read', 'total n of a at least n', 'P0214'],
  ['a limit of another currency', 'total m of a at most dollars for k', 'P0203'],
  ['a limit from a table that is not there', 'total n of a at most nowhere for k', 'P0109'],
  ['a limit that no step has', 'total n of a at most budget', 'P0108'],
  ['an amount of times', 'a at most m times', 'P0218'],
  ['times of a text', 'a at most k times', 'P0218'],
  ['times that must be reached and are read', 'a at least n times', 'P0218'],
  ['a highest text', 'highest k of a at most 3', 'P0214'],
  ['a list that stays', 'l of a stays the same', 'P0201'],
  ['two currencies', 'm in a agrees with m in the latest b', 'P0203'],
  ['nearly a text', 'k in a agrees with k in the latest b within 5 %', 'P0205'],
  ['a zone nobody knows', 'a at most once per calendar day in "Mars/Olympus"', 'P0117'],
  ['two stretches', 'after q\nbefore r\na never', 'P0012'],
  ['a rest until a step', 'a never within 1 hour after q until r', 'P0225'],
  ['so many until a step', 'a never after q 3 times until r', 'P0225'],
  ['a rest without its unit', 'a never within 5 after b', 'P0205'],
  ['a rest after nothing', 'a never within 1 hour after b 0 times', 'P0218'],
  ['a rest after more than are kept', 'a never after b 101 times in any 1 hour', 'P0218'],
  ['a tool of an answer', 'for each tool\nanswers at most once', 'P0115'],
  ['a tool in back-ticks', 'for each `tool`\na at most once', 'P0115'],
  ['a stretch without the key', 'for each n\nafter q\na never', 'P0115'],
])('%s', (_, body, code) => {
  expect(codesOf(body)).toContain(code)
})

test.each([
  'for each k\nafter q until r\na is followed by b before the end',
  'while in busy\nfor each k\na at most once',
  'per turn\na is followed by b within 1 hour',
  'n in a never falls below n in the latest b within 5 %',
  'every a has its b within 1 day, and no b without a',
  'for each tool\ncalls never within 1 hour after failure of any tool 5 times in any 2 minutes',
  'for each actor, k\na never within 1 hour after b',
  'a never after failure of a 3 times, otherwise quarantine',
])('%s is fine', (body) => {
  expect(codesOf(body)).toEqual([])
})

test('a field called tool goes before the tool of a step, and only where a step that is named has it', () => {
  const keysOf = (tool: string, body: string) =>
    compile(
      source(`policy "P" version 1.0\n${tool}\nconsistency "C" {\n${body}\n}\n`),
    ).plan?.consistencies.map(({ forEach, forEachOf }) => [forEach, forEachOf])
  const wrench = 'tool fetch(tool: text)\ntool drop(id: text)'
  expect(keysOf(wrench, 'for each tool  fetch at most once')).toEqual([[[['tool']], undefined]])
  expect(keysOf(wrench, 'for each tool  calls at most once')).toEqual([[[], ['tool']]])
  expect(keysOf(wrench, 'for each tool  drop at most once')).toEqual([[[], ['tool']]])
})
