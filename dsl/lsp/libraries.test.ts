/** `use "spend"`: libraries and what of them may be set, while it is being written and when it stands. */
import { expect, test } from 'vitest'
import { complete } from './complete/complete.ts'
import { places } from './complete/item.ts'
import { openDocument, type PolicyDocument } from './document.ts'
import { hover } from './hover.ts'
import { findDefinition } from './navigate.ts'
import { signatureAt } from './signature.ts'

const SPEND = `# What agents may spend.
# It counts every step.
#
# More of it.
policy "spend" version 2.1
parameter per_day: money in USD, over 0 USD
parameter style: one of "strict", "loose", default "strict"
needs tool pay(amount: money in USD)
`
const BESIDE: Readonly<Record<string, string>> = {
  'spend.parapet': SPEND,
  'pii.parapet': 'policy "pii" version 1\n',
  'tools.json': '{}',
}
const FILES = { read: (path: string) => BESIDE[path], list: () => Object.keys(BESIDE) }

function opened(text: string): { document: PolicyDocument; at: number } {
  const at = text.indexOf('|')
  return { document: openDocument(text.replace('|', ''), 'desk.parapet', FILES), at }
}

function offered(text: string): readonly string[] {
  const { document, at } = opened(text)
  return complete(document, at).items.map(({ label }) => label)
}

test.each([
  ['after `use`, libraries', 'use |', ['spend', 'pii', 'tools from', 'schema']],
  ['in quotes after `use`, libraries', 'use "|"', ['spend', 'pii']],
  ['after `tools from`, listings', 'use tools from |', ['tools.json']],
  ['after a library, what may follow', 'use "spend" |', ['version', 'with', 'as']],
  ['after `version`, its version', 'use "spend" version |', ['2.1']],
  ['after `with`, its parameters', 'use "spend" version 2 with |', ['per_day', 'style']],
  ['after a setting, the others', 'use "spend" with per_day = 1 USD, |', ['style']],
  ['after `=`, the options', 'use "spend" with style = |', ['strict', 'loose']],
])('offers %s', (_, text, wanted) => {
  expect(offered(text)).toEqual(expect.arrayContaining(wanted))
})

test('does not offer what is set, nor `with` where nothing can be set', () => {
  expect(offered('use "spend" with per_day = 1 USD, |')).not.toContain('per_day')
  expect(offered('use "pii" |')).not.toContain('with')
})

test('what has to be set comes first, and is written with its default', () => {
  const { document, at } = opened('use "spend" with |')
  const [first, second] = complete(document, at).items
  expect([first?.label, second?.insert]).toEqual(['per_day', places('style = «"strict"»')])
})

test('a library says what it is for and what may be set; a parameter what it is', () => {
  const { document, at } = opened('use "spe|nd" with per_day = 1 USD')
  expect(hover(document, at)?.markdown).toBe(
    [
      '**spend.parapet** version 2.1',
      'What agents may spend. It counts every step.',
      'May be set:\n\n- `per_day: money in USD, over 0 USD`\n- `style: one of "strict", "loose", default "strict"`',
      'Needs:\n\n- `needs tool pay(amount: money in USD)`',
    ].join('\n\n'),
  )
  expect(hover(document, document.text.indexOf('per_day') + 2)?.markdown).toBe(
    '**per_day: money in USD, over 0 USD**\n\nHas to be set.',
  )
})

test('its parameters are shown while one is set', () => {
  const { document, at } = opened('use "spend" with style = |')
  expect(signatureAt(document, at)).toMatchObject({
    label: 'spend(per_day: money in USD, over 0 USD; style: one of "strict", "loose", default "strict")',
    active: 1,
  })
})

test('a setting leads to its declaration, the library to its head', () => {
  const { document } = opened('use "spend" with per_day = 1 USD|')
  const found = findDefinition(document, document.text.indexOf('per_day'))
  expect(found?.within?.text.slice(...found.targets[0]!)).toBe('per_day')
  const head = findDefinition(document, document.text.indexOf('spend'))
  expect(head?.within?.text.slice(...head.targets[0]!)).toContain('policy "spend"')
})

test('of a library that is not there nothing is said', () => {
  const { document, at } = opened('use "lost" with a = |')
  expect([complete(document, at).items, hover(document, 6), findDefinition(document, 6)]).toEqual([
    [],
    undefined,
    undefined,
  ])
})
