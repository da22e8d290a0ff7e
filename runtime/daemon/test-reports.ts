/** A test run for machines: as JSON, and as JUnit's XML, which every build server reads. */
import { describeVerdict } from '#dsl/judge/describe.ts'
import { source as sourceOf } from '#dsl/source.ts'
import type { Covered } from '#dsl/testing/coverage.ts'
import type { OperandCoverage } from '#dsl/testing/operands.ts'
import type { TestedPolicy, Told } from './tested.ts'

/** `{ file, problem?, tests: [{ name, file, line, passed, verdict, message? }], wrong, coverage: [{ check, line, fired, quiet, conditions }], records, limits }` */
export function testsJson({ file, policy, problem, tests, wrong, coverage }: TestedPolicy) {
  const source = sourceOf(policy?.text ?? '')
  const placed = ({ span, holds, fails }: OperandCoverage) => ({
    text: source.text.slice(...span),
    line: source.position(span[0]).line,
    held: holds,
    failed: fails,
  })
  return {
    file,
    ...(problem === undefined ? {} : { problem: { code: problem.code, message: problem.message } }),
    tests: tests.map(({ result, file: place, line }) => ({
      name: result.test.name,
      file: place,
      line,
      passed: result.kind === 'passed',
      verdict: result.verdict.kind,
      ...(result.kind === 'failed' ? { message: result.message } : {}),
    })),
    wrong,
    coverage: coverage.checks.map(({ check, line, fired, quiet, operands }) => ({
      check,
      line,
      fired,
      quiet,
      conditions: operands.map(placed),
    })),
    records: coverage.records.map(({ check, ...seen }) => ({ check, ...placed(seen) })),
    limits: coverage.limits.map(({ field, ...seen }) => ({ field, ...placed(seen) })),
  }
}

export function junit(tested: readonly TestedPolicy[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${tested.map(suite).join('')}</testsuites>\n`
}

function suite({ file, policy, problem, tests, wrong, coverage }: TestedPolicy): string {
  const errors = [...(problem === undefined ? [] : [{ file, line: 1, message: problem.message }]), ...wrong]
  const failures = tests.filter(({ result }) => result.kind === 'failed').length
  const name = policy === undefined ? file : `${policy.plan.policy.name} ${policy.plan.policy.version}`
  return [
    `  <testsuite name="${xml(name)}" file="${xml(file)}" tests="${tests.length + errors.length}" failures="${failures}" errors="${errors.length}">\n`,
    propertiesOf(coverage),
    ...errors.map(
      ({ file: place, line, message }) =>
        `    <testcase name="${xml(`${place}:${line}`)}" classname="${xml(place)}" file="${xml(place)}" line="${line}">\n      <error message="${xml(message)}"/>\n    </testcase>\n`,
    ),
    ...tests.map(testcase),
    '  </testsuite>\n',
  ].join('')
}

/** What was seen, of how much there is. */
function propertiesOf({ checks, records, limits }: Covered): string {
  const conditions = [...checks.flatMap(({ operands }) => operands), ...records]
  const seen = {
    checks: [checks.filter(({ fired }) => fired).length, checks.length],
    conditions: [conditions.filter(({ holds, fails }) => holds && fails).length, conditions.length],
    limits: [limits.filter(({ fails }) => fails).length, limits.length],
  }
  const lines = Object.entries(seen).map(
    ([what, [covered, all]]) => `      <property name="coverage.${what}" value="${covered} of ${all}"/>\n`,
  )
  return `    <properties>\n${lines.join('')}    </properties>\n`
}

function testcase({ file, line, result }: Told): string {
  const head = `    <testcase name="${xml(result.test.name)}" classname="${xml(file)}" file="${xml(file)}" line="${line}"`
  if (result.kind === 'passed') return `${head}/>\n`
  return `${head}>\n      <failure message="${xml(result.message)}">${xml(describeVerdict(result.verdict))}</failure>\n    </testcase>\n`
}

/** Characters XML cannot carry are left out. */
function xml(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML 1.0 forbids
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll('\n', '&#10;')
  )
}
