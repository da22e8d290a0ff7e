/**
 * `use tools from "…"`, `use schema Name from "…"`: declarations as if they had been written. Files are read by whoever
 * compiles. What a schema says and nobody can judge is an error, or with `leniently` a warning; it never just vanishes.
 */
import type { Report } from '../diagnostic.ts'
import { compileSchema } from '../judge/json-schema/compile.ts'
import type { SchemaProblem } from '../judge/json-schema/problem.ts'
import type { Json } from '../judge/step.ts'
import type { Span } from '../plan/plan.ts'
import type {
  Declaration,
  File,
  GroupDecl,
  Ident,
  RecordType,
  SchemaDecl,
  ToolDecl,
  Trait,
  UseDecl,
} from '../syntax/ast.ts'
import { importRecord, importType, resolve } from './import.ts'
import { parseJson } from './json.ts'
import { type ListedTool, listedTools } from './listing.ts'

/** How a policy's imported files are read: text, or undefined when there is no such file. Never the network. */
export interface Files {
  read(path: string): string | undefined
  /** What there is to read, for an editor; nothing else depends on it. */
  list?(): readonly string[]
  /** Where a file lies, for an editor to open it. */
  placeOf?(path: string): string | undefined
}

/** Longest imported file, in UTF-16 units. */
export const IMPORT_MAX = 2_000_000
/** Problems of one import that are shown. */
const SHOWN_MAX = 5

/** The file with what its `use` lines bring in place of them. A tool that is also written in the policy is as written. */
export function expandUses(file: File, files: Files | undefined, report: Report): File {
  const uses = file.declarations.filter((decl) => decl.kind === 'use')
  if (uses.length === 0) return file
  const written = new Set(
    file.declarations.flatMap((decl) =>
      decl.kind === 'tool' && decl.name !== undefined ? [decl.name.name] : [],
    ),
  )
  const declarations = file.declarations.flatMap((decl): readonly Declaration[] =>
    decl.kind === 'use' ? expand(decl, files, report, written) : [decl],
  )
  return { ...file, declarations }
}

function expand(
  use: UseDecl,
  files: Files | undefined,
  report: Report,
  written: ReadonlySet<string>,
): readonly Declaration[] {
  const { from, span } = use
  if (from === undefined) return []
  const [path = '', fragment = ''] = from.value.split('#', 2)
  const document = readDocument(path, from.span, files, report)
  if (document === undefined) return []
  if (use.what === 'schema') return schemaOf(use, document, fragment, report)
  const tools = listedTools(document)
  if (tools === undefined) {
    report.add(
      'P0223',
      from.span,
      `\`${path}\` lists no tools`,
      'It holds what an MCP server answers to `tools/list`, or a list of function descriptions.',
    )
    return []
  }
  const fresh = tools.filter(({ name }) => !written.has(name))
  // Each schema of a listing is a document of its own: references point into it, not into the listing.
  const problems = fresh.flatMap((tool) =>
    [tool.takes, tool.returns].flatMap((one) =>
      one === undefined
        ? []
        : compileSchema(one.schema).problems.map((problem) => ({
            ...problem,
            pointer: one.at + problem.pointer,
          })),
    ),
  )
  if (!reportProblems(problems, use, path, report)) return []
  return [...fresh.map((tool) => toolOf(tool, span)), ...groupOf(use, tools)]
}

/** `as mail`: all of them under one name, those that the policy writes itself included. */
function groupOf({ name, span }: UseDecl, tools: readonly ListedTool[]): readonly GroupDecl[] {
  if (name === undefined) return []
  const members = tools.map((tool): Ident => ({ name: tool.name, span, quoted: true }))
  return [{ kind: 'group', name, members, span }]
}

function readDocument(path: string, span: Span, files: Files | undefined, report: Report): Json | undefined {
  const outside = path.startsWith('/') || path.includes('\\') || /^[A-Za-z][A-Za-z0-9+.-]*:/.test(path)
  if (outside || path.split('/').includes('..')) {
    report.add(
      'P0223',
      span,
      `\`${path}\` lies outside of the policy's folder`,
      'Copy the file beside the policy.',
    )
    return undefined
  }
  const text = files?.read(path)
  if (text === undefined) {
    report.add('P0223', span, `there is no file \`${path}\``, 'Its path is relative to the policy.')
    return undefined
  }
  const document = text.length > IMPORT_MAX ? undefined : parseJson(text)
  if (document === undefined)
    report.add('P0223', span, `\`${path}\` is no JSON of at most ${IMPORT_MAX} characters`)
  return document
}

function schemaOf(use: UseDecl, document: Json, pointer: string, report: Report): readonly SchemaDecl[] {
  const { span, from, name } = use
  const schema = resolve(document, pointer)
  if (schema === undefined) {
    report.add('P0223', from?.span ?? span, `there is nothing at \`#${pointer}\``)
    return []
  }
  if (!reportProblems(compileSchema(document, { at: pointer }).problems, use, from?.value ?? '', report))
    return []
  const body = importRecord(schema, pointer, { document, span, unnamed: 'allowed' })
  if (body !== undefined) return [{ kind: 'schema', name, body, span }]
  report.add('P0224', span, 'a schema of the language is a record', 'Import one whose `type` is `object`.')
  return []
}

/** True when the import may go on. */
function reportProblems(
  problems: readonly SchemaProblem[],
  use: UseDecl,
  path: string,
  report: Report,
): boolean {
  const [first] = problems
  if (first === undefined) return true
  const where = use.from?.span ?? use.span
  const shown = (list: readonly SchemaProblem[]) =>
    list
      .slice(0, SHOWN_MAX)
      .map(({ pointer, message }) => `#${pointer}: ${message}`)
      .join('; ') + (list.length > SHOWN_MAX ? `; and ${list.length - SHOWN_MAX} more` : '')
  const grave = problems.filter(({ kind }) => kind !== 'unknown' || !use.leniently)
  if (grave.length > 0) {
    const unknown = grave.every(({ kind }) => kind === 'unknown')
    report.add(
      'P0224',
      where,
      `\`${path}\` asks for what cannot be judged: ${shown(grave)}`,
      unknown ? 'Add `, leniently` to leave it out, or change the schema.' : 'Change the schema.',
    )
    return false
  }
  report.add('P0302', where, `left out of \`${path}\`: ${shown(problems)}`, 'Write a rule for what it meant.')
  return true
}

function toolOf(tool: ListedTool, span: Span): ToolDecl {
  const name: Ident = { name: tool.name, span, quoted: true }
  const nothing: RecordType = { kind: 'record', fields: [], checks: [], span }
  const { takes, returns } = tool
  const trait = (kind: Trait['kind']): Trait => ({ kind, by: [], span })
  return {
    kind: 'tool',
    name,
    takes:
      takes === undefined
        ? nothing
        : (importRecord(takes.schema, '', { document: takes.schema, span, unnamed: 'refused' }) ??
          importType(takes.schema, '', { document: takes.schema, span, unnamed: 'refused' })),
    returns:
      returns === undefined
        ? undefined
        : importType(returns.schema, '', { document: returns.schema, span, unnamed: 'allowed' }),
    traits: [
      trait(tool.readsOnly ? 'reads' : 'external'),
      ...(tool.idempotent && !tool.readsOnly ? [trait('idempotent')] : []),
    ],
    span,
  }
}
