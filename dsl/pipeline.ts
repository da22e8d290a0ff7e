/**
 * The front end, in order: text → tokens → declarations → tree → names → types → plan.
 *
 *   tokenize, cutDeclarations, declaration   syntax/   a tree, however broken the text
 *   expandLibraries                          libraries/  what used policies say, under their names
 *   expandUses                               jsonschema/  imported tools and schemas as if written
 *   collectScopes                            check/    names, schemas as types
 *   check                                    check/    types of everything
 *   lower                                    plan/     the plan, only if nothing is wrong
 *
 * Every stage reports what it finds and goes on; nothing here throws on any text.
 */
import { check } from './check/check.ts'
import type { Model } from './check/model.ts'
import type { Code } from './codes.ts'
import { type Diagnostic, Report } from './diagnostic.ts'
import { expandUses, type Files } from './jsonschema/uses.ts'
import { expandLibraries } from './libraries/expand.ts'
import { placed } from './libraries/places.ts'
import { lower } from './plan/lower.ts'
import type { Plan, Span } from './plan/plan.ts'
import type { Source } from './source.ts'
import type { File } from './syntax/ast.ts'
import { parse } from './syntax/parse.ts'
import type { Token } from './syntax/tokens.ts'

export interface Analysis {
  readonly source: Source
  readonly ast: File
  readonly tokens: readonly Token[]
  readonly comments: readonly Token[]
  readonly model: Model
  /** In order of their place. */
  readonly diagnostics: readonly Diagnostic[]
}

export interface Compilation {
  /** Absent when there are errors. */
  readonly plan?: Plan
  readonly diagnostics: readonly Diagnostic[]
}

export function analyze(source: Source, files?: Files): Analysis {
  const report = new Report()
  const { ast, tokens, comments, broken } = parse(source.text, report)
  const expanded = expandLibraries(ast, broken, files, report)
  const model = check(expandUses(expanded.file, files, report), expanded.broken, report)
  const libraries = expanded.file.libraries ?? []
  const diagnostics = inOrder(report.diagnostics, source.text).map((diagnostic) =>
    placed(diagnostic, libraries),
  )
  return { source, ast, tokens, comments, model, diagnostics }
}

/** `files`: how `use` reads what lies beside the policy. Without it there is nothing to use. */
export function compile(source: Source, files?: Files): Compilation {
  const { model, diagnostics } = analyze(source, files)
  if (diagnostics.some((diagnostic) => diagnostic.severity === 'error')) return { diagnostics }
  return { plan: lower(source, model), diagnostics }
}

/**
 * Sorted by place, each said once; about text that could not be read nothing more is said, nor about the word at a mistake of grammar
 * and the one before it: they were read as what they are hardly meant to be.
 */
function inOrder(diagnostics: readonly Diagnostic[], text: string): Diagnostic[] {
  const unread = diagnostics.filter(({ code }) => UNREAD.has(code))
  const mistakes = diagnostics.filter(({ code }) => code === 'P0004')
  const isBeside = ([from, to]: Span, [start, end]: Span) =>
    from < end && (start < to || text.slice(to, start).trim() === '')
  const isEcho = ({ code, span }: Diagnostic) => {
    if (UNREAD.has(code)) return false
    if (code === 'P0004') return unread.some((other) => isBeside(other.span, span))
    return (
      unread.some((other) => other.span[1] === span[0]) ||
      mistakes.some((mistake) => isBeside(span, mistake.span))
    )
  }
  const seen = new Set<string>()
  return diagnostics
    .filter((diagnostic) => {
      const { code, span } = diagnostic
      const key = `${code} ${span[0]} ${span[1]}`
      if (seen.has(key)) return false
      seen.add(key)
      if (isEcho(diagnostic)) return false
      return UNREAD.has(code) || !unread.some((other) => span[0] < other.span[1] && other.span[0] < span[1])
    })
    .sort((a, b) => a.span[0] - b.span[0] || a.span[1] - b.span[1])
}

const UNREAD: ReadonlySet<Code> = new Set<Code>(['P0001', 'P0002', 'P0003'])
