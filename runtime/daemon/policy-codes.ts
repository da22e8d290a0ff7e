/** docs/codes.md, made of the registry and the tests' examples: run this file to write it; a test compares. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Code, LINT_CODES, CODES as POLICY_CODES, type PolicyCode } from '#dsl/codes.ts'
import { renderDiagnostic } from '#dsl/diagnostic.ts'
import { type CodeExample, codesPage, sectionOf } from '#dsl/docs/codes-page.ts'
import { COMMENT_EXAMPLES, CORRECTIONS } from '#dsl/docs/corrections.ts'
import { lint } from '#dsl/lint/lint.ts'
import { source as sourceOf } from '#dsl/source.ts'
import { CODES } from './codes.ts'

const root = join(import.meta.dirname, '../..')
export const CODES_PAGE = join(root, 'docs/codes.md')
export const ERROR_EXAMPLES = join(root, 'dsl/golden/errors')
const LINT_EXAMPLES = join(root, 'dsl/lint/checks')

export function examplesOfCodes(): Map<Code, CodeExample> {
  const examples = new Map<Code, CodeExample>()
  for (const [code, [from, to]] of Object.entries(CORRECTIONS) as [PolicyCode, readonly [string, string]][]) {
    const wrong = readFileSync(join(ERROR_EXAMPLES, `${code}.parapet`), 'utf8')
    const said = readFileSync(join(ERROR_EXAMPLES, `${code}.txt`), 'utf8')
    // A function, since `$` in what is put in stands for itself.
    examples.set(code, { wrong, said, right: wrong.replace(from, () => to) })
  }
  for (const file of readdirSync(LINT_EXAMPLES).filter((name) => name.endsWith('.invalid.txt'))) {
    const read = (name: string) => readFileSync(join(LINT_EXAMPLES, name), 'utf8')
    const said = read(file)
    const code = /\[(L\d{4})\]/.exec(said)?.[1] as Code | undefined
    if (code === undefined || examples.has(code)) continue
    const stem = file.replace('.invalid.txt', '')
    examples.set(code, { wrong: read(`${stem}.invalid.parapet`), said, right: read(`${stem}.valid.parapet`) })
  }
  for (const [code, [before, after]] of Object.entries(COMMENT_EXAMPLES) as [
    Code,
    readonly [string, string],
  ][]) {
    const wrong = `policy "Example" version 1.0\n${before}\nagent clerk { may answer customer }\n`
    const source = sourceOf(wrong, 'example.parapet')
    const said = lint(source).findings.filter((finding) => finding.code === code)
    examples.set(code, {
      wrong,
      said: said.map((finding) => renderDiagnostic(source, finding)).join('\n'),
      right: wrong.replace(before, after),
    })
  }
  return examples
}

/** The page of one code, of policies or of commands, as Markdown; undefined when there is none of it. */
export function explainCode(code: string): string | undefined {
  const wanted = code.toUpperCase()
  const command = Object.entries(CODES).find(([name]) => name === wanted)?.[1]
  if (command !== undefined)
    return `## ${wanted} ${command.title}\n\n${command.means}\n\nWhat to do: ${command.help}`
  return wanted in POLICY_CODES || wanted in LINT_CODES
    ? sectionOf(codesPage(examplesOfCodes()), wanted)
    : undefined
}

if (import.meta.main) writeFileSync(CODES_PAGE, codesPage(examplesOfCodes()))
