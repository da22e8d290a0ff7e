/** Mistakes in different places are told once each, and the rest of the text is read as if they were not there. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compile } from './pipeline.ts'
import { source } from './source.ts'

/** A declaration as it should be, and as it is written by mistake. */
const DECLARATIONS: readonly (readonly [right: string, wrong: string])[] = [
  ['schema Order { id: text  price: money in USD }', 'schema Order { id: txt  price: money in USD }'],
  ['message note { text: text }', 'message note { text text }'],
  [
    'tool pay(to: text, amount: money in USD) { external }',
    'tool pay(to: text, amount: money in USD { external }',
  ],
  ['tool look(id: text) returns Order { reads only }', 'tool look(id: text) returns Ordr { reads only }'],
  ['agent clerk { may call pay, look }', 'agent clerk { may call pay, lok }'],
  ['words greetings are "hi", "hello"', 'words greetings are "hi" "hello"'],
  [
    'rule "a" { when clerk calls pay and amount > 5 USD then deny }',
    'rule "a" { when clerk calls pay and amount > 5 USD then denny }',
  ],
  [
    'rule "b" { when clerk calls pay and amount > 5 USD then deny }',
    'rule "b" { when clerk calls pay and amont > 5 USD then deny }',
  ],
  [
    'rule "c" { when clerk calls pay and amount > 5 USD then deny }',
    'rule "c" { when clerk calls pay and amount > 5 EUR then deny }',
  ],
  [
    'rule "d" { when clerk calls pay and (amount > 5 USD) then deny }',
    'rule "d" { when clerk calls pay and (amount > 5 USD then deny }',
  ],
  ['consistency "e" { pay needs an earlier look }', 'consistency "e" { pay needs earlier look }'],
  ['consistency "f" { pay at most 2 times }', 'consistency "f" { pay at most twice }'],
  ['consistency "g" { pay at most once }', 'consistency "g" { pay at mots once }'],
  ['flow "h" { to of pay comes only from look }', 'flow "h" { to of pay comes only form look }'],
  [
    'test "i" { when clerk calls pay with to = "a", amount = 1 USD expect deny }',
    'test "i" { when clerk calls pay with to = "a" amount = 1 USD expect deny }',
  ],
]

const textOf = (wrong: ReadonlySet<number>): string =>
  ['policy "P" version 1', ...DECLARATIONS.map((both, index) => both[wrong.has(index) ? 1 : 0])].join('\n')

test('without mistakes there is nothing to say', () => {
  expect(compile(source(textOf(new Set()))).diagnostics).toEqual([])
})

test('each mistake is told once, where it stands, however many there are', () => {
  const indices = DECLARATIONS.map((_, index) => index)
  fc.assert(
    fc.property(fc.subarray(indices, { minLength: 1 }), (chosen) => {
      const text = source(textOf(new Set(chosen)))
      const lines = compile(text).diagnostics.map(({ span }) => text.position(span[0]).line)
      expect(lines).toEqual(chosen.map((index) => index + 2))
    }),
  )
})
