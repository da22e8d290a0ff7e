/** Gathers the occurrences of a text, and finds what names stand for. */
import type { Candidate, Vocabulary } from '../check/model.ts'
import type { Span } from '../plan/plan.ts'
import type { FieldNode, Ident, TextNode, TypeExpr } from '../syntax/ast.ts'
import type { Meaning, MeaningKind, Occurrence } from './meaning.ts'
import { fieldIn, writtenOf } from './written.ts'

/** What a head of a path may be where an expression stands. */
export interface Scope {
  /** Records whose fields are meant. */
  readonly records: readonly TypeExpr[]
  readonly named: ReadonlyMap<string, NamedThing>
}

export interface NamedThing {
  readonly meaning: Meaning
  readonly types: readonly TypeExpr[]
}

export class Noted {
  readonly vocabulary: Vocabulary
  readonly #found = new Map<number, Occurrence>()
  readonly #labels = new Map<string, Meaning>()
  readonly #meanings = new Map<string, Meaning>()

  constructor(vocabulary: Vocabulary) {
    this.vocabulary = vocabulary
  }

  /** In order of place. */
  occurrences(): readonly Occurrence[] {
    return Array.from(this.#found.values()).sort((a, b) => a.span[0] - b.span[0])
  }

  /** The same object for the same declaration. */
  meaning(kind: MeaningKind, name: Ident | TextNode): Meaning {
    const written = 'name' in name ? name.name : name.value
    // What a `use` brings in all stands where the `use` does.
    const key = `${kind} ${name.span[0]} ${written}`
    const known = this.#meanings.get(key)
    if (known !== undefined) return known
    const span: Span = 'name' in name ? name.span : insideQuotes(name)
    const made: Meaning = { kind, name: written, span }
    this.#meanings.set(key, made)
    return made
  }

  declare(kind: MeaningKind, name: Ident | TextNode | undefined): void {
    if (name === undefined) return
    const written = 'name' in name ? 'name' : 'text'
    const span = 'name' in name ? name.span : insideQuotes(name)
    this.#add({ span, means: [this.meaning(kind, name)], declares: true, written })
  }

  use(name: Ident | undefined, means: readonly Meaning[]): void {
    if (name !== undefined && means.length > 0)
      this.#add({ span: name.span, means, declares: false, written: 'name' })
  }

  /** `from`: characters of the text before the name. */
  useText(text: TextNode, means: readonly Meaning[], from = 0): void {
    const [start, end] = insideQuotes(text)
    if (means.length > 0) this.#add({ span: [start + from, end], means, declares: false, written: 'text' })
  }

  agent(name: Ident | undefined): void {
    this.#declared('agent', name, this.vocabulary.agents.get(name?.name ?? '')?.name)
  }

  table(name: Ident): void {
    this.#declared('table', name, this.vocabulary.tables.get(name.name)?.decl.name)
  }

  detector(name: Ident): void {
    this.#declared('detector', name, this.vocabulary.detectors.get(name.name)?.name)
  }

  words(name: Ident): void {
    this.#declared('words', name, this.vocabulary.words.get(name.name)?.name)
  }

  /** A tool, message, group or fact: they share one space. */
  step(name: Ident): void {
    const found = this.stepMeaning(name.name)
    if (found !== undefined) this.use(name, [found])
  }

  stepMeaning(name: string): Meaning | undefined {
    const { tools, messages, groups, facts } = this.vocabulary
    const tool = tools.get(name)?.decl.name
    if (tool !== undefined) return this.meaning('tool', tool)
    const message = messages.get(name)?.decl.name
    if (message !== undefined) return this.meaning('message', message)
    const group = groups.get(name)?.name
    if (group !== undefined) return this.meaning('group', group)
    const fact = facts.get(name)?.name
    return fact === undefined ? undefined : this.meaning('fact', fact)
  }

  /** A label is declared by the first flow that names it. */
  label(name: Ident): void {
    const first = this.#labels.get(name.name)
    if (first !== undefined) return this.use(name, [first])
    this.#labels.set(name.name, this.meaning('label', name))
    this.declare('label', name)
  }

  schema(name: Ident): void {
    this.#declared('schema', name, this.vocabulary.schemas.get(name.name)?.name)
  }

  field(name: Ident, fields: readonly FieldNode[]): void {
    this.use(
      name,
      fields.map((field) => this.meaning('field', field.name)),
    )
  }

  /** Notes each part of a path below `types`; gives what the last part holds. */
  follow(parts: readonly Ident[], types: readonly TypeExpr[]): readonly TypeExpr[] {
    let at = types
    for (const part of parts) {
      const found = fieldIn(at, part.name, this.vocabulary)
      this.field(part, found.fields)
      at = found.types
    }
    return at
  }

  records(candidates: readonly Candidate[]): readonly TypeExpr[] {
    return Array.from(new Set(candidates.flatMap((candidate) => writtenOf(candidate, this.vocabulary))))
  }

  #declared(kind: MeaningKind, name: Ident | undefined, declared: Ident | undefined): void {
    if (declared !== undefined) this.use(name, [this.meaning(kind, declared)])
  }

  #add(occurrence: Occurrence): void {
    const { span } = occurrence
    // What recovery made up takes no room in the text.
    if (span[1] > span[0] && !this.#found.has(span[0])) this.#found.set(span[0], occurrence)
  }
}

function insideQuotes({ span }: TextNode): Span {
  return [span[0] + 1, Math.max(span[0] + 1, span[1] - 1)]
}
