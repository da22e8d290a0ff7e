/**
 * `use "spend" version 2 with per_conversation = 2 USD as spending`: the library's checks and names as if written, under
 * its name. Its vocabulary is its user's; what it `needs` of it is checked. Compiled by itself, a library is a policy whose
 * parameters have their defaults and whose needs are declared, so its tests run.
 */
import type { Report } from '../diagnostic.ts'
import { type Files, IMPORT_MAX } from '../jsonschema/uses.ts'
import type { Span } from '../plan/plan.ts'
import { source as sourceOf } from '../source.ts'
import type { Declaration, File, LibraryDecl, LibraryText, TextNode } from '../syntax/ast.ts'
import { parse } from '../syntax/parse.ts'
import { parameterValues } from './parameters.ts'
import { type Renaming, renamingOf, rewrite } from './rewrite.ts'

/** Libraries one policy uses, those that libraries use included. */
export const LIBRARIES_MAX = 64
const ENDING = '.parapet'

export interface Expanded {
  readonly file: File
  readonly broken: ReadonlySet<Declaration>
}

/** What is being read, and how deep. */
interface Reading {
  readonly files: Files | undefined
  readonly report: Report
  readonly texts: LibraryText[]
  readonly broken: Set<Declaration>
  end: number
}

export function expandLibraries(
  file: File,
  broken: ReadonlySet<Declaration>,
  files: Files | undefined,
  report: Report,
): Expanded {
  const { declarations } = file
  if (!declarations.some(({ kind }) => kind === 'library' || kind === 'parameter' || kind === 'needs'))
    return { file, broken }
  // One unit lies between texts, so that the end of one is no place in the next.
  const reading: Reading = { files, report, texts: [], broken: new Set(broken), end: file.span[1] + 1 }
  const written = declarations.filter((decl) => decl.kind === 'parameter')
  const at: Span = written[0]?.span ?? file.span
  const values = parameterValues(written, [], at, report)
  const renaming = renamingOf(declarations, '', values)
  const opened = new Map<string, Span>()
  const made = declarations.flatMap((decl): readonly Declaration[] => {
    if (decl.kind === 'parameter') return []
    if (decl.kind === 'needs') return decl.of === undefined ? [] : [decl.of]
    if (decl.kind === 'library')
      return opens(decl, opened, report)
        ? open(settled(decl, renaming), { usedAt: decl.span, within: [], prefix: '' }, reading)
        : []
    return [keepBroken(decl, rewrite(decl, renaming), reading)]
  })
  return {
    file: { ...file, declarations: made, libraries: reading.texts },
    broken: reading.broken,
  }
}

function keepBroken(from: Declaration, to: Declaration, { broken }: Reading): Declaration {
  if (broken.has(from)) broken.add(to)
  return to
}

/** Two libraries of one name would hide each other. */
function opens(use: LibraryDecl, opened: Map<string, Span>, report: Report): boolean {
  const name = nameOf(use)
  const first = opened.get(name)
  if (first === undefined) {
    opened.set(name, use.span)
    return true
  }
  report.add('P0101', use.span, `\`${name}\` is used twice`, 'Give one of them another name: `as …`.', [
    { span: first, message: 'used here first' },
  ])
  return false
}

function nameOf({ as, from }: LibraryDecl): string {
  return as?.name ?? from?.value.split('/').at(-1)?.replace(ENDING, '') ?? ''
}

/** `use "spend"` reads `spend.parapet`. */
export function libraryPath(written: string): string {
  return written.endsWith(ENDING) ? written : `${written}${ENDING}`
}

/** Where a library is used. */
interface Place {
  /** The `use` of the policy itself. */
  readonly usedAt: Span
  /** Paths of the libraries around. */
  readonly within: readonly string[]
  /** Their names, each with a dot. */
  readonly prefix: string
}

function open(use: LibraryDecl, place: Place, reading: Reading): readonly Declaration[] {
  const { report, texts } = reading
  const { usedAt, within } = place
  const { from } = use
  if (from === undefined) return []
  const path = libraryPath(from.value)
  if (within.includes(path)) {
    report.add(
      'P0241',
      from.span,
      `\`${from.value}\` uses itself`,
      `Around: ${[...within, path].join(' → ')}.`,
    )
    return []
  }
  const text = readLibrary(path, from, reading)
  if (text === undefined) return []
  const base = reading.end
  reading.end += text.length + 1
  texts.push({ source: sourceOf(text, path), base, usedAt })
  const parsed = parse(text, report, base)
  for (const decl of parsed.broken) reading.broken.add(decl)
  const { declarations } = parsed.ast
  checkVersion(use, declarations, report)
  const parameters = declarations.filter((decl) => decl.kind === 'parameter')
  const values = parameterValues(parameters, use.settings, use.span, report)
  const prefix = `${place.prefix}${nameOf(use)}.`
  const renaming = renamingOf(declarations, prefix, values)
  const opened = new Map<string, Span>()
  return declarations.flatMap((decl): readonly Declaration[] => {
    switch (decl.kind) {
      // Its header, its tests, and the fleet it is tested with, are its own.
      case 'policy':
      case 'owner':
      case 'parameter':
      case 'test':
      case 'agent':
        return []
      case 'library':
        return opens(decl, opened, report)
          ? open(settled(decl, renaming), { usedAt, within: [...within, path], prefix }, reading)
          : []
      default:
        return [keepBroken(decl, rewrite(decl, renaming), reading)]
    }
  })
}

/** What a library sets of another one may be its own parameter. */
function settled(use: LibraryDecl, renaming: Renaming): LibraryDecl {
  const made = rewrite(use, renaming)
  return made.kind === 'library' ? made : use
}

function readLibrary(path: string, from: TextNode, { files, report, texts }: Reading): string | undefined {
  const outside = path.startsWith('/') || path.includes('\\') || path.split('/').includes('..')
  if (outside) {
    report.add('P0240', from.span, `\`${from.value}\` lies outside of the policy's folder`)
    return undefined
  }
  if (texts.length >= LIBRARIES_MAX) {
    report.add('P0240', from.span, `a policy uses at most ${LIBRARIES_MAX} libraries`)
    return undefined
  }
  const text = files?.read(path)
  if (text === undefined)
    report.add(
      'P0240',
      from.span,
      `there is no library \`${from.value}\``,
      `\`${path}\` is looked for beside the policy, then among the libraries that come along.`,
    )
  else if (text.length > IMPORT_MAX)
    report.add('P0240', from.span, `\`${path}\` is longer than ${IMPORT_MAX} characters`)
  else return text
  return undefined
}

/** `version 2` is any 2.x; `version 2.1` any 2.1.x. */
function checkVersion(use: LibraryDecl, declarations: readonly Declaration[], report: Report): void {
  const header = declarations.find((decl) => decl.kind === 'policy')
  const wanted = use.version
  if (wanted === undefined) return
  const found = header?.kind === 'policy' ? header.version : undefined
  if (found === wanted.value || found?.startsWith(`${wanted.value}.`)) return
  report.add(
    'P0242',
    wanted.span,
    found === undefined
      ? `\`${use.from?.value ?? ''}\` has no version`
      : `\`${use.from?.value ?? ''}\` has version ${found}, not ${wanted.value}`,
    'Read what changed in it, then write its version here.',
  )
}
