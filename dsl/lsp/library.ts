/** A library as those who use it see it: what it is for, what may be set, what it needs. */
import { Report } from '../diagnostic.ts'
import type { Files } from '../jsonschema/uses.ts'
import { libraryPath } from '../libraries/expand.ts'
import type { Span } from '../plan/plan.ts'
import type { FieldNode, LibraryDecl } from '../syntax/ast.ts'
import { parse } from '../syntax/parse.ts'

export interface Library {
  /** As it is read. */
  readonly path: string
  readonly text: string
  readonly version: string | undefined
  /** The comment at its head. */
  readonly about: string
  readonly parameters: readonly Parameter[]
  /** `tool pay(…)`, one for each thing it needs declared. */
  readonly needs: readonly string[]
  /** Of its header. */
  readonly span: Span
}

export interface Parameter {
  readonly name: string
  /** As it is declared: `per_day: money in USD, over 0 USD`. */
  readonly shown: string
  readonly default: string | undefined
  readonly type: FieldNode['type']
  /** In the library's text. */
  readonly span: Span
}

/** Undefined when there is no such library, or nothing in it can be read. */
export function readLibrary(files: Files | undefined, from: string): Library | undefined {
  const path = libraryPath(from)
  const text = files?.read(path)
  if (text === undefined) return undefined
  const { declarations } = parse(text, new Report()).ast
  const header = declarations.find((decl) => decl.kind === 'policy')
  const written = (span: Span): string => text.slice(...span).replaceAll(/\s+/g, ' ')
  return {
    path,
    text,
    version: header?.kind === 'policy' ? header.version : undefined,
    about: headOf(text),
    parameters: declarations.flatMap((decl): Parameter[] => {
      if (decl.kind !== 'parameter' || decl.field === undefined) return []
      const { name, type, constraints, span } = decl.field
      const standing = constraints.find(({ kind }) => kind === 'default')
      const value = standing?.kind === 'default' ? written(standing.value.span) : undefined
      return [{ name: name.name, shown: written(span), default: value, type, span: name.span }]
    }),
    needs: declarations.flatMap((decl) => (decl.kind === 'needs' ? [written(decl.span)] : [])),
    span: header?.span ?? [0, 0],
  }
}

/** The library's name, its version, what it is for, what may be set. */
export function describeLibrary({ path, version, about, parameters, needs }: Library): string {
  const list = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [`${title}\n\n${lines.map((line) => `- \`${line}\``).join('\n')}`]
  return [
    `**${path}**${version === undefined ? '' : ` version ${version}`}`,
    ...(about === '' ? [] : [about]),
    ...list(
      'May be set:',
      parameters.map(({ shown }) => shown),
    ),
    ...list('Needs:', needs),
  ].join('\n\n')
}

export function describeParameter({ shown, default: standing }: Parameter): string {
  return `**${shown}**\n\n${standing === undefined ? 'Has to be set.' : 'May be left out.'}`
}

/** The parameter whose name stands at `offset`, with its library. */
export function settingAt(
  decl: LibraryDecl,
  named: { library(from: string): Library | undefined },
  offset: number,
): { readonly library: Library; readonly parameter: Parameter; readonly span: Span } | undefined {
  const setting = decl.settings.find(({ name }) => name.span[0] <= offset && offset <= name.span[1])
  if (setting === undefined || decl.from === undefined) return undefined
  const library = named.library(decl.from.value)
  const parameter = library?.parameters.find(({ name }) => name === setting.name.name)
  return library && parameter && { library, parameter, span: setting.name.span }
}

/** The comment that a text starts with, up to the first empty line of it. */
function headOf(text: string): string {
  const lines: string[] = []
  for (const line of text.split('\n')) {
    const said = /^#\s?(.*)$/.exec(line)
    if (said === null) break
    lines.push(said[1]!.trim())
  }
  return lines.join('\n').split('\n\n')[0]!.replaceAll('\n', ' ').trim()
}
