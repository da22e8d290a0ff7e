import { expect, test } from 'vitest'
import { noCycles } from './cycles.ts'
import { direction, noOwnBarrels, portsNotAdapters } from './direction.ts'
import { type Finding, shown } from './finding.ts'
import { everyDependencyHasAReason, noNodeInDsl, oneOwner } from './owners.ts'
import { LINES_MAX, shortFiles, tellingNames, timeAndChanceArePassedIn } from './shape.ts'
import { type SourceFile, sourceFile } from './source-files.ts'

type Check = (files: readonly SourceFile[]) => readonly Finding[]

/** What a check says of files given as `path: text`; empty when it has no complaint. */
function said(check: Check, files: Readonly<Record<string, string>>): readonly string[] {
  return check(Object.entries(files).map(([path, text]) => sourceFile(path, text))).map(
    (each) => shown(each).split('\n')[0]!,
  )
}

test('imports are read however they are written, and comments are not', () => {
  const text = `/* import 'a' */ // import x from 'b'
import type { A } from './a.ts'
import {
  b, // it's here
  type C,
} from '#dsl/b.ts'
export * from '../c.ts'
export type { D } from './d.ts'
import 'xstate'
import { inspect } from 'node:util'
const pattern = /['"\`]\\/\\/[/]/
const text = "import e from 'e'"
const late = await import('@nats-io/nats-core/lib')
const half = 4 / 2 // import('f')
`
  expect(sourceFile('runtime/x/y.ts', text).imports).toEqual([
    { kind: 'file', path: 'runtime/x/a.ts', line: 2 },
    { kind: 'file', path: 'dsl/b.ts', line: 3 },
    { kind: 'file', path: 'runtime/c.ts', line: 7 },
    { kind: 'file', path: 'runtime/x/d.ts', line: 8 },
    { kind: 'package', name: 'xstate', line: 9 },
    { kind: 'builtin', name: 'node:util', line: 10 },
    { kind: 'package', name: '@nats-io/nats-core', line: 13 },
  ])
})

test.each([
  ['dsl/judge/a.ts', '#runtime/log/port.ts'],
  ['dsl/judge/a.ts', '../syntax/parse.ts'],
  ['dsl/syntax/a.ts', '../check/names.ts'],
  ['dsl/plan/lower.ts', '../judge/judge.ts'],
  ['dsl/pipeline.ts', './lint/lint.ts'],
  ['dsl/lint/a.ts', '../lsp/server.ts'],
  ['runtime/kernel/a.ts', '#runtime/fleet/fleet.ts'],
  ['runtime/log/a.ts', '#dsl/judge/step.ts'],
  ['runtime/fleet/a.ts', '#runtime/daemon/up.ts'],
  ['runtime/fleet/a.ts', '#agents/worker.ts'],
  ['agents/a.ts', '../examples/01-x/fleet.ts'],
  ['dsl/judge/a.test.ts', '#runtime/kernel/effect.ts'],
  ['runtime/kernel/a.test.ts', '../../examples/01-x/fleet.ts'],
])('%s may not import %s', (path, spelled) => {
  expect(said(direction, { [path]: `import { x } from '${spelled}'` })).toEqual([
    expect.stringContaining('may not import'),
  ])
})

test.each([
  ['dsl/syntax/a.ts', '../plan/plan.ts'],
  ['dsl/plan/plan.ts', '../judge/step.ts'],
  ['dsl/check/a.ts', '../syntax/ast.ts'],
  ['dsl/lsp/a.ts', '../pipeline.ts'],
  ['dsl/judge/a.test.ts', '../pipeline.ts'],
  ['runtime/kernel/machines.fixture.ts', '#agents/effects.ts'],
  ['runtime/guard/a.ts', '#runtime/kernel/effect.ts'],
  ['agents/a.ts', '#runtime/kernel/effect.ts'],
  ['examples/01-x/fleet.ts', '#agents/worker.ts'],
])('%s may import %s', (path, spelled) => {
  expect(said(direction, { [path]: `import { x } from '${spelled}'` })).toEqual([])
})

test('an adapter is for the daemon, its own room, tests and benches', () => {
  const text = "import { open } from '#runtime/memory/lancedb.ts'"
  expect(said(portsNotAdapters, { 'runtime/fleet/a.ts': text, 'examples/01-x/fleet.ts': text }).length).toBe(
    2,
  )
  expect(
    said(portsNotAdapters, {
      'runtime/daemon/up.ts': text,
      'runtime/fleet/a.test.ts': text,
      'bench/a.ts': text,
    }),
  ).toEqual([])
})

test('a barrel is for the outside', () => {
  expect(said(noOwnBarrels, { 'runtime/fleet/a.ts': "import { x } from '#dsl/index.ts'" }).length).toBe(1)
  expect(said(noOwnBarrels, { 'examples/01-x/fleet.ts': "import { x } from 'parapet'" })).toEqual([])
})

test('a cycle is found once, with all its files, those that are in it by types alone too', () => {
  const files = {
    'dsl/a.ts': "import { b } from './b.ts'",
    'dsl/b.ts': "import { c } from './c.ts'\nimport { d } from './d.ts'",
    'dsl/c.ts': "import { a } from './a.ts'",
    'dsl/d.ts': "import type { a } from './a.ts'",
  }
  expect(said(noCycles, files)).toEqual(['dsl/a.ts  is in a cycle with dsl/b.ts, dsl/c.ts, dsl/d.ts'])
})

test('a package belongs to its owner, and an unknown one needs an owner first', () => {
  const text = "import { connect } from '@lancedb/lancedb'"
  expect(
    said(oneOwner, { 'runtime/fleet/a.ts': text, 'runtime/memory/lancedb.ts': text, 'bench/a.ts': text }),
  ).toEqual(['runtime/fleet/a.ts:1  imports @lancedb/lancedb, which it does not own'])
  const [finding] = oneOwner([sourceFile('dsl/check/a.ts', "import x from 'left-pad'")])
  expect(finding?.instead).toContain('tidy/owners.ts')
})

test('dsl does without Node', () => {
  expect(
    said(noNodeInDsl, { 'dsl/a.ts': "import fs from 'node:fs'", 'dsl/a.test.ts': "import fs from 'node:fs'" })
      .length,
  ).toBe(1)
})

test('time and chance are found in code, not in comments, and only where they must not be', () => {
  const text =
    '// Date.now() is not used\nconst now = Date.now()\nconst day = new Date()\nconst then = new Date(now)\nconst still = { setTimeout: () => {} }\n'
  expect(
    said(timeAndChanceArePassedIn, { 'runtime/guard/a.ts': text, 'runtime/daemon/clock.ts': text }),
  ).toEqual(['runtime/guard/a.ts:2  uses Date.now', 'runtime/guard/a.ts:3  uses new Date()'])
})

test('long files and empty names are found, and exceptions nobody needs', () => {
  const short = (files: readonly SourceFile[]) => shortFiles(files, { 'dsl/c.ts': 'once' })
  expect(said(short, { 'dsl/a.ts': '\n'.repeat(LINES_MAX + 1), 'dsl/b.ts': '\n'.repeat(LINES_MAX) })).toEqual(
    [expect.stringContaining('dsl/a.ts'), 'dsl/c.ts  is named as long and is not'],
  )
  expect(
    said(tellingNames, { 'dsl/utils.ts': '', 'dsl/types.ts': '', 'dsl/check/scopes.ts': '' }).length,
  ).toBe(2)
})

test('dependencies and reasons match both ways', () => {
  const manifest = { dependencies: { a: '1' }, devDependencies: { b: '1' } }
  expect(everyDependencyHasAReason(manifest, '| `a` | because |\n| `b` | because |\n')).toEqual([])
  expect(everyDependencyHasAReason(manifest, '| `a` | |\n| `c` | gone |\n').map((each) => each.rule)).toEqual(
    ['says nothing of a', 'says nothing of b', 'speaks of c, which is gone'],
  )
})
