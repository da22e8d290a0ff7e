/** One analysed text, with what the services look up again and again: each made when it is first asked for. */
import type { Files } from '../jsonschema/uses.ts'
import { type Analysis, analyze } from '../pipeline.ts'
import { lower } from '../plan/lower.ts'
import type { Plan } from '../plan/plan.ts'
import { type Source, source as sourceOf } from '../source.ts'
import type { Declaration } from '../syntax/ast.ts'
import type { Token } from '../syntax/tokens.ts'
import { type Library, readLibrary } from './library.ts'
import type { Occurrence } from './meaning.ts'
import { occurrencesOf } from './occurrences.ts'

export class PolicyDocument {
  readonly analysis: Analysis
  /** How `use` reads what lies beside the policy. */
  readonly files: Files | undefined
  #occurrences: readonly Occurrence[] | undefined
  #plan: Plan | undefined
  readonly #libraries = new Map<string, Library | undefined>()

  constructor(source: Source, files?: Files) {
    this.analysis = analyze(source, files)
    this.files = files
  }

  get source(): Source {
    return this.analysis.source
  }

  get text(): string {
    return this.analysis.source.text
  }

  /** In order of place; they do not overlap. */
  get occurrences(): readonly Occurrence[] {
    this.#occurrences ??= occurrencesOf(this.analysis.ast, this.analysis.model)
    return this.#occurrences
  }

  get hasErrors(): boolean {
    return this.analysis.diagnostics.some((diagnostic) => diagnostic.severity === 'error')
  }

  /** Absent when there are errors. */
  get plan(): Plan | undefined {
    if (this.hasErrors) return undefined
    this.#plan ??= lower(this.source, this.analysis.model)
    return this.#plan
  }

  /** By its name as `use` says it. */
  library(from: string): Library | undefined {
    if (!this.#libraries.has(from)) this.#libraries.set(from, readLibrary(this.files, from))
    return this.#libraries.get(from)
  }

  /** The declaration at `offset`, its end included: one is still in it while writing on. */
  declarationAt(offset: number): Declaration | undefined {
    return this.analysis.ast.declarations.find(({ span }) => span[0] <= offset && offset <= span[1])
  }

  /** How many tokens start before `offset`. */
  tokensBefore(offset: number): number {
    const { tokens } = this.analysis
    let low = 0
    let high = tokens.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (tokens[middle]!.startOffset < offset) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The token that holds `offset`, or ends there. */
  tokenAt(offset: number): Token | undefined {
    const count = this.tokensBefore(offset + 1)
    for (const token of [this.analysis.tokens[count - 1], this.analysis.tokens[count - 2]]) {
      if (token !== undefined && token.startOffset <= offset && offset <= endOf(token)) return token
    }
    return undefined
  }

  isInComment(offset: number): boolean {
    return this.analysis.comments.some((comment) => comment.startOffset < offset && offset <= endOf(comment))
  }
}

export function openDocument(text: string, file?: string, files?: Files): PolicyDocument {
  return new PolicyDocument(sourceOf(text, file), files)
}

export function endOf(token: Token): number {
  return token.startOffset + token.image.length
}
