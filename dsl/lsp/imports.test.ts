import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { complete } from './complete/complete.ts'
import { openDocument } from './document.ts'
import { hover } from './hover.ts'
import { findDefinition, findReferences } from './navigate.ts'
import { rename } from './rename.ts'

const CASE = join(import.meta.dirname, '../golden/imports')
const TEXT = readFileSync(join(CASE, 'input.parapet'), 'utf8')
const DOCUMENT = openDocument(TEXT, 'input.parapet', {
  read: (path) => readFileSync(join(CASE, path), 'utf8'),
})
const TOOL = Array.from(DOCUMENT.analysis.model.vocabulary.tools)
  .filter(([, { decl }]) => DOCUMENT.declarationAt(decl.span[0])?.kind === 'use')
  .map(([name]) => name)
  .find((name) => TEXT.includes(name))!

test('a tool that a `use` brings in leads to that line, shows what it takes, and is not renamed', () => {
  const at = TEXT.indexOf(TOOL)
  const use = DOCUMENT.analysis.ast.declarations.find((decl) => decl.kind === 'use' && decl.what === 'tools')!
  expect(findDefinition(DOCUMENT, at)?.targets[0]?.[0]).toBe(use.span[0])
  expect(hover(DOCUMENT, at)?.markdown).toContain(`tool ${TOOL}(`)
  expect(findReferences(DOCUMENT, at, { withDeclaration: false }).length).toBeGreaterThan(0)
  expect(rename(DOCUMENT, at, 'other')).toMatchObject({
    kind: 'refused',
    message: expect.stringContaining('`use`'),
  })
})

test('tools of a `use` are offered', () => {
  const text = `${TEXT}\nrule "new" { when anyone calls `
  const document = openDocument(text, 'input.parapet', DOCUMENT.files)
  expect(complete(document, text.length).items.map((item) => item.label)).toContain(TOOL)
})
