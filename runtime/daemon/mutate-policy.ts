/** `parapet mutate`: which small changes of a policy no test of it would notice. */
import { existsSync } from 'node:fs'
import { type Source, source as sourceOf } from '#dsl/source.ts'
import type { Mutant } from '#dsl/testing/mutants/mutants.ts'
import { mutate, type Tried } from '#dsl/testing/mutate.ts'
import { casesFilesOf } from './cases.ts'
import { loadPolicy } from './load-policy.ts'
import { clip, type Paint, shownPath } from './paint.ts'
import { filesBeside } from './policy-files.ts'
import { type Problem, problem } from './problem.ts'
import { gatherTests, tableIn } from './test-policies.ts'

export interface MutateOptions {
  readonly file: string
  /** Besides those that belong to the policy by their name. */
  readonly casesFiles: readonly string[]
  /** Only checks with this in their name, whatever the case. */
  readonly only?: string
  readonly withinMs: number
  readonly json: boolean
  readonly width: number
}

export interface MutatedPolicy {
  readonly kind: 'mutated'
  /** Survivors and mutants that were not tried. */
  readonly unnoticed: number
}

/** Mutants of one policy; one of 45 checks has about 700. */
const MUTANTS_MAX = 10_000
/** Columns of what is changed, as it is written. */
const TEXT_MAX = 50

export async function mutatePolicy(
  options: MutateOptions,
  write: (line: string) => void,
  paint: Paint,
  nowMs: () => number,
): Promise<MutatedPolicy | Problem> {
  const { file, casesFiles, withinMs } = options
  const policy = await loadPolicy(file, paint.isColorSupported)
  if (policy.kind === 'problem') return policy
  const absent = casesFiles.find((one) => !existsSync(one))
  if (absent !== undefined) return problem('D0055', `there is no file of cases ${shownPath(absent)}`)
  const { tests, wrong } = gatherTests(
    policy,
    file,
    [...casesFilesOf(file), ...casesFiles].map(tableIn),
    filesBeside(file),
  )
  const help = `run \`parapet test ${shownPath(file)}\``
  const [fault] = wrong
  if (fault !== undefined)
    return problem('D0055', fault.message, { where: `${shownPath(fault.file)}:${fault.line}`, help })
  if (tests.length === 0)
    return problem('D0055', `${shownPath(file)} has no tests`, { help: 'write a `test` block' })
  const needle = options.only?.toLowerCase()
  const only = ({ name }: Tried['check']) => needle === undefined || name.toLowerCase().includes(needle)
  const result = mutate(policy.plan, tests, { withinMs, mutantsMax: MUTANTS_MAX, only }, nowMs)
  if (result.kind === 'failing')
    return problem('D0055', `the test "${result.test.name}" fails on the policy as it is`, { help })
  const { checks } = result
  const source = sourceOf(policy.text, file)
  if (options.json) write(JSON.stringify({ file, checks: checks.map((one) => asJson(one, source)) }, null, 2))
  else {
    write(paint.bold(shownPath(file)))
    for (const one of checks) for (const line of checkLines(one, source, options, paint)) write(line)
    write(`\n${summary(checks, tests.length)}`)
  }
  return { kind: 'mutated', unnoticed: sum(checks, ({ survivors, untried }) => survivors.length + untried) }
}

function asJson(tried: Tried, source: Source) {
  const { check, unseen, noticed, survivors, untried, isMissedByNone } = tried
  return {
    check: check.name,
    line: check.line,
    ...(check.library === undefined ? {} : { library: check.library }),
    ...(unseen === undefined ? {} : { unseen }),
    noticed,
    untried,
    missedByNone: isMissedByNone,
    survivors: survivors.map((mutant) => ({ ...placeOf(mutant, check, source), says: mutant.says })),
  }
}

/** What is changed, as it is written; no text where all of the check is. */
function placeOf({ span }: Mutant, check: Tried['check'], source: Source): { line: number; text?: string } {
  if (check.library !== undefined || span === check.span) return { line: check.line }
  const text = source.text.slice(...span).replaceAll(/\s+/g, ' ')
  return { line: source.position(span[0]).line, text }
}

const WHY_UNSEEN = {
  shadow: 'in shadow, where it stops nothing',
  owed: 'falls due later than the step a test looks at',
}

function checkLines(tried: Tried, source: Source, { width }: MutateOptions, paint: Paint): string[] {
  const { check, unseen, survivors, isMissedByNone, noticed, untried } = tried
  const at = paint.dim(`(${check.library === undefined ? '' : `${check.library}, `}line ${check.line})`)
  if (unseen !== undefined) return [`  ${paint.dim('–')} ${check.name} ${at} ${WHY_UNSEEN[unseen]}`]
  const said = isMissedByNone
    ? 'no test misses it'
    : `${noticed} of ${noticed + survivors.length} changes are noticed`
  const rest = untried === 0 ? '' : `, ${untried} not tried`
  const mark = survivors.length + untried === 0 ? paint.green('✓') : paint.red('✗')
  return [
    `  ${mark} ${check.name} ${at} ${said}${rest}`,
    // Where all of it can be left out, no part of it matters.
    ...(isMissedByNone ? [] : survivors.map((mutant) => survivorLine(mutant, check, source, width))),
  ]
}

function survivorLine(mutant: Mutant, check: Tried['check'], source: Source, width: number): string {
  const { line, text } = placeOf(mutant, check, source)
  const changed = text === undefined ? '' : `${clip(text, TEXT_MAX)} → `
  return clip(`      line ${line}: ${changed}${mutant.says}`, width)
}

function summary(checks: readonly Tried[], tests: number): string {
  const survivors = sum(checks, (one) => one.survivors.length)
  const noticed = sum(checks, (one) => one.noticed)
  const untried = sum(checks, (one) => one.untried)
  const missed = checks.filter(({ isMissedByNone }) => isMissedByNone).length
  return [
    `${noticed} of ${noticed + survivors} changes are noticed by ${tests} ${tests === 1 ? 'test' : 'tests'}`,
    ...(missed === 0 ? [] : [`${missed} of ${checks.length} checks could be left out`]),
    ...(untried === 0 ? [] : [`${untried} changes were not tried in time`]),
  ].join('; ')
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}
