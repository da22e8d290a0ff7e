/** Reading concrete syntax trees: children by name, spans, texts. Everything may be missing in a broken tree. */
import type { CstElement, CstNode, IToken } from 'chevrotain'
import type { Span } from '../plan/plan.ts'
import type { Ident, TextNode } from './ast.ts'
import { Quoted, spanOf } from './tokens.ts'

const NONE: readonly never[] = []

function isNode(element: CstElement): element is CstNode {
  return 'children' in element
}

export function nodes(node: CstNode | undefined, name: string): readonly CstNode[] {
  const found = node?.children[name]
  return found === undefined ? NONE : found.filter(isNode)
}

export function node(parent: CstNode | undefined, name: string): CstNode | undefined {
  const first = parent?.children[name]?.[0]
  return first !== undefined && isNode(first) ? first : undefined
}

/** Tokens of this name that were really written; those the parser invented to go on are left out. */
export function tokens(node: CstNode | undefined, name: string): readonly IToken[] {
  const found = node?.children[name]
  if (found === undefined) return NONE
  return found.filter((element): element is IToken => !isNode(element) && !element.isInsertedInRecovery)
}

export function token(node: CstNode | undefined, name: string): IToken | undefined {
  const first = node?.children[name]?.[0]
  return first !== undefined && !isNode(first) && !first.isInsertedInRecovery ? first : undefined
}

export function has(node: CstNode | undefined, name: string): boolean {
  return node?.children[name] !== undefined
}

export function span(node: CstNode | undefined, fallback: Span = [0, 0]): Span {
  const location = node?.location
  if (location === undefined || !Number.isFinite(location.startOffset)) return fallback
  const end = location.endOffset
  return [location.startOffset, end === undefined || !Number.isFinite(end) ? location.startOffset : end + 1]
}

export function ident(token: IToken | undefined): Ident | undefined {
  if (token === undefined) return undefined
  const quoted = token.tokenType === Quoted
  return { name: quoted ? token.image.slice(1, -1) : token.image, span: spanOf(token), quoted }
}

export function idents(node: CstNode | undefined, name = 'Name'): Ident[] {
  return tokens(node, name).map((token) => ident(token)!)
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t' }

export function text(token: IToken | undefined): TextNode | undefined {
  if (token === undefined) return undefined
  const closed = token.image.length > 1 && /["“”»]$/.test(token.image)
  const inner = token.image.slice(1, closed ? -1 : undefined)
  const value = inner.includes('\\') ? inner.replace(/\\(.)/g, (_, c: string) => ESCAPES[c] ?? c) : inner
  return { value, span: spanOf(token) }
}

export function texts(node: CstNode | undefined, name = 'Text'): TextNode[] {
  return tokens(node, name).map((token) => text(token)!)
}
