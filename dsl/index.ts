/** `parapet/dsl`: policy text in, plan out. */
export { CODES, type Code } from './codes.ts'
export { type Diagnostic, renderDiagnostic, type Severity } from './diagnostic.ts'
export { type Analysis, analyze, type Compilation, compile } from './pipeline.ts'
export type { Plan } from './plan/plan.ts'
export { printBounds, printPlan } from './plan/print.ts'
export { type Position, type Source, source } from './source.ts'
