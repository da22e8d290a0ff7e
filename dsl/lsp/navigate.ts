/** Definition, references and highlights: from a place to the places that mean the same. */
import type { Span } from '../plan/plan.ts'
import type { PolicyDocument } from './document.ts'
import { type Meaning, type Occurrence, occurrenceAt } from './meaning.ts'

export interface Definition {
  /** What was asked about. */
  readonly origin: Span
  /** More than one only where a field is that of several records. */
  readonly targets: readonly Span[]
}

export function findDefinition(document: PolicyDocument, offset: number): Definition | undefined {
  const found = occurrenceAt(document.occurrences, offset)
  return found === undefined
    ? undefined
    : { origin: found.span, targets: found.means.map((meaning) => meaning.span) }
}

export function findReferences(
  document: PolicyDocument,
  offset: number,
  options: { readonly withDeclaration: boolean },
): readonly Span[] {
  return sameMeaning(document, offset)
    .filter((occurrence) => options.withDeclaration || !occurrence.declares)
    .map((occurrence) => occurrence.span)
}

export interface Highlight {
  readonly span: Span
  /** Its declaration, or a use. */
  readonly kind: 'write' | 'read'
}

export function findHighlights(document: PolicyDocument, offset: number): readonly Highlight[] {
  return sameMeaning(document, offset).map(({ span, declares }) => ({
    span,
    kind: declares ? 'write' : 'read',
  }))
}

/** Every occurrence that may mean what the one at `offset` means. */
export function sameMeaning(document: PolicyDocument, offset: number): readonly Occurrence[] {
  const found = occurrenceAt(document.occurrences, offset)
  return found === undefined ? [] : occurrencesThatMean(document, found.means)
}

export function occurrencesThatMean(
  document: PolicyDocument,
  meanings: readonly Meaning[],
): readonly Occurrence[] {
  return document.occurrences.filter((occurrence) =>
    occurrence.means.some((meaning) => meanings.includes(meaning)),
  )
}
