/** The TypeScript files of the house, read once, with what they import. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix, relative, sep } from 'node:path'
import { withoutComments } from './without-comments.ts'

export interface SourceFile {
  /** From the root, with forward slashes. */
  readonly path: string
  readonly lines: number
  /** The text with comments blanked, line for line. */
  readonly code: string
  readonly imports: readonly Import[]
}

export type Import = { readonly line: number } & (
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'package'; readonly name: string }
  /** `node:` modules. */
  | { readonly kind: 'builtin'; readonly name: string }
)

const SKIPPED = new Set(['node_modules', 'dist', 'golden', 'data'])

export function readSourceFiles(root: string): readonly SourceFile[] {
  return filesIn(root).map((path) =>
    sourceFile(relative(root, path).split(sep).join('/'), readFileSync(path, 'utf8')),
  )
}

export function sourceFile(path: string, text: string): SourceFile {
  const code = withoutComments(text)
  return { path, lines: text.split('\n').length - 1, code, imports: importsOf(path, code) }
}

/** A test, or what only tests use. */
export function isTest(file: SourceFile): boolean {
  return /\.(test|fixture)\.ts$/.test(file.path)
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith('.') || SKIPPED.has(entry.name)) return []
    if (entry.isDirectory()) return filesIn(join(folder, entry.name))
    return entry.name.endsWith('.ts') ? [join(folder, entry.name)] : []
  })
}

const STATEMENT =
  /^(?:import(?:\s+type)?\s+[\w$*{][^'"]*?\sfrom|export(?:\s+type)?\s*[*{][^'"]*?\sfrom|import)\s*(['"])([^'"\n]+)\1/gm
const CALLED = /\bimport\(\s*(['"])([^'"\n]+)\1/g

function importsOf(path: string, code: string): readonly Import[] {
  const found: Import[] = []
  for (const pattern of [STATEMENT, CALLED])
    for (const match of code.matchAll(pattern))
      found.push(resolved(path, match[2]!, lineAt(code, match.index)))
  return found
}

function resolved(from: string, spelled: string, line: number): Import {
  if (spelled.startsWith('.')) return { kind: 'file', path: posix.join(posix.dirname(from), spelled), line }
  if (spelled.startsWith('#')) return { kind: 'file', path: spelled.slice(1), line }
  if (spelled.startsWith('node:')) return { kind: 'builtin', name: spelled, line }
  const [scope, name] = spelled.split('/')
  return { kind: 'package', name: scope!.startsWith('@') ? `${scope}/${name}` : scope!, line }
}

export function lineAt(code: string, offset: number): number {
  return code.slice(0, offset).split('\n').length
}
