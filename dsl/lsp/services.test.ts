import { describe, expect, test } from 'vitest'
import { openDocument } from './document.ts'
import { fixesFor } from './fixes.ts'
import { foldsOf } from './folding.ts'
import { difference, formatEdits } from './formatting.ts'
import { hover } from './hover.ts'
import { inlaysIn } from './inlays.ts'
import { lensesOf } from './lenses.ts'
import { findDefinition, findReferences } from './navigate.ts'
import { findSymbols, outlineOf } from './outline.ts'
import { rename } from './rename.ts'
import { runPolicyTests } from './run-tests.ts'
import { selectionsAt } from './selection.ts'
import { semanticTokens } from './semantic-tokens.ts'
import { signatureAt } from './signature.ts'
import { applyEdits } from './text-edit.ts'

const POLICY = `policy "Desk" version 1.0

# What an order is.
# It has lines.
schema Order {
  id:    text
  lines: list of Line
  price: money in USD, over 0 USD
  check "Has a price": price is present
}
schema Line { sku: text  amount: money in USD }

tool lookup_order(order: text) returns Order { reads only }
tool issue_refund(order: text, amount: money in USD) returns text { external, idempotent by order }
message note { text: text }

agent clerk {
  may call lookup_order
  may send note to boss
}
agent boss {
  may receive note from clerk
}
words greetings are "hello", "hi"
table caps by tier { "1": 5 USD }
group reads_and_writes is lookup_order, issue_refund
fact greeted is clerk sends note and text contains any of greetings

rule "No more than paid" {
  when clerk calls issue_refund and amount > fee and some l in seen.lines has (l.amount < amount)
  where seen is the latest result of lookup_order with the same order as there id
    and fee is caps for order
  then deny
}

consistency "Look first" {
  for each order
  issue_refund needs an earlier lookup_order within 36 hours
  because "Manual"
}

test "too much" {
  given  result of lookup_order to clerk with id = "1", lines = [{ sku = "a", amount = 1 USD }]
  when   clerk calls issue_refund with order = "1", amount = 9 USD
  expect deny because "No more than paid"
}
`

const DOCUMENT = openDocument(POLICY)

/** Offset of the letter after the bar; the words are found without it. */
function at(words: string, text = POLICY): number {
  const bar = words.indexOf('|')
  return text.indexOf(words.replace('|', '')) + bar
}

function shown(spans: readonly (readonly [number, number])[], text = POLICY): readonly string[] {
  return spans.map(([start]) => {
    const line = text.slice(0, start).split('\n').length
    return `${line}:${start - text.lastIndexOf('\n', start - 1)}`
  })
}

test('the policy of these tests is well written', () => {
  expect(DOCUMENT.analysis.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
})

describe('definition', () => {
  test.each([
    ['a tool', 'calls |issue_refund and', 'tool |issue_refund'],
    ['an agent as peer', 'note to |boss', 'agent |boss'],
    ['a schema', 'list of |Line', 'schema |Line'],
    ['words', 'any of |greetings', 'words |greetings'],
    ['a table', '|caps for order', 'table |caps'],
    ['a named value', 'in |seen.lines', 'where |seen'],
    ['a field of a named value', 'seen.|lines', '  |lines: list of'],
    ['a variable', '(|l.amount', 'some |l in'],
    ['a field of a variable', 'l.|amount', 'sku: text  |amount'],
    ['a field of the step', 'and |amount > fee', 'issue_refund(order: text, |amount'],
    ['a join key of the other step', 'there |id', '  |id:    text'],
    ['a tool’s key', 'idempotent by |order', 'issue_refund(|order'],
    ['a value of a test', 'with order = "1", |amount', 'issue_refund(order: text, |amount'],
    ['a value inside a test’s list', '{ |sku = "a"', 'Line { |sku'],
    ['the check a test expects', 'because "|No more', 'rule "|No more'],
    ['a field in a schema’s own check', ': |price is present', '  |price: money'],
  ])('finds %s', (_, from, to) => {
    expect(findDefinition(DOCUMENT, at(from))?.targets.map(([start]) => start)).toEqual([at(to)])
  })

  test('of a key that both steps have is in both', () => {
    expect(findDefinition(DOCUMENT, at('for each |order'))?.targets).toHaveLength(2)
  })

  test('of a word of the language is nowhere', () => {
    expect(findDefinition(DOCUMENT, at('|needs an'))).toBeUndefined()
  })
})

test('references leave the declaration out when it is not wanted', () => {
  const spans = findReferences(DOCUMENT, at('tool |issue_refund'), { withDeclaration: false })
  expect(shown(spans)).toEqual(['26:41', '30:20', '38:3', '44:22'])
})

describe('rename', () => {
  const renamed = (words: string, name: string): string => {
    const made = rename(DOCUMENT, at(words), name)
    return made.kind === 'edits' ? applyEdits(POLICY, made.edits) : made.message
  }

  test('puts back-ticks where the name could be read as something else', () => {
    expect(renamed('agent |clerk', 'or')).toContain('when   `or` calls issue_refund')
    expect(renamed('agent |clerk', 'the clerk')).toContain('agent `the clerk` {')
  })

  test('changes texts that name a check', () => {
    expect(renamed('because "|No more', 'Say "no"')).toContain('expect deny because "Say \\"no\\""')
  })

  test('renames what must stay the same together', () => {
    const text = renamed('for each |order', 'ticket')
    expect(text).toContain('tool lookup_order(ticket: text)')
    expect(text).toContain('tool issue_refund(ticket: text')
    expect(text).toContain('idempotent by ticket')
    expect(text).toContain('with the same ticket as there id')
    expect(openDocument(text).hasErrors).toBe(false)
  })

  test.each([
    ['tool |issue_refund', 'lookup_order', 'declared twice'],
    ['and |fee is', 'amount', 'already a field'],
    ['agent |clerk', '  ', 'at least one character'],
    ['agent |clerk', 'a`b', 'no back-tick'],
    ['|needs an', 'x', 'no name here'],
  ])('is refused at `%s` to `%s`', (from, name, why) => {
    expect(renamed(from, name)).toContain(why)
  })
})

describe('hover', () => {
  test.each([
    ['a tool with its fields', 'calls |issue_refund and', '| `amount` | money in USD |'],
    ['limits of a field', '  |price: money', 'price: money in USD, over 0 USD'],
    ['what a check keeps', '"|Look first"', 'gone after 36 hours'],
    ['what a named value keeps', '|seen.lines', 'until the conversation ends'],
    ['words', 'any of |greetings', '"hello", "hi"'],
    ['members of a group', 'group |reads', '`lookup_order`, `issue_refund`'],
    ['a word of the language', '|needs an', 'X needs an earlier Y'],
  ])('shows %s', (_, place, wanted) => {
    expect(hover(DOCUMENT, at(place))?.markdown).toContain(wanted)
  })

  test('says nothing in comments', () => {
    expect(hover(DOCUMENT, at('# What |an order'))).toBeUndefined()
  })
})

test('the outline nests fields in schemas and named values in rules', () => {
  const items = outlineOf(DOCUMENT)
  expect(items.find((item) => item.name === 'Order')?.inside.map((item) => item.name)).toEqual([
    'id',
    'lines',
    'price',
    'Has a price',
  ])
  expect(items.find((item) => item.name === 'No more than paid')?.inside.map((item) => item.name)).toEqual([
    'seen',
    'fee',
  ])
})

test('symbols are found by their letters in order', () => {
  expect(findSymbols(DOCUMENT, 'issref').map((found) => found.name)).toEqual(['issue_refund'])
})

test('comments that stand together fold, and brackets over several lines', () => {
  expect(foldsOf(DOCUMENT).slice(0, 2)).toEqual([
    { from: 3, to: 4, kind: 'comment' },
    { from: 5, to: 9, kind: 'region' },
  ])
})

test('selections grow from the word to the file', () => {
  const texts = selectionsAt(DOCUMENT, at('(l.am|ount')).map(([start, end]) => POLICY.slice(start, end))
  expect(texts.slice(0, 4)).toEqual(['amount', 'l.amount', 'l.amount < amount', '(l.amount < amount)'])
  expect(texts.at(-1)).toBe(POLICY)
})

test('words are coloured by what they mean', () => {
  const types = new Map(semanticTokens(DOCUMENT).map(({ span, type }) => [span[0], type]))
  expect(types.get(at('calls |issue_refund and'))).toBe('function')
  expect(types.get(at('when |clerk'))).toBe('class')
  expect(types.get(at('|when clerk'))).toBe('keyword')
  expect(types.get(at('seen.|lines'))).toBe('property')
  expect(types.get(at('message |note'))).toBe('event')
})

describe('fixes', () => {
  const fixed = (text: string, place: string, title: string): string => {
    const document = openDocument(text)
    const offset = at(place, text)
    const fix = fixesFor(document, [offset, offset]).find((each) => each.title === title)
    return fix === undefined ? `no "${title}"` : applyEdits(text, fix.edits)
  }

  test('a misspelt name becomes the one that was meant', () => {
    const text = POLICY.replace('calls issue_refund and', 'calls isue_refund and')
    expect(fixed(text, 'calls |isue', 'Change to `issue_refund`')).toBe(POLICY)
  })

  test('an unknown agent is declared before it is used', () => {
    const text = POLICY.replace('when clerk calls', 'when planner calls')
    const made = fixed(text, 'when |planner', 'Declare agent planner')
    expect(made).toContain('agent planner {\n  may finish\n}\n\nrule "No more')
  })

  test('a schema is declared before the comment of the declaration that uses it', () => {
    const text = POLICY.replace('list of Line', 'list of Item')
    expect(fixed(text, 'of |Item', 'Declare schema Item')).toContain(
      'schema Item {\n  id: text\n}\n\n# What an order',
    )
  })

  test('a plain number gets the currency of what it is compared with', () => {
    const text = POLICY.replace('amount > fee', 'amount > 100')
    expect(fixed(text, '> |100', 'Write `100 USD`')).toContain('amount > 100 USD and')
  })

  test('a rule without a reason gets a line for it', () => {
    expect(fixed(POLICY, 'then |deny', 'Say why: add `because`')).toContain('then deny\n  because "…"\n}')
  })

  test('a call that the agent may not make is permitted', () => {
    expect(fixed(POLICY, 'clerk calls |issue_refund and', 'Let clerk call issue_refund')).toContain(
      'may call lookup_order, issue_refund\n',
    )
  })
})

test('inlays say what checks keep, types of values and long times in larger units', () => {
  const texts = inlaysIn(DOCUMENT, [0, POLICY.length]).map((inlay) => inlay.text)
  expect(texts).toEqual(
    expect.arrayContaining([
      ': money in USD',
      '= 1 day 12 hours',
      expect.stringContaining('keeps one time of lookup_order'),
    ]),
  )
})

test('the signature names what the tool takes and where one is', () => {
  const offset = at('amount = 9|')
  expect(signatureAt(DOCUMENT, offset)).toMatchObject({
    label: 'issue_refund(order: text, amount: money in USD)',
    active: 1,
  })
  expect(signatureAt(DOCUMENT, at('with the same |order'))).toBeUndefined()
})

test('tests run from the editor, and their lenses tell how they ended', () => {
  const outcome = runPolicyTests(DOCUMENT)
  expect(outcome).toMatchObject({ kind: 'ran', passed: 1 })
  expect(lensesOf(DOCUMENT, outcome).map((lens) => lens.title)).toEqual([
    '1 test, passes',
    'no test expects this',
    '1 test expects this',
    'no test expects this',
    '✓ passes, run again',
  ])
  expect(runPolicyTests(openDocument('rule'))).toMatchObject({ kind: 'broken' })
})

test('formatting changes only what differs, and nothing that cannot be read', () => {
  expect(difference('a  b c', 'a b c')).toEqual([{ span: [2, 3], text: '' }])
  expect(formatEdits(openDocument('rule "a" {'))).toEqual([])
})
