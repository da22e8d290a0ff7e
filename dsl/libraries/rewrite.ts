/**
 * A library's declarations as its user sees them: what it declares is called `name.…`, and its parameters are the values
 * they were given. Names bound inside a declaration (`where fee is …`, `some p in …`) hide both, as they do elsewhere.
 */
import type { Declaration, Expr, Ident, Path } from '../syntax/ast.ts'

export interface Renaming {
  /** Stands before everything the library declares; empty leaves names as they are. */
  readonly prefix: string
  readonly values: ReadonlyMap<string, Expr>
  /** Words, by the names they have in the library. */
  readonly words: ReadonlySet<string>
  readonly tables: ReadonlySet<string>
  readonly schemas: ReadonlySet<string>
  /** Groups and facts. */
  readonly steps: ReadonlySet<string>
}

export function renamingOf(
  declarations: readonly Declaration[],
  prefix: string,
  values: ReadonlyMap<string, Expr>,
): Renaming {
  const named = (...kinds: readonly Declaration['kind'][]): ReadonlySet<string> =>
    new Set(
      declarations.flatMap((decl) =>
        kinds.includes(decl.kind) && 'name' in decl && decl.name !== undefined && 'name' in decl.name
          ? [decl.name.name]
          : [],
      ),
    )
  return {
    prefix,
    values,
    words: named('words'),
    tables: named('table'),
    schemas: named('schema'),
    steps: named('group', 'fact'),
  }
}

export function rewrite(decl: Declaration, renaming: Renaming): Declaration {
  return called(inside(decl, renaming, boundIn(decl)), renaming.prefix)
}

/** The declaration under its name outside of the library. */
function called(decl: Declaration, prefix: string): Declaration {
  switch (decl.kind) {
    case 'rule':
    case 'consistency':
    case 'flow': {
      const { name } = decl
      return name === undefined ? decl : { ...decl, name: { ...name, value: prefix + name.value } }
    }
    case 'schema':
    case 'words':
    case 'table':
    case 'group':
    case 'fact': {
      const { name } = decl
      return name === undefined ? decl : { ...decl, name: { ...name, name: prefix + name.name } }
    }
    default:
      return decl
  }
}

/** Keys under which a path names a place in a step rather than a value. */
const PLACES: ReadonlySet<string> = new Set(['here', 'there', 'forEach', 'by', 'fields', 'field', 'what'])

/** Plain data rebuilt; what does not change is shared. */
function inside<T>(node: T, renaming: Renaming, bound: ReadonlySet<string>, key = ''): T {
  if (typeof node !== 'object' || node === null) return node
  if (Array.isArray(node)) {
    const items = node.map((item: unknown) => inside(item, renaming, bound, key))
    return items.some((item, i) => item !== node[i]) ? (items as T) : node
  }
  if (isPath(node)) return path(node, renaming, bound, PLACES.has(key)) as T & Path
  // A form's own `of` and `to` are places too.
  const places = 'fn' in node || ('how' in node && 'latest' in node) || kindOf(node) === 'steady'
  let changed = false
  const made: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(node)) {
    const place = places && (name === 'of' || name === 'to') ? 'what' : name
    const inner = renamed(node, name, value, renaming) ?? inside<unknown>(value, renaming, bound, place)
    changed ||= inner !== value
    made[name] = inner
  }
  return changed ? (made as T) : node
}

function kindOf(node: object): unknown {
  return 'kind' in node ? node.kind : undefined
}

function isPath(node: object): node is Path {
  return 'kind' in node && node.kind === 'path'
}

function path(node: Path, renaming: Renaming, bound: ReadonlySet<string>, place: boolean): Expr {
  const [head, ...rest] = node.parts
  if (head === undefined || head.quoted || bound.has(head.name)) return node
  const value = place || rest.length > 0 ? undefined : renaming.values.get(head.name)
  if (value !== undefined) return { ...value, span: node.span }
  return renaming.words.has(head.name) ? { ...node, parts: [prefixed(head, renaming.prefix), ...rest] } : node
}

/** Names that are no values: of steps, tables and schemas. */
function renamed(node: object, key: string, value: unknown, renaming: Renaming): unknown {
  const { prefix, steps, tables, schemas } = renaming
  if (prefix === '') return undefined
  if (key === 'objects' || key === 'members' || key === 'names') return idents(value, steps, prefix)
  if (key === 'variants') return idents(value, schemas, prefix)
  if (key === 'table' && isIdent(value)) return tables.has(value.name) ? prefixed(value, prefix) : undefined
  if (key === 'name' && kindOf(node) === 'named' && isIdent(value))
    return schemas.has(value.name) ? prefixed(value, prefix) : undefined
  return undefined
}

function idents(value: unknown, own: ReadonlySet<string>, prefix: string): unknown {
  if (!Array.isArray(value) || !value.every(isIdent)) return undefined
  return value.some(({ name }) => own.has(name))
    ? value.map((ident) => (own.has(ident.name) ? prefixed(ident, prefix) : ident))
    : undefined
}

function isIdent(value: unknown): value is Ident {
  return typeof value === 'object' && value !== null && 'name' in value && 'quoted' in value
}

function prefixed(ident: Ident, prefix: string): Ident {
  return { ...ident, name: prefix + ident.name }
}

/** Named values and variables of a declaration. */
function boundIn(node: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (typeof node !== 'object' || node === null) return found
  if (!Array.isArray(node)) {
    if ('variable' in node && isIdent(node.variable)) found.add(node.variable.name)
    const kind = kindOf(node)
    if ((kind === 'latest' || kind === 'tally' || kind === 'value') && 'name' in node && isIdent(node.name))
      found.add(node.name.name)
  }
  for (const inner of Object.values(node)) boundIn(inner, found)
  return found
}
