import type { Pattern } from '../syntax/ast.ts'

/** The patterns directly inside a form or stretch, in no promised order. */
export function patternsOf(of: object): readonly Pattern[] {
  return Object.values(of)
    .flat()
    .filter((part): part is Pattern => isPattern(part))
}

function isPattern(part: unknown): boolean {
  return typeof part === 'object' && part !== null && 'steps' in part && 'where' in part
}
