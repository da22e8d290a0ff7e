import { expect, test } from 'vitest'
import { openDocument } from '../document.ts'
import { complete } from './complete.ts'

const VOCABULARY = `policy "Desk" version 1.0
schema Order { id: text  status: one of "open", "closed"  price: money in USD  lines: list of Line  paid: yes or no }
schema Line { sku: text  amount: money in USD }
tool lookup_order(order: text) returns Order { reads only }
tool issue_refund(order: text, amount: money in USD, reason: text, speed: one of "slow", "fast") returns text { external }
message escalation { reason: text }
agent clerk { may call lookup_order, issue_refund }
agent supervisor { may send escalation to clerk }
words affirmations are "yes", "sure"
table caps by tier { "gold": 5 }
group writes is issue_refund
fact consent is clerk sends escalation
rule "Large refunds wait" { when clerk calls issue_refund then deny }
`

/** Labels offered at the bar of `text`, written after the vocabulary. */
function offered(text: string): readonly string[] {
  const at = text.indexOf('|')
  const document = openDocument(VOCABULARY + text.replace('|', ''))
  return complete(document, VOCABULARY.length + at).items.map((item) => item.label)
}

test.each([
  ['between declarations, declarations', '|', ['rule', 'schema', 'test']],
  [
    'after `calls`, tools and groups',
    'rule "r" { when clerk calls |',
    ['lookup_order', 'issue_refund', 'writes', 'anything'],
  ],
  ['after `sends`, messages', 'rule "r" { when clerk sends | }', ['escalation']],
  ['after an agent, verbs', 'rule "r" { when clerk | }', ['calls', 'answers', 'sends']],
  [
    'at a step, agents and bare names',
    'rule "r" { when | }',
    ['clerk', 'anyone', 'issue_refund', 'escalation', 'consent'],
  ],
  [
    'after `result of`, tools',
    'rule "r" { when clerk calls writes where o is the latest result of | }',
    ['lookup_order'],
  ],
  ['after a step, `and`', 'rule "r" { when clerk calls issue_refund | }', ['and']],
  [
    'in a condition, fields of the step',
    'rule "r" { when clerk calls issue_refund and |',
    ['amount', 'reason', 'order', 'now', 'caps'],
  ],
  [
    'in a condition, values named further down',
    'rule "r" {\n  when clerk calls issue_refund and |\n  where order_seen is the latest result of lookup_order\n}',
    ['order_seen'],
  ],
  [
    'after a dot, fields of the value',
    'rule "r" {\n  when clerk calls issue_refund and o.|\n  where o is the latest result of lookup_order\n}',
    ['id', 'status', 'price', 'lines'],
  ],
  [
    'after `is`, the options of the field',
    'rule "r" { when clerk calls issue_refund and speed is |',
    ['slow', 'fast', 'one of', 'present'],
  ],
  [
    'within quotes, the options',
    'rule "r" { when clerk calls issue_refund and speed is "|"',
    ['slow', 'fast'],
  ],
  [
    'after `one of`, the options',
    'rule "r" { when clerk calls issue_refund and speed is one of "slow", |',
    ['slow', 'fast'],
  ],
  [
    'after text, tests of text',
    'rule "r" { when clerk calls issue_refund and reason |',
    ['contains', 'starts with', 'is'],
  ],
  [
    'after an amount, comparisons',
    'rule "r" { when clerk calls issue_refund and amount |',
    ['is over', 'is at most', '>'],
  ],
  [
    'after `contains`, detectors and words',
    'rule "r" { when clerk calls issue_refund and reason contains |',
    ['card_number', 'any of'],
  ],
  [
    'after `any of`, words',
    'rule "r" { when clerk calls issue_refund and reason contains any of |',
    ['affirmations'],
  ],
  [
    'after a number, units and currencies',
    'rule "r" { when clerk calls issue_refund and amount > 10 |',
    ['USD', 'minutes'],
  ],
  [
    'a quantifier’s variable and its fields',
    'rule "r" {\n  when clerk calls issue_refund and some l in o.lines has (l.|)\n  where o is the latest result of lookup_order\n}',
    ['sku', 'amount'],
  ],
  ['after `then`, actions', 'rule "r" { when clerk calls writes then | }', ['deny', 'ask', 'redact']],
  ['after `ask`, agents', 'rule "r" { when clerk calls writes then ask | }', ['supervisor']],
  [
    'after `redact`, detectors and fields',
    'rule "r" { when clerk calls issue_refund then redact | }',
    ['card_number', 'reason'],
  ],
  [
    'on a new line of a rule, its clauses',
    'rule "r" {\n  when clerk calls issue_refund\n  |\n}',
    ['then', 'because', 'where'],
  ],
  [
    'after `severity`, levels',
    'rule "r" { when clerk calls writes then deny severity | }',
    ['low', 'critical'],
  ],
  [
    'join keys, fields of the step',
    'rule "r" { when clerk calls issue_refund where o is the latest result of lookup_order with the same | }',
    ['order'],
  ],
  [
    'after `is the`, what earlier steps come to',
    'rule "r" { when clerk calls issue_refund where o is the | }',
    ['latest', 'number of', 'total', 'time since the latest'],
  ],
  [
    'after `the number of`, steps',
    'rule "r" { when clerk calls issue_refund where o is the number of | }',
    ['lookup_order', 'failure of'],
  ],
  [
    'after what is counted, windows',
    'rule "r" { when clerk calls issue_refund where o is the number of lookup_order | }',
    ['in the last', 'since the latest', 'with the same'],
  ],
  [
    'after `since the latest`, steps',
    'rule "r" { when clerk calls issue_refund where o is the number of lookup_order since the latest | }',
    ['issue_refund'],
  ],
  ['after `for`, keys', 'consistency "c" { for | }', ['each', 'each tool', 'each actor']],
  [
    'at the start of a consistency, scopes and steps',
    'consistency "c" {\n  |\n}',
    ['for each', 'per turn', 'issue_refund'],
  ],
  [
    'after its step, relations',
    'consistency "c" { issue_refund | }',
    ['needs an earlier', 'at most', 'never', 'is followed by'],
  ],
  [
    'after `earlier`, steps',
    'consistency "c" { issue_refund needs an earlier | }',
    ['lookup_order', 'clerk'],
  ],
  [
    'after the second step, terms',
    'consistency "c" { issue_refund needs an earlier lookup_order | }',
    ['within', 'with the same', 'by someone else'],
  ],
  [
    'in parentheses, conditions',
    'consistency "c" { (clerk calls issue_refund and |) at most once }',
    ['amount'],
  ],
  [
    'after a step, all relations',
    'consistency "c" { issue_refund | }',
    ['exactly', 'excludes a later', 'requires'],
  ],
  ['stretches', 'consistency "c" {\n  |\n}', ['between', 'while in', 'first step is']],
  ['at the start of a flow, labels and fields', 'flow "f" {\n  |\n}', ['label', 'amount']],
  [
    'after `from` in a flow, sources',
    'flow "f" { amount of issue_refund comes only from | }',
    ['lookup_order', 'clerk'],
  ],
  ['after `reaches`, where to', 'flow "f" { private never reaches | }', ['issue_refund', 'escalation']],
  ['after `use`, what', 'use |', ['tools from', 'schema']],
  [
    'after `expect`, verdicts',
    'test "t" { when clerk calls issue_refund expect | }',
    ['allow', 'deny', 'ask'],
  ],
  [
    'after `because` in a test, names of checks',
    'test "t" { when clerk calls issue_refund expect deny because | }',
    ['Large refunds wait'],
  ],
  [
    'within its quotes too',
    'test "t" { when clerk calls issue_refund expect deny because "La|" }',
    ['Large refunds wait'],
  ],
  [
    'after `with`, fields not yet given',
    'test "t" { when clerk calls issue_refund with order = "1", | }',
    ['amount', 'reason'],
  ],
  [
    'after `=`, values of the field',
    'test "t" { when clerk calls issue_refund with speed = | }',
    ['slow', 'fast'],
  ],
  [
    'inside a record, its fields',
    'test "t" { given result of lookup_order to clerk with lines = [{ | }] }',
    ['sku', 'amount'],
  ],
  ['after `may`, verbs', 'agent other { may | }', ['call', 'send', 'answer']],
  ['after `may call`, tools', 'agent other { may call | }', ['lookup_order', 'writes']],
  ['after `to`, agents', 'agent other { may send escalation to | }', ['clerk', 'supervisor']],
  ['after a colon, types', 'schema S { a: | }', ['text', 'money in', 'Order']],
  ['after `money in`, currencies', 'schema S { a: money in | }', ['USD', 'EUR']],
  ['after `as`, formats', 'schema S { a: text as | }', ['email', 'iban']],
  ['after a comma, limits', 'schema S { a: text, | }', ['optional', 'at most']],
  ['after `returns`, types', 'tool t(a: text) returns |', ['Order', 'text']],
  ['in a group, names', 'group g is lookup_order, |', ['issue_refund', 'escalation']],
  ['after `across`, whose', 'consistency "c" { across | }', ['the fleet']],
  ['in a consistency, how far it reaches', 'consistency "c" {\n  | }', ['across the fleet', 'per agent']],
  ['of a detector, what it may cost', 'detector gloom over text { | }', ['cost', 'within', 'threshold']],
  ['of a detector, what is not said yet', 'detector gloom over text { cost 0.1 USD, | }', ['within']],
  ['after a length of time of a detector, units', 'detector gloom over text { within 2 | }', ['seconds']],
  ['after `needs`, what may be needed', 'needs |', ['tool', 'message', 'group']],
  ['in what is needed, types', 'needs tool t(a: |', ['text', 'Order']],
  ['for a parameter, types', 'parameter p: |', ['money in', 'duration']],
  ['for a parameter, limits', 'parameter p: text, |', ['default', 'at most']],
  ['after `may answer`, how', 'agent other { may answer customer | }', ['by sentence']],
])('offers %s', (_, text, wanted) => {
  expect(offered(text)).toEqual(expect.arrayContaining(wanted))
})

test('offers nothing in comments and where a name is made up', () => {
  expect(offered('# when |')).toEqual([])
  expect(offered('schema |')).toEqual([])
})

test('does not offer fields that are given already', () => {
  expect(offered('test "t" { when clerk calls issue_refund with order = "1", | }')).not.toContain('order')
})

test('replaces the word being written, and quotes what is text', () => {
  const text = `${VOCABULARY}rule "r" { when clerk calls issue_refund and speed is slo`
  const made = complete(openDocument(text), text.length)
  expect(made.replace).toEqual([text.length - 3, text.length])
  expect(made.items.find((item) => item.label === 'slow')?.insert).toBe('"slow"')
})
