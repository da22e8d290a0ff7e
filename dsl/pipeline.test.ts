import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { renderDiagnostic } from './diagnostic.ts'
import { Cells } from './judge/cells.ts'
import { createJudge } from './judge/create.ts'
import { analyze, compile } from './pipeline.ts'
import { source } from './source.ts'
import { tokenize } from './syntax/tokens.ts'

const GOLDEN = join(import.meta.dirname, 'golden')
const LIBRARIES = join(import.meta.dirname, '../policies')
const CASES = [
  ...readdirSync(GOLDEN, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'errors' && entry.name !== 'declare')
    .map((entry) => join(GOLDEN, entry.name, 'input.parapet')),
  // Parameters and needs stand in libraries only.
  ...readdirSync(LIBRARIES)
    .filter((file) => file.endsWith('.parapet'))
    .map((file) => join(LIBRARIES, file)),
].map((file) => readFileSync(file, 'utf8'))
const WORDS = Array.from(new Set(CASES.flatMap((text) => tokenize(text).tokens.map((token) => token.image))))

/** Every text has a tree, diagnostics inside it that can be drawn, and a plan exactly when there is no error. */
function holds(text: string): void {
  const input = source(text)
  const { ast, diagnostics } = analyze(input)
  expect(ast.kind).toBe('file')
  for (const diagnostic of diagnostics) {
    expect(diagnostic.span[0]).toBeGreaterThanOrEqual(0)
    expect(diagnostic.span[1]).toBeGreaterThanOrEqual(diagnostic.span[0])
    expect(diagnostic.span[1]).toBeLessThanOrEqual(Math.max(1, text.length))
    expect(renderDiagnostic(input, diagnostic)).toContain(diagnostic.code)
  }
  const failed = diagnostics.some((diagnostic) => diagnostic.severity === 'error')
  expect(compile(input).plan === undefined).toBe(failed)
}

describe('however broken a text is', () => {
  test('any words in any order give a tree', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...WORDS, '\n', '{', '}', '(', ')', '"', '`'), { maxLength: 120 }),
        (words) => holds(words.join(' ')),
      ),
      { numRuns: 300 },
    )
  })

  test('any characters give a tree', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), holds), { numRuns: 300 })
  })

  test('a policy with tokens removed, doubled or exchanged gives a tree', () => {
    const edit = fc.record({
      kind: fc.constantFrom('remove', 'double', 'exchange'),
      at: fc.nat(),
      word: fc.constantFrom(...WORDS),
    })
    fc.assert(
      fc.property(
        fc.constantFrom(...CASES),
        fc.array(edit, { minLength: 1, maxLength: 6 }),
        (text, edits) => {
          const words = text.split(/(\s+)/)
          for (const { kind, at, word } of edits) {
            const index = at % words.length
            if (kind === 'remove') words.splice(index, 1)
            else if (kind === 'double') words.splice(index, 0, words[index]!)
            else words[index] = word
          }
          holds(words.join(''))
        },
      ),
      { numRuns: 200 },
    )
  })

  test('a policy cut off anywhere gives a tree', () => {
    fc.assert(
      fc.property(fc.constantFrom(...CASES), fc.nat(), (text, at) => holds(text.slice(0, at % text.length))),
      { numRuns: 150 },
    )
  })
})

test('five unrelated mistakes are five diagnostics', () => {
  const { diagnostics } = compile(
    source(`policy "Five" version 1.0
schema Order { id: txt }
tool pay(id: text, amount: money in USD)
agent clerk { may call pay }
rule "One" { when clerk calls payy then deny }
rule "Two" { when clerk calls pay and amount > then deny }
rule "Three" { when clerk calls pay and amount > 100 then deny }
consistency "Four" { for each order pay at most once }
`),
  )
  expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual([
    'P0102',
    'P0103',
    'P0004',
    'P0202',
    'P0115',
  ])
})

describe('the plan', () => {
  const text = `policy "P" version 1.0
tool pay(id: text, amount: money in USD)
agent clerk { may call pay }
rule "Large" { when clerk calls pay and amount > 100 USD then deny because "Manual 3" }
`
  const planOf = (policy: string) => compile(source(policy)).plan!

  test('has the same hash when only layout and comments change', () => {
    const spaced = planOf(`# a comment\n\n${text.replaceAll(' {', '\n{')}`)
    expect(spaced.hash).toBe(planOf(text).hash)
    expect(spaced.rules[0]!.line).not.toBe(planOf(text).rules[0]!.line)
  })

  test('has another hash and another id when the meaning changes', () => {
    const changed = planOf(text.replace('100 USD', '101 USD'))
    expect(changed.hash).not.toBe(planOf(text).hash)
    expect(changed.rules[0]!.id).not.toBe(planOf(text).rules[0]!.id)
  })

  test("keeps a rule's id when only its reason is reworded", () => {
    expect(planOf(text.replace('Manual 3', 'Manual 4')).rules[0]!.id).toBe(planOf(text).rules[0]!.id)
  })

  test('survives JSON unchanged', () => {
    for (const policy of CASES) {
      const { plan } = compile(source(policy))
      if (plan !== undefined) expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
    }
  })
})

test('a reason names the line it comes from, and what kind of thing spoke', () => {
  const { plan } = compile(
    source(`policy "Desk" version 1

tool pay(amount: money in USD)
agent clerk {
  may call pay
  at most 1 steps per conversation
}
`),
  )
  const judge = createJudge(plan!)
  const cells = new Cells()
  const pay = (amount: number | string) =>
    judge.judge(cells, {
      kind: 'calls',
      agent: 'clerk',
      actor: 'c/clerk',
      conversation: 'c',
      turn: 1,
      at: 0,
      name: 'pay',
      fields: { amount },
    }).reasons
  expect(pay('much')).toMatchObject([{ checkKind: 'schema', check: 'pay', at: { line: 3 } }])
  expect(pay(5)).toEqual([])
  expect(pay(5)).toMatchObject([{ checkKind: 'limit', check: 'limit of clerk', at: { line: 6 } }])
})
