import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { complete } from './complete/complete.ts'
import { openDocument, type PolicyDocument } from './document.ts'
import { fixesFor } from './fixes.ts'
import { foldsOf } from './folding.ts'
import { formatEdits } from './formatting.ts'
import { hover } from './hover.ts'
import { inlaysIn } from './inlays.ts'
import { lensesOf } from './lenses.ts'
import { findDefinition, findHighlights, findReferences } from './navigate.ts'
import { findSymbols, outlineOf } from './outline.ts'
import { findRenamable, rename } from './rename.ts'
import { runPolicyTests } from './run-tests.ts'
import { selectionsAt } from './selection.ts'
import { semanticTokens } from './semantic-tokens.ts'
import { signatureAt } from './signature.ts'
import { applyEdits } from './text-edit.ts'

const GOLDEN = join(import.meta.dirname, '../golden')
const LIBRARIES = join(import.meta.dirname, '../../policies')
const POLICIES = [
  ...readdirSync(GOLDEN)
    .map((name) => join(GOLDEN, name, 'input.parapet'))
    .filter((file) => existsSync(file)),
  // Parameters and needs stand in libraries only.
  ...readdirSync(LIBRARIES)
    .filter((file) => file.endsWith('.parapet'))
    .map((file) => join(LIBRARIES, file)),
].map((file) => readFileSync(file, 'utf8'))

interface Change {
  readonly at: number
  readonly removed: number
  readonly put: string
}

const PIECES = [
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  '"',
  '`',
  '.',
  ',',
  ':',
  '=',
  '#',
  '\n',
  ' ',
  '\r\n',
  'is',
  'and',
  'when',
  'then',
  'rule',
  'of',
  'the latest',
  'calls',
  'with',
  'one of',
  '10',
  '10 USD',
  'for each',
  '\u0000',
  '😀',
  'toString',
  '__proto__',
  'constructor',
]
const change = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  removed: fc.integer({ min: 0, max: 30 }),
  put: fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 4 })),
})
const place = fc.double({ min: 0, max: 1, noNaN: true })

function edited(text: string, changes: readonly Change[]): string {
  return changes.reduce((made, { at, removed, put }) => {
    const start = Math.floor(at * made.length)
    return made.slice(0, start) + put + made.slice(start + removed)
  }, text)
}

/** Every service at one place; gives every span that was answered. */
function askAll(document: PolicyDocument, offset: number): readonly (readonly [number, number])[] {
  const { text } = document
  const spans: (readonly [number, number])[] = []
  const made = complete(document, offset)
  spans.push(made.replace)
  const hovered = hover(document, offset)
  if (hovered !== undefined) spans.push(hovered.span)
  const defined = findDefinition(document, offset)
  if (defined !== undefined) spans.push(defined.origin, ...defined.targets)
  spans.push(...findReferences(document, offset, { withDeclaration: true }))
  spans.push(...findHighlights(document, offset).map(({ span }) => span))
  const renamable = findRenamable(document, offset)
  if (renamable !== undefined) spans.push(renamable.span)
  const renamed = rename(document, offset, 'another name')
  if (renamed.kind === 'edits') spans.push(...renamed.edits.map((edit) => edit.span))
  spans.push(...outlineOf(document).flatMap((item) => [item.span, item.nameSpan]))
  spans.push(...findSymbols(document, 'a').map((found) => found.nameSpan))
  spans.push(...selectionsAt(document, offset))
  spans.push(...semanticTokens(document).map(({ span }) => span))
  spans.push(...fixesFor(document, [offset, offset]).flatMap((fix) => fix.edits.map((edit) => edit.span)))
  spans.push(...formatEdits(document).map((edit) => edit.span))
  spans.push(...lensesOf(document).map(({ span }) => span))
  spans.push(...inlaysIn(document, [0, text.length]).map(({ at }) => [at, at] as const))
  foldsOf(document)
  signatureAt(document, offset)
  runPolicyTests(document)
  return spans
}

test('no service throws on a text that is being edited, and every place it names is in the text', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...POLICIES),
      fc.array(change, { minLength: 1, maxLength: 6 }),
      place,
      (policy, changes, at) => {
        const text = edited(policy, changes)
        for (const [start, end] of askAll(openDocument(text), Math.floor(at * text.length))) {
          expect(start).toBeGreaterThanOrEqual(0)
          expect(end).toBeGreaterThanOrEqual(start)
          expect(end).toBeLessThanOrEqual(text.length)
        }
      },
    ),
    { numRuns: 300 },
  )
})

test('colours do not overlap, and selections hold each other', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...POLICIES),
      fc.array(change, { maxLength: 4 }),
      place,
      (policy, changes, at) => {
        const text = edited(policy, changes)
        const document = openDocument(text)
        let end = 0
        for (const { span } of semanticTokens(document)) {
          expect(span[0]).toBeGreaterThanOrEqual(end)
          end = span[1]
        }
        const selections = selectionsAt(document, Math.floor(at * text.length))
        selections.slice(1).forEach((outer, index) => {
          expect(outer[0]).toBeLessThanOrEqual(selections[index]![0])
          expect(outer[1]).toBeGreaterThanOrEqual(selections[index]![1])
        })
      },
    ),
    { numRuns: 300 },
  )
})

test('renaming and renaming back gives the same text', () => {
  fc.assert(
    fc.property(fc.constantFrom(...POLICIES), place, (policy, at) => {
      const offset = Math.floor(at * policy.length)
      const before = openDocument(policy)
      const old = findRenamable(before, offset)
      const made = rename(before, offset, 'something_else_entirely')
      if (old === undefined || made.kind === 'refused') return
      const after = applyEdits(policy, made.edits)
      const there = openDocument(after).occurrences.find(
        ({ span }) => after.slice(...span) === 'something_else_entirely',
      )
      const back = rename(openDocument(after), there!.span[0], old.name)
      expect(back.kind === 'edits' ? applyEdits(after, back.edits).replaceAll('`', '') : back).toBe(
        policy.replaceAll('`', ''),
      )
    }),
    { numRuns: 150 },
  )
})
