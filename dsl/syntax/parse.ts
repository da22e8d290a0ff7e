/** Text → tree. A tree is always produced; each clause reports at most its first mistake. */
import type { IRecognitionException, IToken, TokenType } from 'chevrotain'
import { Report } from '../diagnostic.ts'
import type { Span } from '../plan/plan.ts'
import type { Declaration, File } from './ast.ts'
import { type Chunk, cutDeclarations, isDeclarationKeyword } from './declarations.ts'
import { PolicyGrammar } from './grammar/policy.ts'
import { helpFor } from './help.ts'
import { nearest } from './nearest.ts'
import {
  CLAUSE_STARTS,
  DECLARATION_WORDS,
  K,
  LCurly,
  LParen,
  LSquare,
  Minus,
  Plus,
  RCurly,
  RParen,
  RSquare,
  Slash,
  Star,
  spanOf,
  tokenize,
} from './tokens.ts'
import { declaration } from './tree.ts'

export interface Parsed {
  readonly ast: File
  readonly tokens: readonly IToken[]
  readonly comments: readonly IToken[]
  /** Declarations with mistakes: what is missing in them was perhaps meant. */
  readonly broken: ReadonlySet<Declaration>
}

/** Longest text that is read, in UTF-16 units; the rest is reported and left out. */
export const TEXT_MAX = 4_000_000
/** Brackets open at once in one declaration. */
export const BRACKETS_MAX = 64
/** Words and signs of one declaration that put one expression or type inside another. */
export const NESTING_WORDS_MAX = 500

let grammar: PolicyGrammar | undefined

/** `base` is added to every place, for texts that are read after others. */
export function parse(text: string, report: Report, base = 0): Parsed {
  const read = text.length > TEXT_MAX ? text.slice(0, TEXT_MAX) : text
  if (read.length < text.length)
    report.add('P0004', [base + TEXT_MAX, base + TEXT_MAX + 1], `a policy has at most ${TEXT_MAX} characters`)
  const { tokens, comments } = tokenize(read, report, base)
  grammar ??= new PolicyGrammar()
  const declarations: Declaration[] = []
  const broken = new Set<Declaration>()
  for (const chunk of cutDeclarations(tokens)) {
    const at: Span = [chunk.tokens[0]!.startOffset, spanOf(chunk.tokens.at(-1)!)[1]]
    const own = new Report()
    const made = isKnown(chunk, own)
      ? parseChunk(grammar, chunk, at, own)
      : ({ kind: 'unknown', span: at } as const)
    declarations.push(made)
    if (own.diagnostics.some((diagnostic) => diagnostic.severity === 'error')) broken.add(made)
    report.diagnostics.push(...own.diagnostics)
  }
  return { ast: { kind: 'file', declarations, span: [base, base + text.length] }, tokens, comments, broken }
}

function parseChunk(parser: PolicyGrammar, chunk: Chunk, at: Span, report: Report): Declaration {
  parser.input = chunk.tokens
  const cst = parser.declaration()
  const mistakes = firstPerClause(parser.errors, chunk.tokens)
  const unclosed = chunk.unclosed.at(-1)
  for (const mistake of mistakes) {
    const atEnd = mistake.token.image === ''
    if (atEnd && unclosed !== undefined) continue
    const end = chunk.tokens.at(-1)!
    const span: Span = atEnd ? [spanOf(end)[1] - 1, spanOf(end)[1]] : spanOf(mistake.token)
    report.add('P0004', span, mistake.message, helpFor(mistake, chunk.tokens))
  }
  if (unclosed !== undefined) {
    report.add('P0005', spanOf(unclosed), 'this `{` is never closed', 'Add `}` where the declaration ends.', [
      { span: [at[1] - 1, at[1]], message: 'the declaration ends here' },
    ])
  }
  const shape = new Report()
  const tree = declaration(cst, at, shape)
  // A clause cut short is easily read as two, or as one that stands twice.
  const sure = mistakes.length === 0 && unclosed === undefined
  if (sure) report.diagnostics.push(...shape.diagnostics)
  return tree
}

/**
 * Mistakes after the first in one clause mostly follow from it. A clause starts with its word at the start of a line; a mistake at
 * that word is of the clause before, which is not whole.
 */
function firstPerClause(
  errors: readonly IRecognitionException[],
  tokens: readonly IToken[],
): IRecognitionException[] {
  if (errors.length < 2) return [...errors]
  const starts: number[] = []
  tokens.forEach((token, index) => {
    const firstOnLine = index > 0 && tokens[index - 1]!.startLine !== token.startLine
    if (CLAUSE_STARTS.has(token.tokenType) && firstOnLine) starts.push(token.startOffset)
    else if (firstOnLine && tokens[index + 1]?.image === ':') starts.push(token.startOffset)
  })
  const seen = new Set<number>()
  return errors.filter((error) => {
    const offset = error.token.image === '' ? Number.POSITIVE_INFINITY : error.token.startOffset
    const clause = starts.findLastIndex((start) => start < offset)
    if (seen.has(clause)) return false
    seen.add(clause)
    return true
  })
}

function isKnown(chunk: Chunk, report: Report): boolean {
  const first = chunk.tokens[0]!
  if (isDeclarationKeyword(first.tokenType)) return isShallow(chunk, report)
  const close = nearest(first.image, DECLARATION_WORDS)
  const help =
    close === undefined
      ? `Declarations start with ${DECLARATION_WORDS.map((word) => `\`${word}\``).join(', ')}.`
      : `Did you mean \`${close}\`?`
  report.add('P0006', spanOf(first), `\`${first.image}\` does not start a declaration`, help)
  return false
}

const OPENS: ReadonlySet<TokenType> = new Set([LCurly, LParen, LSquare])
const CLOSES: ReadonlySet<TokenType> = new Set([RCurly, RParen, RSquare])
/** How much each counts; `total of`, `smaller of` and `larger of` hold whole sums, as brackets do. */
const NESTS: ReadonlyMap<TokenType, number> = new Map([
  [K.of, 1],
  [K.in, 1],
  [K.not, 1],
  [Plus, 1],
  [Minus, 1],
  [Star, 1],
  [Slash, 1],
  [K.total, 7],
  [K.smaller, 7],
  [K.larger, 7],
])

/** Reading is recursive, so its depth is bounded before it starts. */
function isShallow(chunk: Chunk, report: Report): boolean {
  let depth = 0
  let nesting = 0
  for (const token of chunk.tokens) {
    if (OPENS.has(token.tokenType)) depth++
    else if (CLOSES.has(token.tokenType)) depth--
    else nesting += NESTS.get(token.tokenType) ?? 0
    if (depth <= BRACKETS_MAX && nesting <= NESTING_WORDS_MAX) continue
    report.add(
      'P0017',
      spanOf(token),
      'this declaration is nested too deeply from here on',
      'Split it, or give parts of it names.',
    )
    return false
  }
  return true
}
