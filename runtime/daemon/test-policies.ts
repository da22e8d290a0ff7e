/** `parapet test`: runs the `test` blocks of policy files and the cases beside them, and says what no test has seen. */
import type { Files } from '#dsl/jsonschema/uses.ts'
import { describeVerdict } from '#dsl/judge/describe.ts'
import type { Span, TestCase } from '#dsl/plan/plan.ts'
import { source as sourceOf } from '#dsl/source.ts'
import { compileCases } from '#dsl/testing/cases.ts'
import type { Covered } from '#dsl/testing/coverage.ts'
import type { Seen } from '#dsl/testing/operands.ts'
import { runTests, type TestResult } from '#dsl/testing/run.ts'
import { casesFilesOf, ENDING, readCases } from './cases.ts'
import type { LoadedPolicy } from './compile-policy.ts'
import { loadPolicy } from './load-policy.ts'
import { clip, type Paint, shownPath } from './paint.ts'
import { checkLines } from './policy-excerpt.ts'
import { filesBeside } from './policy-files.ts'
import { junit, testsJson } from './test-reports.ts'
import type { TestedPolicy } from './tested.ts'
import { writeOut } from './write-out.ts'

export interface TestOptions {
  readonly verbose: boolean
  /** Only tests whose name has this in it, whatever the case. */
  readonly only?: string
  readonly json: boolean
  /** Where a JUnit report is written. */
  readonly junit?: string
  readonly width: number
}

const NOTHING_SEEN: Covered = { checks: [], records: [], limits: [] }

export async function testPolicies(
  files: readonly string[],
  options: TestOptions,
  write: (line: string) => void,
  paint: Paint,
): Promise<number> {
  const tested = await Promise.all(files.map((file) => testPolicy(file, options, paint)))
  const tests = tested.flatMap((one) => one.tests)
  const faults = tested.reduce((sum, { problem, wrong }) => sum + wrong.length + (problem ? 1 : 0), 0)
  const failed = tests.filter(({ result }) => result.kind === 'failed').length
  if (options.junit !== undefined) {
    writeOut(options.junit, junit(tested))
  }
  if (options.json) write(JSON.stringify(tested.map(testsJson), null, 2))
  else {
    for (const one of tested) for (const line of toldLines(one, options, paint)) write(line)
    const none = tests.length === 0 && faults === 0 && options.only !== undefined
    write(
      `\n${tests.length - failed} passed, ${failed} failed${faults > 0 ? `, ${faults} could not be run` : ''}`,
    )
    if (none) write(`no test has "${options.only}" in its name`)
  }
  return failed + faults > 0 || (options.only !== undefined && tests.length === 0) ? 1 : 0
}

/** What a change has to be of to run the tests of a policy again. */
export function concernsPolicy(name: string, stem: string): boolean {
  return (
    name === `${stem}.parapet` ||
    (name.startsWith(`${stem}.`) && name.endsWith(ENDING)) ||
    name.endsWith('.json')
  )
}

export async function testPolicy(
  file: string,
  { only }: Pick<TestOptions, 'only'>,
  paint: Paint,
): Promise<TestedPolicy> {
  const policy = await loadPolicy(file, paint.isColorSupported)
  if (policy.kind === 'problem')
    return { file, problem: policy, tests: [], wrong: [], coverage: NOTHING_SEEN }
  const needle = only?.toLowerCase()
  const wanted = ({ name }: { name: string }) => needle === undefined || name.toLowerCase().includes(needle)
  const tables = casesFilesOf(file).map(tableIn)
  const { tests, places, wrong } = gatherTests(policy, file, tables, filesBeside(file))
  const { results, coverage } = runTests({ ...policy.plan, tests }, wanted)
  const told = results.map((result) => ({ ...places.get(result.test.name)!, result }))
  return { file, policy, tests: told, wrong, coverage }
}

interface Gathered {
  readonly tests: readonly TestCase[]
  /** Where each test stands, by its name. */
  readonly places: ReadonlyMap<string, { readonly file: string; readonly line: number }>
  readonly wrong: TestedPolicy['wrong']
}

/** What a file of cases holds. */
export interface Table extends ReturnType<typeof readCases> {
  readonly file: string
}

export function tableIn(file: string): Table {
  return { file, ...readCases(file) }
}

/** The policy's `test` blocks, then the cases of those tables; of two with one name the first counts. */
export function gatherTests(
  { plan, text }: Pick<LoadedPolicy, 'plan' | 'text'>,
  file: string,
  tables: readonly Table[],
  files: Files,
): Gathered {
  const wrong: TestedPolicy['wrong'][number][] = []
  const places = new Map(plan.tests.map(({ name, line }) => [name, { file, line }]))
  const tests = [...plan.tests]
  for (const { file: beside, cases, problems } of tables) {
    const compiled = compileCases(text, cases, files)
    for (const problem of [...problems, ...compiled.problems]) wrong.push({ ...problem, file: beside })
    for (const test of compiled.plan?.tests ?? []) {
      if (places.has(test.name)) continue
      places.set(test.name, { file: beside, line: compiled.lines.get(test.name) ?? 1 })
      tests.push(test)
    }
  }
  return { tests, places, wrong }
}

function toldLines(
  { file, policy, problem, tests, wrong, coverage }: TestedPolicy,
  options: TestOptions,
  paint: Paint,
): string[] {
  if (policy === undefined) {
    const detail = problem?.detail === undefined ? [] : [problem.detail]
    return [...detail, `${paint.red(`error[${problem?.code}]`)}: ${problem?.message}`]
  }
  const lines = [paint.bold(file)]
  for (const { message, help, line, file: beside } of wrong) {
    lines.push(`  ${paint.red('✗')} ${shownPath(beside)}:${line}  ${message}`)
    if (help !== undefined) lines.push(`      ${paint.dim('help:')} ${help}`)
  }
  for (const { result, line, file: place } of tests) {
    if (result.kind === 'passed') {
      if (options.verbose) lines.push(`  ${paint.green('✓')} ${result.test.name}`)
      continue
    }
    const where = place === file ? `(line ${line})` : `(${shownPath(place)}:${line})`
    lines.push(`  ${paint.red('✗')} ${result.test.name} ${paint.dim(where)}`, `      ${result.message}`)
    lines.push(describeVerdict(result.verdict).replaceAll(/^/gm, '      '))
    for (const check of whatMatters(result))
      lines.push(
        '',
        ...checkLines(check, policy.plan, policy.text, options.width, paint).map((text) => `    ${text}`),
      )
  }
  return [...lines, ...(options.only === undefined ? coverageLines(policy, coverage, paint) : [])]
}

/** The checks that spoke, and the one that was expected to. */
function whatMatters({ test, explanation }: TestResult & { kind: 'failed' }) {
  return explanation.checks.filter(
    ({ check, outcome }) => outcome !== 'quiet' || check === test.expect.because,
  )
}

/** Columns of an operand's text. */
const OPERAND_MAX = 72

function coverageLines(
  { text, file, plan }: LoadedPolicy,
  { checks, records, limits }: Covered,
  paint: Paint,
): string[] {
  const source = sourceOf(text, file)
  const conditions = [...checks.flatMap((check) => check.operands), ...records]
  const spoke = checks.filter(({ fired }) => fired).length
  const quiet = checks.filter((check) => check.quiet).length
  const lines = [
    paint.dim(
      `  ${spoke} of ${checks.length} checks spoke in a test, ${quiet} were seen to have nothing to say; ${conditions.filter(isSeenBothWays).length} of ${conditions.length} conditions were seen both ways${limited(limits)}`,
    ),
  ]
  const at = (span: Span) => source.position(span[0]).line
  for (const check of checks) {
    const never = !check.fired ? 'never spoke' : check.quiet ? undefined : 'always spoke'
    // A check without conditions of its own speaks whenever its steps come by.
    const bare =
      check.operands.length === 0 &&
      check.library === undefined &&
      plan.rules.some(({ name }) => name === check.check)
    const missing = check.fired ? check.operands.filter((operand) => !isSeenBothWays(operand)) : []
    if (never !== undefined && !(bare && check.fired) && missing.length === 0)
      lines.push(
        `  ${paint.yellow(never)} ${check.check} ${paint.dim(`(${check.library === undefined ? '' : `${check.library}, `}line ${check.line})`)}`,
      )
    for (const { span, ...seen } of missing) {
      const said = clip(text.slice(...span).replaceAll(/\s+/g, ' '), OPERAND_MAX)
      lines.push(
        `  ${paint.yellow(howSeen(seen))} ${said} ${paint.dim(`(line ${at(span)}, ${check.check})`)}`,
      )
    }
  }
  for (const { check, span, ...seen } of records)
    if (!isSeenBothWays(seen))
      lines.push(`  ${paint.yellow(howSeen(seen))} ${check} ${paint.dim(`(line ${at(span)})`)}`)
  return lines
}

const isSeenBothWays = ({ holds, fails }: Seen): boolean => holds && fails
const howSeen = ({ holds, fails }: Seen): string =>
  holds ? 'never failed' : fails ? 'never held' : 'never asked'

function limited(limits: Covered['limits']): string {
  if (limits.length === 0) return ''
  return `; ${limits.filter(({ fails }) => fails).length} of ${limits.length} limits of fields were seen to refuse`
}
