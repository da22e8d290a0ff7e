/** What machines are written with, and machines of the common kinds. */
export { type BatchValidatorOptions, batchValidator } from './batch-validator.ts'
export * from './effects.ts'
export { type HumanOptions, human } from './human.ts'
export { type PlannerOptions, type PlanStep, planner } from './planner.ts'
export { type ReviewerOptions, reviewer } from './reviewer.ts'
export { type Route, type RouterOptions, router } from './router.ts'
export type { Out, Task } from './task.ts'
export { type WorkerOptions, worker } from './worker.ts'
