/** Where one is writing: the words of the declaration so far, whatever state the text is in. */
import type { Span } from '../../plan/plan.ts'
import type { Token } from '../../syntax/tokens.ts'
import { endOf, type PolicyDocument } from '../document.ts'

export interface Cursor {
  readonly document: PolicyDocument
  /** The word being written, or nothing at the cursor. */
  readonly replace: Span
  /** Tokens of the declaration before that word, its keyword first; [] between declarations. */
  readonly before: readonly Token[]
  /** All tokens of the declaration but that word; what follows the cursor may name values used before it. */
  readonly all: readonly Token[]
  /** The word is the first on its line. */
  readonly startsLine: boolean
  /** Inside double quotes. */
  readonly inText: boolean
}

/** After these a declaration without braces goes on, on a new line too. */
const GOES_ON: ReadonlySet<string> = new Set([
  ',',
  'is',
  'are',
  'and',
  'or',
  'by',
  '(',
  ':',
  'of',
  'not',
  'calls',
])
const BRACED: ReadonlySet<string> = new Set([
  'schema',
  'message',
  'agent',
  'table',
  'rule',
  'consistency',
  'test',
])

/** Undefined in a comment. */
export function cursorAt(document: PolicyDocument, offset: number): Cursor | undefined {
  if (document.isInComment(offset)) return undefined
  const word = wordAt(document, offset)
  const inText = word?.image.startsWith('"') ?? false
  const replace = replaced(word, inText, offset)
  const start = word?.startOffset ?? offset
  const { tokens } = document.analysis
  const last = document.tokensBefore(start) - 1
  const startsLine = last < 0 || /\n/.test(document.text.slice(endOf(tokens[last]!), start))
  const before = declarationBefore(document, start, last, startsLine)
  const all = before.length === 0 ? [] : [...before, ...declarationAfter(document, word, start, last)]
  return { document, replace, before, all, startsLine, inText }
}

function wordAt(document: PolicyDocument, offset: number): Token | undefined {
  const token = document.tokenAt(offset)
  if (token === undefined || token.startOffset >= offset) return undefined
  if (token.image.startsWith('"')) return isInside(token, offset) ? token : undefined
  return /^[A-Za-z_`]/.test(token.image) ? token : undefined
}

function isInside(token: Token, offset: number): boolean {
  return offset < endOf(token) || token.tokenType.name === 'UnclosedText'
}

function replaced(word: Token | undefined, inText: boolean, offset: number): Span {
  if (word === undefined) return [offset, offset]
  if (!inText) return [word.startOffset, endOf(word)]
  const closed = word.tokenType.name !== 'UnclosedText'
  return [word.startOffset + 1, Math.max(offset, endOf(word) - (closed ? 1 : 0))]
}

function declarationBefore(
  document: PolicyDocument,
  start: number,
  last: number,
  startsLine: boolean,
): readonly Token[] {
  const { tokens, ast } = document.analysis
  const decl = ast.declarations.findLast(({ span }) => span[0] < start)
  if (decl === undefined || last < 0) return []
  const before = tokens.slice(document.tokensBefore(decl.span[0]), last + 1)
  if (before.length === 0) return []
  const open = before.reduce((depth, { image }) => depth + (image === '{' ? 1 : image === '}' ? -1 : 0), 0)
  if (open > 0) return before
  const ended = before.at(-1)!.image
  if (ended === '}' && BRACED.has(before[0]!.image)) return []
  return startsLine && !GOES_ON.has(ended) ? [] : before
}

function declarationAfter(
  document: PolicyDocument,
  word: Token | undefined,
  start: number,
  last: number,
): readonly Token[] {
  const { tokens, ast } = document.analysis
  const decl = ast.declarations.findLast(({ span }) => span[0] < start)
  const end = decl?.span[1] ?? start
  return tokens.slice(last + 1, document.tokensBefore(end)).filter((token) => token !== word)
}

/** Do the tokens end in these words? */
export function endsIn(tokens: readonly Token[], ...words: readonly string[]): boolean {
  const from = tokens.length - words.length
  return from >= 0 && words.every((word, index) => tokens[from + index]!.image === word)
}

/** The last of `words` that stands outside of brackets closed since, and the tokens after it. */
export function sinceLast(
  tokens: readonly Token[],
  words: ReadonlySet<string>,
): { readonly word: string; readonly after: readonly Token[] } | undefined {
  let depth = 0
  for (let index = tokens.length - 1; index >= 0; index--) {
    const { image } = tokens[index]!
    if (')]}'.includes(image)) depth++
    else if ('([{'.includes(image)) depth--
    else if (depth <= 0 && words.has(image) && startsClause(tokens, index))
      return { word: image, after: tokens.slice(index + 1) }
  }
  return undefined
}

/** Not `count of p in L where (…)`, and no field of that name. */
function startsClause(tokens: readonly Token[], index: number): boolean {
  if (tokens[index - 1]?.image === '.') return false
  return !(tokens[index]!.image === 'where' && tokens[index + 1]?.image === '(')
}

/** Where the first `word` outside of brackets stands; -1 if none does. */
export function indexOutside(tokens: readonly Token[], word: string): number {
  let depth = 0
  return tokens.findIndex(({ image }) => {
    if ('([{'.includes(image)) depth++
    else if (')]}'.includes(image)) depth--
    return depth === 0 && image === word
  })
}

/** The tokens since the last bracket `open` that is not closed; undefined if all are. */
export function insideOpen(tokens: readonly Token[], open: '(' | '{'): readonly Token[] | undefined {
  const close = open === '(' ? ')' : '}'
  let depth = 0
  for (let index = tokens.length - 1; index >= 0; index--) {
    const { image } = tokens[index]!
    if (image === close) depth++
    else if (image === open && --depth < 0) return tokens.slice(index + 1)
  }
  return undefined
}
