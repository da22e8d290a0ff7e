/** The house keeps its own rules: direction, cycles, owners, sizes. A failure names the file, the rule and what to do instead. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { noCycles } from './tidy/cycles.ts'
import { direction, noOwnBarrels, portsNotAdapters } from './tidy/direction.ts'
import { type Finding, shown } from './tidy/finding.ts'
import { everyDependencyHasAReason, noNodeInDsl, oneOwner } from './tidy/owners.ts'
import { shortFiles, tellingNames, timeAndChanceArePassedIn } from './tidy/shape.ts'
import { readSourceFiles } from './tidy/source-files.ts'

const root = import.meta.dirname
const files = readSourceFiles(root)

function expectNone(findings: readonly Finding[]): void {
  expect(findings.map(shown).join('\n')).toBe('')
}

describe('the house is tidy', () => {
  test('imports go examples → agents → runtime → dsl, and down the stages', () =>
    expectNone(direction(files)))
  test('adapters are chosen in the daemon only', () => expectNone(portsNotAdapters(files)))
  test('nobody inside imports a barrel', () => expectNone(noOwnBarrels(files)))
  test('no files import each other in a circle', () => expectNone(noCycles(files)))
  test('each third party has one owner', () => expectNone(oneOwner(files)))
  test('dsl needs no Node', () => expectNone(noNodeInDsl(files)))
  test('files are short', () => expectNone(shortFiles(files)))
  test('file names tell', () => expectNone(tellingNames(files)))
  test('time and chance are passed in', () => expectNone(timeAndChanceArePassedIn(files)))
  test('every dependency has a reason, and every reason a dependency', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    expectNone(
      everyDependencyHasAReason(manifest, readFileSync(join(root, 'design/dependencies.md'), 'utf8')),
    )
  })
})
