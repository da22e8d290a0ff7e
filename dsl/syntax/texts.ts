/** Texts that are read after the policy's own start where those before them end; this says which one a place is in. */
import type { LibraryText } from './ast.ts'

/** The text a place lies in; undefined for the policy's own. */
export function textAt(libraries: readonly LibraryText[], offset: number): LibraryText | undefined {
  return libraries.findLast(({ base }) => base <= offset)
}
