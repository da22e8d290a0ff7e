/**
 * Tables of cases become `test` blocks behind the policy's text, so that they are checked and lowered like any other: names, types,
 * units and the names of checks. What is wrong with one is told at its line of the table.
 */
import type { Diagnostic } from '../diagnostic.ts'
import type { Files } from '../jsonschema/uses.ts'
import { compile } from '../pipeline.ts'
import type { Plan } from '../plan/plan.ts'
import { source as sourceOf } from '../source.ts'

/** A part of a case as it is written in a test block, or a value; `line` in the cases' file. */
export interface Written {
  readonly text: string
  readonly line: number
}

export interface Case {
  readonly name: string
  readonly line: number
  readonly at?: Written
  readonly given: readonly Written[]
  readonly when: Written
  readonly expect: Written
  /** Stand for `$name` in the parts: as a value, or bare inside of quotes. */
  readonly values: ReadonlyMap<string, CaseValue>
}

export interface CaseValue {
  /** As the language writes it: `150 USD`, `"ORD-1"`, `[…]`. */
  readonly literal: string
  readonly bare: string
}

export interface CaseProblem {
  readonly line: number
  readonly message: string
  readonly help?: string
}

export interface CasesCompiled {
  /** The policy's plan with those cases as its tests that are well written; absent when the policy itself is not. */
  readonly plan?: Plan
  /** The line of each case in its own file, by the name of the test. */
  readonly lines: ReadonlyMap<string, number>
  readonly problems: readonly CaseProblem[]
}

/** Characters of all cases of a file, written out. */
export const CASES_MAX = 2_000_000

export function compileCases(policyText: string, cases: readonly Case[], files?: Files): CasesCompiled {
  const problems: CaseProblem[] = []
  const pieces = cases.flatMap((one): Piece[] => {
    const piece = asTest(one)
    if ('text' in piece) return [piece]
    problems.push(piece)
    return []
  })
  const alone = compile(sourceOf(policyText), files).plan
  const lines = new Map(cases.map(({ name, line }) => [name, line]))
  if (alone === undefined) return { lines, problems }
  if (pieces.reduce((sum, { text }) => sum + text.length, 0) > CASES_MAX)
    return {
      lines,
      problems: [
        { line: 1, message: `the cases are longer than ${CASES_MAX} characters`, help: 'Split the file.' },
      ],
    }
  const { kept, wrong } = wellWritten(policyText, pieces, files)
  const { plan } = compile(sourceOf(joined(policyText, kept).text), files)
  if (plan === undefined || plan.hash !== alone.hash)
    return {
      lines,
      problems: [
        ...problems,
        ...wrong,
        {
          line: 1,
          message: 'a case says more than a test can',
          help: 'A case has steps, values and an expectation, nothing else.',
        },
      ],
    }
  const own = new Set(kept.map(({ name }) => name))
  return {
    plan: { ...plan, tests: plan.tests.filter((test) => own.has(test.name)) },
    lines,
    problems: [...problems, ...wrong].sort((a, b) => a.line - b.line),
  }
}

interface Piece {
  readonly name: string
  readonly text: string
  /** The line of each part, in order of their place in `text`. */
  readonly parts: readonly { readonly start: number; readonly line: number }[]
}

function wellWritten(policyText: string, pieces: readonly Piece[], files: Files | undefined) {
  const { text, places } = joined(policyText, pieces)
  const errors = compile(sourceOf(text), files).diagnostics.filter(({ severity }) => severity === 'error')
  const wrong: CaseProblem[] = []
  const kept = pieces.filter((piece, index) => {
    const place = places[index]!
    const own = errors.filter(({ span }) => span[0] >= place && span[0] < place + piece.text.length)
    for (const error of own) wrong.push(told(error, error.span[0] - place, piece))
    return own.length === 0
  })
  return { kept, wrong }
}

function told({ message, help, code }: Diagnostic, at: number, { parts }: Piece): CaseProblem {
  const part = parts.findLast(({ start }) => start <= at) ?? parts[0]!
  return { line: part.line, message: `${message} (${code})`, ...(help === undefined ? {} : { help }) }
}

function joined(policyText: string, pieces: readonly Piece[]) {
  let text = `${policyText}\n`
  const places = pieces.map((piece) => {
    const at = text.length
    text += piece.text
    return at
  })
  return { text, places }
}

function asTest(one: Case): Piece | CaseProblem {
  const parts: { start: number; line: number }[] = []
  let text = ''
  const add = (head: string, { text: written, line }: Written): CaseProblem | undefined => {
    parts.push({ start: text.length, line })
    const filled = fill(written, one)
    if (typeof filled !== 'string') return { ...filled, line }
    text += `${head}${filled}\n`
    return undefined
  }
  const all: [string, Written][] = [
    ['test ', { text: JSON.stringify(one.name), line: one.line }],
    ...(one.at === undefined ? [] : [['{ at ', one.at] as [string, Written]]),
    ...one.given.map((given, index): [string, Written] => [
      `${index === 0 && one.at === undefined ? '{ ' : ''}given `,
      given,
    ]),
    [one.at === undefined && one.given.length === 0 ? '{ when ' : 'when ', one.when],
    ['expect ', one.expect],
  ]
  for (const [head, written] of all) {
    const wrong = add(head, written)
    if (wrong !== undefined) return wrong
  }
  return { name: one.name, text: `${text}}\n`, parts }
}

function fill(text: string, { values, name }: Case): string | { message: string; help: string } {
  // The name is not a part to be filled: its own dollars stand for themselves.
  if (text === JSON.stringify(name)) return text
  let missing: string | undefined
  const filled = text.replaceAll(/\$([A-Za-z_][A-Za-z0-9_]*)/g, (whole, key: string, at: number) => {
    const value = values.get(key)
    if (value === undefined) missing ??= whole
    const quoted = (text.slice(0, at).match(/(?<!\\)"/g) ?? []).length % 2 === 1
    return quoted ? JSON.stringify(value?.bare ?? '').slice(1, -1) : (value?.literal ?? '')
  })
  if (missing === undefined) return filled
  return {
    message: `\`${missing}\` has no value in this case`,
    help: `Add \`${missing.slice(1)}: …\` to it.`,
  }
}
