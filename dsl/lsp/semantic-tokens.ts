/** Colours by meaning: what each word is in this text, not how it is spelled. */
import { BUILT_INS } from '../check/built-ins.ts'
import type { Span } from '../plan/plan.ts'
import { K, type Token } from '../syntax/tokens.ts'
import { endOf, type PolicyDocument } from './document.ts'
import type { MeaningKind, Occurrence } from './meaning.ts'

/** In the protocol's words, and in the order of the legend. */
export const TOKEN_TYPES = [
  'comment',
  'keyword',
  'string',
  'number',
  'operator',
  'type',
  'function',
  'event',
  'class',
  'property',
  'variable',
  'parameter',
  'enum',
  'namespace',
  'enumMember',
] as const
export type SemanticType = (typeof TOKEN_TYPES)[number]

export const TOKEN_MODIFIERS = ['declaration', 'defaultLibrary'] as const
export type SemanticModifier = (typeof TOKEN_MODIFIERS)[number]

export interface SemanticToken {
  /** On one line. */
  readonly span: Span
  readonly type: SemanticType
  readonly modifier?: SemanticModifier
}

const OF_MEANING: Readonly<Record<MeaningKind, SemanticType>> = {
  schema: 'type',
  tool: 'function',
  message: 'event',
  agent: 'class',
  words: 'enum',
  detector: 'function',
  table: 'enum',
  group: 'namespace',
  fact: 'namespace',
  check: 'string',
  test: 'string',
  label: 'enum',
  field: 'property',
  value: 'variable',
  variable: 'parameter',
}

const LITERALS: Readonly<Record<string, SemanticType>> = {
  Text: 'string',
  UnclosedText: 'string',
  CurlyText: 'string',
  Number: 'number',
  Time: 'number',
  Date: 'number',
  Version: 'number',
}
const OPERATORS: ReadonlySet<string> = new Set(['Plus', 'Minus', 'Star', 'Slash', 'Equals', 'Comparator'])

/** In order of place, of `range` or of all. */
export function semanticTokens(document: PolicyDocument, range?: Span): readonly SemanticToken[] {
  const { tokens, comments } = document.analysis
  const [from, to] = range ?? [0, document.text.length]
  const names = new Map(document.occurrences.map((occurrence) => [occurrence.span[0], occurrence]))
  const found: SemanticToken[] = []
  for (let index = Math.max(0, document.tokensBefore(from) - 1); index < tokens.length; index++) {
    const token = tokens[index]!
    if (token.startOffset >= to) break
    const made = semanticToken(token, names.get(token.startOffset))
    if (made !== undefined && made.span[1] > from) found.push(made)
  }
  for (const comment of comments) {
    const span: Span = [comment.startOffset, endOf(comment)]
    if (span[1] > from && span[0] < to) found.push({ span, type: 'comment' })
  }
  return found.sort((a, b) => a.span[0] - b.span[0])
}

function semanticToken(token: Token, occurrence: Occurrence | undefined): SemanticToken | undefined {
  const span: Span = [token.startOffset, endOf(token)]
  const meaning = occurrence?.means[0]
  if (occurrence !== undefined && meaning !== undefined) {
    const type = OF_MEANING[meaning.kind]
    return occurrence.declares ? { span, type, modifier: 'declaration' } : { span, type }
  }
  const { name } = token.tokenType
  if (Object.hasOwn(LITERALS, name)) return { span, type: LITERALS[name]! }
  if (OPERATORS.has(name)) return { span, type: 'operator' }
  if (name === 'Word' && BUILT_INS.some((known) => known === token.image))
    return { span, type: 'variable', modifier: 'defaultLibrary' }
  if (Object.hasOwn(K, name)) return { span, type: 'keyword' }
  return name === 'Word' || name === 'Quoted' ? { span, type: 'enumMember' } : undefined
}
