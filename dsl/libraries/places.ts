/** Diagnostics about libraries: said at their `use`, and where in the library. */
import type { Diagnostic } from '../diagnostic.ts'
import type { Span } from '../plan/plan.ts'
import type { LibraryText } from '../syntax/ast.ts'
import { textAt } from '../syntax/texts.ts'

function spanIn({ base }: LibraryText, [start, end]: Span): Span {
  return [start - base, end - base]
}

/** A diagnostic about a library stands at the `use` that brought it in, and says where in the library it is. */
export function placed(diagnostic: Diagnostic, libraries: readonly LibraryText[]): Diagnostic {
  if (libraries.length === 0) return diagnostic
  const related = diagnostic.related?.map((one) => {
    const text = textAt(libraries, one.span[0])
    return text === undefined ? one : { ...one, span: spanIn(text, one.span), source: text.source }
  })
  const text = textAt(libraries, diagnostic.span[0])
  const made = related === undefined ? diagnostic : { ...diagnostic, related }
  if (text === undefined) return made
  return {
    ...made,
    span: text.usedAt,
    elsewhere: { source: text.source, span: spanIn(text, diagnostic.span) },
  }
}
