/** The declarations of a policy with their parts, as an editor's outline shows them. */
import type { Span } from '../plan/plan.ts'
import type { Declaration, FieldNode, Ident, TextNode, TypeExpr } from '../syntax/ast.ts'
import type { PolicyDocument } from './document.ts'

export type OutlineKind =
  | 'policy'
  | 'owner'
  | 'schema'
  | 'tool'
  | 'message'
  | 'agent'
  | 'words'
  | 'detector'
  | 'table'
  | 'group'
  | 'fact'
  | 'rule'
  | 'consistency'
  | 'flow'
  | 'use'
  | 'test'
  | 'field'
  | 'check'
  | 'value'

export interface OutlineItem {
  readonly kind: OutlineKind
  readonly name: string
  readonly detail: string
  readonly span: Span
  /** Within `span`. */
  readonly nameSpan: Span
  readonly inside: readonly OutlineItem[]
}

export function outlineOf(document: PolicyDocument): readonly OutlineItem[] {
  return document.analysis.ast.declarations.flatMap((decl) => item(decl))
}

export interface FoundSymbol {
  readonly kind: OutlineKind
  readonly name: string
  readonly nameSpan: Span
  /** The declaration it is in; '' for declarations. */
  readonly container: string
}

/** Everything in the outline whose name has the letters of `query` in their order. */
export function findSymbols(document: PolicyDocument, query: string): readonly FoundSymbol[] {
  const found: FoundSymbol[] = []
  const look = (items: readonly OutlineItem[], container: string): void => {
    for (const { kind, name, nameSpan, inside } of items) {
      if (hasLetters(name, query)) found.push({ kind, name, nameSpan, container })
      look(inside, name)
    }
  }
  look(outlineOf(document), '')
  return found
}

function hasLetters(name: string, query: string): boolean {
  const letters = name.toLowerCase()
  let at = 0
  for (const letter of query.toLowerCase()) {
    at = letters.indexOf(letter, at) + 1
    if (at === 0) return false
  }
  return true
}

function item(decl: Declaration): readonly OutlineItem[] {
  const made = (
    name: Ident | TextNode | undefined,
    detail: string,
    inside: readonly OutlineItem[] = [],
  ): readonly OutlineItem[] => (isShown(decl.kind) ? [entry(decl.kind, name, detail, decl.span, inside)] : [])
  switch (decl.kind) {
    case 'policy':
      return made(decl.name, `version ${decl.version}`)
    case 'owner':
      return made(decl.owner, 'owner')
    case 'schema':
      return made(decl.name, 'schema', [
        ...fields(decl.body),
        ...decl.body.checks.map((check) => entry('check', check.name, 'check', check.span)),
      ])
    case 'tool':
      return made(decl.name, decl.traits.map((trait) => trait.kind).join(', '), fields(decl.takes))
    case 'message':
      return made(decl.name, 'message', fields(decl.shape))
    case 'agent':
      return made(decl.name, 'agent')
    case 'detector':
      return made(decl.name, 'detector')
    case 'words':
      return made(decl.name, `${decl.words.length} words`)
    case 'table':
      return made(decl.name, `${decl.rows.length} rows`)
    case 'group':
      return made(decl.name, `${decl.members.length} names`)
    case 'fact':
      return made(decl.name, 'fact')
    case 'rule': {
      const named = decl.named.map((value) => entry('value', value.name, 'named value', value.span))
      return made(decl.name, decl.action?.kind ?? '', named)
    }
    case 'consistency':
      return made(decl.name, decl.otherwise?.kind ?? 'deny')
    case 'flow':
      return made(decl.name, SAYS[decl.form?.kind ?? 'comesOnlyFrom'])
    case 'use':
      return made(decl.name ?? decl.from, `use ${decl.what}`)
    case 'test':
      return made(decl.name, decl.expect === undefined ? '' : `expect ${decl.expect.verdict}`)
    default:
      return []
  }
}

const SAYS = {
  comesOnlyFrom: 'comes only from',
  neverReaches: 'never reaches',
  readable: 'must be readable',
} as const

const SHOWN: ReadonlySet<string> = new Set<OutlineKind>([
  'policy',
  'owner',
  'schema',
  'tool',
  'message',
  'agent',
  'words',
  'detector',
  'table',
  'group',
  'fact',
  'rule',
  'consistency',
  'flow',
  'use',
  'test',
])

function isShown(kind: string): kind is OutlineKind {
  return SHOWN.has(kind)
}

function entry(
  kind: OutlineKind,
  name: Ident | TextNode | undefined,
  detail: string,
  span: Span,
  inside: readonly OutlineItem[] = [],
): OutlineItem {
  const written = name === undefined ? '' : 'name' in name ? name.name : name.value
  // An editor refuses an item without a name.
  const shown = written.trim() === '' ? kind : written
  const nameSpan = name !== undefined && name.span[0] >= span[0] && name.span[1] <= span[1] ? name.span : span
  return { kind, name: shown, detail, span, nameSpan, inside }
}

function fields(type: TypeExpr): readonly OutlineItem[] {
  if (type.kind === 'list' || type.kind === 'map') return fields(type.of)
  if (type.kind !== 'record') return []
  return type.fields.map((field: FieldNode) =>
    entry('field', field.name, field.type.kind, field.span, fields(field.type)),
  )
}
