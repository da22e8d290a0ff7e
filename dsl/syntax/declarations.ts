/**
 * Cuts the tokens into declarations before anything is parsed, so that a mistake in one — even a missing brace — says
 * nothing about the next. A declaration starts where its keyword stands with what must follow it (`rule "…"`,
 * `schema Name {`): outside of braces anywhere, inside of open ones only at the start of a line.
 */
import { type IToken, type TokenType, tokenMatcher } from 'chevrotain'
import { Colon, Comma, Dot, K, LCurly, LParen, Name, RCurly, Text } from './tokens.ts'

export interface Chunk {
  readonly tokens: IToken[]
  /** Braces still open at the end of the chunk, outermost first. */
  readonly unclosed: readonly IToken[]
}

const NAMED_BY_TEXT: ReadonlySet<TokenType> = new Set([
  K.policy,
  K.owner,
  K.rule,
  K.consistency,
  K.test,
  K.flow,
  K.use,
])
/** What follows the name. */
const AFTER_NAME = new Map<TokenType, readonly TokenType[]>([
  [K.schema, [LCurly]],
  [K.agent, [LCurly]],
  [K.message, [LCurly, Name]],
  [K.tool, [LParen]],
  [K.words, [K.are, K.is]],
  [K.table, [K.by]],
  [K.group, [K.is]],
  [K.fact, [K.is]],
  [K.parameter, [Colon]],
  [K.needs, [Name]],
  [K.detector, [K.over]],
])
const CONTINUES: ReadonlySet<TokenType> = new Set([Comma, Dot, Colon, LCurly])

export function isDeclarationKeyword(type: TokenType): boolean {
  return NAMED_BY_TEXT.has(type) || AFTER_NAME.has(type)
}

export function cutDeclarations(tokens: readonly IToken[]): Chunk[] {
  const chunks: Chunk[] = []
  let current: IToken[] = []
  let open: IToken[] = []
  const finish = (): void => {
    if (current.length > 0) chunks.push({ tokens: current, unclosed: open })
    current = []
    open = []
  }
  tokens.forEach((token, index) => {
    const previous = tokens[index - 1]
    const firstOnLine = previous === undefined || previous.startLine !== token.startLine
    if (starts(tokens, index, firstOnLine, open.length)) finish()
    current.push(token)
    if (token.tokenType === LCurly) open.push(token)
    else if (token.tokenType === RCurly) open.pop()
  })
  finish()
  return chunks
}

function starts(tokens: readonly IToken[], index: number, firstOnLine: boolean, depth: number): boolean {
  const token = tokens[index]!
  const sure = looksLikeDeclaration(tokens, index)
  if (depth > 0) return firstOnLine && sure
  if (sure && (firstOnLine || tokens[index - 1]?.tokenType === RCurly || !AFTER_NAME.has(token.tokenType)))
    return true
  const next = tokens[index + 1]
  if (!firstOnLine || (next !== undefined && CONTINUES.has(next.tokenType) && next.tokenType !== LCurly))
    return false
  if (isDeclarationKeyword(token.tokenType) && tokens[index - 1]?.tokenType !== Comma) return true
  return tokens[index - 1]?.tokenType === RCurly && token.tokenType !== LCurly && token.tokenType !== RCurly
}

function looksLikeDeclaration(tokens: readonly IToken[], index: number): boolean {
  const { tokenType } = tokens[index]!
  const next = tokens[index + 1]
  if (next === undefined) return false
  if (NAMED_BY_TEXT.has(tokenType)) return tokenMatcher(next, Text)
  if (tokenType === K.use && (next.tokenType === K.tools || next.tokenType === K.schema)) return true
  // `needs tool send_money(…)` is one declaration.
  const wanted = next.tokenType === K.tool || next.tokenType === K.message || next.tokenType === K.group
  if (tokenType === K.needs && !wanted) return false
  if (tokens[index - 1]?.tokenType === K.needs && tokenType !== K.needs) return false
  const follow = AFTER_NAME.get(tokenType)
  if (follow === undefined || !tokenMatcher(next, Name)) return false
  const third = tokens[index + 2]
  return third !== undefined && follow.some((type) => tokenMatcher(third, type))
}
