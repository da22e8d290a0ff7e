/**
 * Renaming: every place at once, and only when the policy means the same afterwards. The text is read again with the
 * new name in it; if anything is then wrong that was not, or any name stands for something else, it is refused.
 */
import type { Span } from '../plan/plan.ts'
import { openDocument, type PolicyDocument } from './document.ts'
import { type Meaning, type Occurrence, occurrenceAt } from './meaning.ts'
import { nameText } from './name-text.ts'
import { applyEdits, type TextEdit } from './text-edit.ts'

export type Rename =
  | { readonly kind: 'edits'; readonly edits: readonly TextEdit[] }
  | { readonly kind: 'refused'; readonly message: string }

export interface Renamable {
  readonly span: Span
  readonly name: string
}

/** Longest new name, in UTF-16 units. */
export const NAME_MAX = 200

/** What at `offset` can be renamed, without its back-ticks. */
export function findRenamable(document: PolicyDocument, offset: number): Renamable | undefined {
  const found = occurrenceAt(document.occurrences, offset)
  if (found === undefined) return undefined
  const { span } = found
  const written = document.text.slice(span[0], span[1])
  const ticked = found.written === 'name' && written.startsWith('`')
  return ticked
    ? { span: [span[0] + 1, Math.max(span[0] + 1, span[1] - 1)], name: written.slice(1, -1) }
    : { span, name: written }
}

export function rename(document: PolicyDocument, offset: number, newName: string): Rename {
  const found = occurrenceAt(document.occurrences, offset)
  if (found === undefined) return refused('There is no name here that could be changed.')
  if (newName.trim() === '') return refused('A name has at least one character.')
  if (newName.length > NAME_MAX) return refused(`A name has at most ${NAME_MAX} characters.`)
  if (/[`\r\n]/.test(newName)) return refused('A name has no back-tick and no line break.')
  if (found.means.some((meaning) => isImported(meaning, document)))
    return refused('This name comes from the file that `use` names; change it there.')
  const places = allPlaces(document.occurrences, found.means)
  let complaint = ''
  for (const spelling of spellings(newName, found.means[0]?.kind)) {
    const edits = places.map((place) => ({
      span: place.span,
      text: place.written === 'text' ? inText(newName) : spelling,
    }))
    const problem = problemAfter(document, edits)
    if (problem === undefined) return { kind: 'edits', edits }
    complaint ||= problem
  }
  return refused(complaint)
}

/** A field may be said where it is that of several records; then these are renamed together. */
function allPlaces(all: readonly Occurrence[], means: readonly Meaning[]): readonly Occurrence[] {
  const meant = new Set(means)
  for (let size = -1; size !== meant.size; ) {
    size = meant.size
    for (const occurrence of all)
      if (occurrence.means.some((meaning) => meant.has(meaning)))
        for (const meaning of occurrence.means) meant.add(meaning)
  }
  return all.filter((occurrence) => occurrence.means.some((meaning) => meant.has(meaning)))
}

/** As it is where that can be read, else in back-ticks; words that connect are no names of steps and agents. */
function spellings(name: string, kind: Meaning['kind'] | undefined): readonly string[] {
  const quoted = `\`${name}\``
  const plain = kind === 'field' && /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : nameText(name)
  return plain === quoted ? [quoted] : [plain, quoted]
}

function inText(name: string): string {
  return name.replace(/["\\]/g, '\\$&')
}

function problemAfter(before: PolicyDocument, edits: readonly TextEdit[]): string | undefined {
  const text = applyEdits(before.text, edits)
  const after = openDocument(text, before.source.file, before.files)
  const known = counts(before)
  for (const [code, count] of counts(after)) {
    if (count <= (known.get(code) ?? 0)) continue
    const said = after.analysis.diagnostics.find((diagnostic) => diagnostic.code === code)
    return `With this name the policy would be wrong: ${said?.message ?? code}.`
  }
  return sameMeanings(before.occurrences, after.occurrences)
    ? undefined
    : 'With this name something in the policy would mean something else.'
}

function counts(document: PolicyDocument): ReadonlyMap<string, number> {
  const made = new Map<string, number>()
  for (const { code } of document.analysis.diagnostics) made.set(code, (made.get(code) ?? 0) + 1)
  return made
}

/** Names keep their order, so the n-th name before is the n-th after. */
function sameMeanings(before: readonly Occurrence[], after: readonly Occurrence[]): boolean {
  if (before.length !== after.length) return false
  const shape = (all: readonly Occurrence[]): readonly string[] => {
    const order = new Map<Meaning, number>()
    return all.map(({ means, declares }) => {
      const ids = means.map((meaning) => {
        const known = order.get(meaning) ?? order.size
        order.set(meaning, known)
        return known
      })
      return `${declares} ${ids.join(' ')}`
    })
  }
  const wanted = shape(before)
  return shape(after).every((line, index) => line === wanted[index])
}

/** Declared in a file that the policy uses. */
function isImported({ span }: Meaning, document: PolicyDocument): boolean {
  const decl = document.declarationAt(span[0])
  return decl?.kind === 'use' && decl.name?.span[0] !== span[0]
}

function refused(message: string): Rename {
  return { kind: 'refused', message }
}
