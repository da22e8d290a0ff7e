/** Bodies in braces: what starts a line of its own, and the commas that lines make needless. */
import type { Span } from '../plan/plan.ts'
import { Comma, DurationUnit, K, type Keyword, type Token } from '../syntax/tokens.ts'
import { type Doc, either, group, indent } from './doc.ts'
import type { Tape } from './tape.ts'

/** A node inside a body and its layout. */
export interface Part {
  readonly span: Span
  readonly doc: () => Doc
  /** It starts a member by itself, without a keyword before it. */
  readonly starts?: boolean
}

export interface Member {
  readonly first: Token
  readonly end: number
  readonly parts: readonly Part[]
}

export interface BodyStyle {
  /** Words that start a member. A word inside a part is a name, whatever its spelling. */
  readonly starters: readonly Keyword[]
  /** Between members on one line. */
  readonly separator: '' | ','
  /** Whether members stand on lines of their own even if one line has room for them. */
  readonly alwaysBreaks: (members: readonly Member[]) => boolean
  readonly member: (member: Member) => Doc
}

/** From `{`, the next token of the tape, to the `}` that ends at `end`. Parts in reading order. */
export function body(tape: Tape, end: number, parts: readonly Part[], style: BodyStyle): Doc {
  const open = tape.next()
  const starters = new Set(style.starters.map((word) => K[word]))
  const inside = tape.tokensIn([0, end - 1])
  const members = cut(inside, end - 1, parts, starters)
  const commas = separators(inside, members)
  for (const comma of commas.values()) tape.leaveOut(comma)
  const made = members.map((member, index): Doc => {
    const line = tape.member(index === 0)
    const content = style.member(member)
    const next = members[index + 1]
    if (next === undefined) return [line, content]
    const needed = commas.has(next.first) && goesOn(member.first, next.first) ? ',' : ''
    return [line, content, either(needed, style.separator)]
  })
  const dangling = tape.beforeClose(members.length === 0)
  return group([open, indent(2, [made, dangling]), tape.line(), tape.next()], style.alwaysBreaks(members))
}

function cut(
  tokens: readonly Token[],
  end: number,
  parts: readonly Part[],
  starters: ReadonlySet<Token['tokenType']>,
): Member[] {
  const members: { first: Token; end: number; parts: Part[] }[] = []
  let next = 0
  let inPartUntil = 0
  for (const token of tokens) {
    if (token.startOffset < inPartUntil) continue
    const part = parts[next]
    const isPart = part !== undefined && token.startOffset >= part.span[0]
    if (isPart ? part.starts === true : starters.has(token.tokenType)) {
      const last = members.at(-1)
      if (last !== undefined) last.end = token.startOffset
      members.push({ first: token, end, parts: [] })
    }
    if (!isPart) continue
    members.at(-1)?.parts.push(part)
    inPartUntil = part.span[1]
    next++
  }
  return members
}

/** The commas right before a member or the closing brace, by what follows them. */
function separators(tokens: readonly Token[], members: readonly Member[]): Map<Token | undefined, Token> {
  const ends = new Set<Token | undefined>([...members.map((member) => member.first), undefined])
  const found = new Map<Token | undefined, Token>()
  tokens.forEach((token, index) => {
    const next = tokens[index + 1]
    if (token.tokenType === Comma && ends.has(next)) found.set(next, token)
  })
  return found
}

/** Words that would go on with the member before, were there no comma. */
const GOES_ON: ReadonlySet<Token['tokenType']> = new Set(
  [
    ...(['as', 'like', 'matching', 'in', 'of', 'or', 'and', 'is', 'for', 'with', 'where', 'per'] as const),
    ...(['character', 'characters', 'contains', 'starts', 'ends', 'matches', 'exactly'] as const),
  ].map((word) => K[word]),
)

function goesOn(before: Token, next: Token): boolean {
  // A field ends before `and more`, a condition would go on.
  if (next.tokenType === K.and && before.tokenType !== K.check) return false
  return GOES_ON.has(next.tokenType) || next.tokenType.CATEGORIES?.includes(DurationUnit) === true
}
