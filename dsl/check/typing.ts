/** What typing expressions and checking declarations share. */
import type { Report } from '../diagnostic.ts'
import type { ActionNode, Declaration, File, Ident, Path, Pattern } from '../syntax/ast.ts'
import type { Comparing } from './comparisons.ts'
import type { Ref, ResolvedPattern, Vocabulary } from './model.ts'

/** What typing expressions reads and notes. */
export interface Typing extends Comparing {
  readonly vocabulary: Vocabulary
  readonly refs: Map<Path, Ref>
  /** What stands in for a field that is absent, in the judge's units. */
  readonly defaults: Map<Path, string | number | boolean>
  readonly definitions: Map<Ident, Ident>
  readonly report: Report
}

/** What the checks of declarations share. */
export interface Checker extends Typing {
  readonly file: File
  readonly patterns: Map<Pattern, ResolvedPattern>
  readonly redactPaths: Map<ActionNode, readonly string[]>
  readonly broken: ReadonlySet<Declaration>
}
