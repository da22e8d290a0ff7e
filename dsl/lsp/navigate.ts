/** Definition, references and highlights: from a place to the places that mean the same. */
import type { Span } from '../plan/plan.ts'
import type { PolicyDocument } from './document.ts'
import { settingAt } from './library.ts'
import { type Meaning, type Occurrence, occurrenceAt } from './meaning.ts'

export interface Definition {
  /** What was asked about. */
  readonly origin: Span
  /** More than one only where a field is that of several records. */
  readonly targets: readonly Span[]
  /** The text they lie in, where it is another one. */
  readonly within?: { readonly path: string; readonly text: string }
}

export function findDefinition(document: PolicyDocument, offset: number): Definition | undefined {
  const found = occurrenceAt(document.occurrences, offset)
  return found === undefined
    ? inLibrary(document, offset)
    : { origin: found.span, targets: found.means.map((meaning) => meaning.span) }
}

/** A library where it is used leads to its head, a parameter that is set to where it is declared. */
function inLibrary(document: PolicyDocument, offset: number): Definition | undefined {
  const decl = document.declarationAt(offset)
  if (decl?.kind !== 'library' || decl.from === undefined) return undefined
  const setting = settingAt(decl, document, offset)
  if (setting !== undefined)
    return { origin: setting.span, targets: [setting.parameter.span], within: setting.library }
  const { value, span } = decl.from
  const library = span[0] <= offset && offset <= span[1] ? document.library(value) : undefined
  return library && { origin: span, targets: [library.span], within: library }
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

function occurrencesThatMean(document: PolicyDocument, meanings: readonly Meaning[]): readonly Occurrence[] {
  return document.occurrences.filter((occurrence) =>
    occurrence.means.some((meaning) => meanings.includes(meaning)),
  )
}
