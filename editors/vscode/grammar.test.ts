import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import oniguruma from 'vscode-oniguruma'
import textmate from 'vscode-textmate'
import { BASE_VERBS, CONNECTING, OTHERS, UNITS, VERBS } from '../../dsl/syntax/keywords.ts'

const ROOT = join(import.meta.dirname, '../..')
const GRAMMAR = join(import.meta.dirname, 'syntaxes/parapet.tmLanguage.json')
let grammar: textmate.IGrammar

beforeAll(async () => {
  const wasm = readFileSync(createRequire(import.meta.url).resolve('vscode-oniguruma/release/onig.wasm'))
  await oniguruma.loadWASM(wasm)
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (sources) => new oniguruma.OnigScanner(sources),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async () => textmate.parseRawGrammar(readFileSync(GRAMMAR, 'utf8'), GRAMMAR),
  })
  const loaded = await registry.loadGrammar('source.parapet')
  if (loaded === null) throw new Error('the grammar was not loaded')
  grammar = loaded
})

/** The innermost scope of each word, without the language's name: `keyword.control.clause`. */
function colours(line: string): Readonly<Record<string, string>> {
  const { tokens } = grammar.tokenizeLine(line, textmate.INITIAL)
  return Object.fromEntries(
    tokens.map(({ startIndex, endIndex, scopes }) => [
      line.slice(startIndex, endIndex).trim(),
      scopes.at(-1)!.replace('.parapet', ''),
    ]),
  )
}

test.each([
  ['rule "Large refunds" {', { rule: 'keyword.declaration', 'Large refunds': 'string.quoted.double' }],
  [
    'tool issue_refund(order: text) returns Receipt { reads only }',
    {
      tool: 'keyword.declaration',
      issue_refund: 'entity.name.function',
      order: 'variable.other.property',
      text: 'support.type',
      returns: 'keyword.operator.word',
    },
  ],
  ['schema Refund {', { schema: 'keyword.declaration', Refund: 'entity.name.type' }],
  [
    'words greetings are "hi"',
    { words: 'keyword.declaration', greetings: 'entity.name.constant', are: 'keyword.operator.word' },
  ],
  [
    '  from: text, optional',
    { from: 'variable.other.property', text: 'support.type', optional: 'keyword.operator.word' },
  ],
  [
    '  amount: money in USD, over 0 USD',
    {
      amount: 'variable.other.property',
      money: 'support.type',
      '0': 'constant.numeric',
      USD: 'keyword.other.unit',
    },
  ],
  [
    '  when clerk calls issue_refund and booking.to = 2_000 # why',
    {
      when: 'keyword.control.clause',
      calls: 'support.function.verb',
      and: 'keyword.operator.word',
      to: 'variable.other.property',
      '2_000': 'constant.numeric',
      '# why': 'comment.line.number-sign',
    },
  ],
  ['  otherwise deny', { otherwise: 'keyword.control.clause', deny: 'keyword.control.action' }],
  ['  because "Manual \\"3\\""', { because: 'keyword.other.note', '\\"': 'constant.character.escape' }],
  [
    '  issue_refund needs an earlier lookup within 30 minutes',
    { needs: 'keyword.operator.word', '30': 'constant.numeric', minutes: 'keyword.other.unit' },
  ],
  ['  at 2024-05-15T15:00:00-05:00', { '2024-05-15T15:00:00-05:00': 'constant.numeric.time' }],
  [
    '  when `the clerk` answers',
    { '`the clerk`': 'variable.other.quoted', answers: 'support.function.verb' },
  ],
])('colours %s', (line, wanted) => {
  expect(colours(line)).toMatchObject(wanted)
})

test('a text that is not closed ends with its line', () => {
  const { ruleStack } = grammar.tokenizeLine('  because "no end', textmate.INITIAL)
  const { tokens } = grammar.tokenizeLine('rule "a" {', ruleStack)
  expect(tokens.some(({ scopes }) => scopes.includes('keyword.declaration.parapet'))).toBe(true)
})

test('every word of the language has its colour somewhere in what is written in it', () => {
  const coloured = new Set<string>()
  for (const line of policies().flatMap((text) => text.split('\n'))) {
    const { tokens } = grammar.tokenizeLine(line, textmate.INITIAL)
    for (const { startIndex, endIndex, scopes } of tokens) {
      if (!/^(?:keyword|support|constant\.language)/.test(scopes.at(-1)!)) continue
      for (const word of line.slice(startIndex, endIndex).trim().split(/\s+/)) coloured.add(word)
    }
  }
  expect(
    [...VERBS, ...BASE_VERBS, ...UNITS, ...CONNECTING, ...OTHERS].filter((word) => !coloured.has(word)),
  ).toEqual([])
})

/** All policies of the project, and an example of everything in the reference. */
function policies(): readonly string[] {
  const files = ['policies', 'examples', 'docs', 'dsl/golden'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.parapet'))
      .map((file) => readFileSync(join(ROOT, folder, file), 'utf8')),
  )
  const rare = '  a never within 1 week after b'
  return [...files, rare, readFileSync(join(ROOT, 'docs/reference.md'), 'utf8').replaceAll(/[|`]/g, '\n')]
}
