/** What came of the tests of a policy file. */
import type { CaseProblem } from '#dsl/testing/cases.ts'
import type { Covered } from '#dsl/testing/coverage.ts'
import type { TestResult } from '#dsl/testing/run.ts'
import type { LoadedPolicy } from './compile-policy.ts'
import type { Problem } from './problem.ts'

/** One test with the file and line it stands at. */
export interface Told {
  readonly file: string
  readonly line: number
  readonly result: TestResult
}

export interface TestedPolicy {
  readonly file: string
  /** Absent: the policy could not be read or does not compile. */
  readonly policy?: LoadedPolicy
  readonly problem?: Problem
  readonly tests: readonly Told[]
  /** What is wrong with files of cases. */
  readonly wrong: readonly (CaseProblem & { readonly file: string })[]
  readonly coverage: Covered
}
