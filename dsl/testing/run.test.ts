import { expect, test } from 'vitest'
import { describeVerdict } from '../judge/describe.ts'
import { compile } from '../pipeline.ts'
import { source } from '../source.ts'
import { runTests } from './run.ts'

const POLICY = `
policy "Refund desk" version 1.0
schema Refund {
  order:    text like "ORD-######"
  amount:   money in USD, over 0 USD, at most 2_000 USD
  evidence: list of text, optional
  check "Evidence above fifty": amount <= 50 USD or evidence is present
}
tool lookup_order(order: text) returns { status: text } { reads only }
tool issue_refund(Refund) { external, idempotent by order }
agent clerk { may call lookup_order, issue_refund  may answer customer  at most 3 steps per conversation }
agent supervisor { may call issue_refund }

rule "Large refunds need a supervisor" {
  when clerk calls issue_refund and amount > 100 USD
  then ask supervisor within 4 hours, otherwise deny
  because "Refund manual 3.2"
}
rule "No card numbers leave the house" {
  when anyone answers and text contains card_number
  then redact card_number in text
}
rule "Never spoken of" { when anyone answers and text contains "gold bars" then quarantine }
consistency "Look before you refund" {
  for each order
  issue_refund needs an earlier lookup_order within 30 minutes
}

test "a large refund waits" {
  given  clerk calls lookup_order with order = "ORD-000123"
  when   clerk calls issue_refund with order = "ORD-000123", amount = 150 USD, evidence = ["a"]
  expect ask supervisor because "Large refunds need a supervisor"
}
test "evidence is needed" {
  given  clerk calls lookup_order with order = "ORD-000123"
  when   clerk calls issue_refund with order = "ORD-000123", amount = 60 USD
  expect deny because "Evidence above fifty"
}
test "a look grows old" {
  given  clerk calls lookup_order with order = "ORD-000123"
  when   after 31 minutes, clerk calls issue_refund with order = "ORD-000123", amount = 1 USD
  expect deny because "Look before you refund"
}
test "three steps are enough" {
  given  clerk calls lookup_order with order = "ORD-000001"
  given  clerk calls lookup_order with order = "ORD-000002"
  given  clerk calls lookup_order with order = "ORD-000003"
  when   clerk calls lookup_order with order = "ORD-000004"
  expect deny because "limit of clerk"
}
test "a card number is cut out" {
  when   clerk answers customer with text = "It was 4111 1111 1111 1111."
  expect repair because "No card numbers leave the house"
}
test "this one is wrong" {
  when   supervisor calls lookup_order with order = "ORD-000001"
  expect allow
}
`

function planOf(text: string) {
  const { plan, diagnostics } = compile(source(text, 'refund.parapet'))
  if (plan === undefined) throw new Error(diagnostics.map((diagnostic) => diagnostic.message).join('\n'))
  return plan
}

test('tests pass or say what came instead, and coverage names what never spoke', () => {
  const run = runTests(planOf(POLICY))
  const failures = run.results.flatMap((result) => (result.kind === 'failed' ? [result] : []))
  expect(failures.map((failure) => [failure.test.name, failure.message])).toEqual([
    [
      'this one is wrong',
      'expected allow, but it was denied: supervisor may: `supervisor` may not take the step calls `lookup_order`',
    ],
  ])
  expect(run.coverage.silent).toEqual(['Never spoken of'])
})

test('a verdict reads as a person would tell it', () => {
  const [first] = runTests(planOf(POLICY)).results
  expect(describeVerdict(first!.verdict)).toBe(`waits for a decision
  ask  Large refunds need a supervisor [refund.parapet:14]
    found    \`amount\` is 150 USD, over 100 USD
    because  Refund manual 3.2
  ask supervisor within 4 hours, otherwise deny`)
})

test('what every object inherits is a name like any other: of fields, tools, agents, and as a value', () => {
  const plan = planOf(`policy "Odd names" version 1
schema Odd { __proto__: text, at most 4 characters  constructor: text  toString: text, optional }
table limits by valueOf { "__proto__": 5  "plain": 6 }
tool constructor(odd: Odd) { reads only }
tool __proto__(valueOf: text) { external, idempotent }
tool toString() { reads only }
agent hasOwnProperty { may call constructor, __proto__ }
rule "Bad" { when hasOwnProperty calls constructor and odd.__proto__ is "bad" then deny }
rule "Told" { when hasOwnProperty calls constructor and odd.toString is present then deny }
rule "Listed" { when hasOwnProperty calls __proto__ and limits for valueOf is 5 then warn }
rule "Not listed" { when hasOwnProperty calls __proto__ and limits for valueOf is 6 then deny }
consistency "Once" { for each valueOf  __proto__ at most once }
test "read" { when hasOwnProperty calls constructor with odd = { __proto__ = "bad", constructor = "c" } expect deny because "Bad" }
test "let be" { when hasOwnProperty calls constructor with odd = { __proto__ = "good", constructor = "c" } expect allow }
test "held to its limit" { when hasOwnProperty calls constructor with odd = { __proto__ = "longer", constructor = "c" } expect deny }
test "missed" { when hasOwnProperty calls constructor with odd = { constructor = "c" } expect deny because "constructor" }
test "not inherited" { when hasOwnProperty calls toString expect deny }
test "counted" {
  given hasOwnProperty calls __proto__ with valueOf = "__proto__"
  when hasOwnProperty calls __proto__ with valueOf = "__proto__"
  expect deny because "Once"
}
test "counted apart" {
  given hasOwnProperty calls __proto__ with valueOf = "__proto__"
  when hasOwnProperty calls __proto__ with valueOf = "constructor"
  expect deny because "Listed"
}
`)
  expect(runTests(plan).results.filter(({ kind }) => kind !== 'passed')).toEqual([])
})
