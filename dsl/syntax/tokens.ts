/**
 * Text → tokens. Every word is first a `Word`; keywords get their own type afterwards by one map look-up, and every
 * keyword is also a `Name`, so no field name is ever reserved. `FreeName` leaves out the connecting words: it stands
 * where a name is optional and a connecting word may follow instead.
 */
import { createToken, type IToken, Lexer, type TokenType, tokenMatcher } from 'chevrotain'
import { Report } from '../diagnostic.ts'
import { BASE_VERBS, CONNECTING, type Keyword, OTHERS, UNITS, VERBS } from './keywords.ts'

export type { Keyword } from './keywords.ts'

export const Name = createToken({ name: 'Name', pattern: Lexer.NA, label: 'a name' })
export const FreeName = createToken({
  name: 'FreeName',
  pattern: Lexer.NA,
  categories: [Name],
  label: 'a name',
})
/** `calls`, `answers`, …: what an agent does. */
export const Verb = createToken({
  name: 'Verb',
  pattern: Lexer.NA,
  label: 'a verb such as `calls` or `answers`',
})
/** `call`, `answer`, …: the same after `may`. */
export const BaseVerb = createToken({
  name: 'BaseVerb',
  pattern: Lexer.NA,
  label: 'a verb such as `call` or `answer`',
})
export const DurationUnit = createToken({ name: 'DurationUnit', pattern: Lexer.NA, label: 'a unit of time' })

function keywords(): Record<Keyword, TokenType> {
  const made: Partial<Record<Keyword, TokenType>> = {}
  const add = (words: readonly Keyword[], categories: TokenType[]): void => {
    for (const word of words)
      made[word] = createToken({ name: word, pattern: Lexer.NA, categories, label: `\`${word}\`` })
  }
  add(VERBS, [FreeName, Verb])
  add(BASE_VERBS, [FreeName, BaseVerb])
  add(UNITS, [FreeName, DurationUnit])
  add(CONNECTING, [Name])
  add(OTHERS, [FreeName])
  return made as Record<Keyword, TokenType>
}

/** The token type of each keyword. */
export const K = keywords()
const BY_SPELLING = new Map<string, TokenType>(Object.entries(K))

export const Word = createToken({
  name: 'Word',
  pattern: /[A-Za-z_][A-Za-z0-9_]*/,
  categories: [FreeName],
  label: 'a name',
})
export const Quoted = createToken({
  name: 'Quoted',
  pattern: /`[^`\n]*`/,
  categories: [FreeName],
  line_breaks: false,
  label: 'a name',
})
const UnclosedQuoted = createToken({
  name: 'UnclosedQuoted',
  pattern: /`[^`\n]*/,
  categories: [FreeName],
  line_breaks: false,
})

export const Text = createToken({
  name: 'Text',
  pattern: /"(?:[^"\\\n]|\\[^\n])*"/,
  line_breaks: false,
  label: 'text in double quotes',
})
const UnclosedText = createToken({
  name: 'UnclosedText',
  pattern: /"(?:[^"\\\n]|\\[^\n])*\\?/,
  categories: [Text],
  line_breaks: false,
})
/** As word processors write them; read as the text it is meant to be, and reported. */
const CurlyText = createToken({
  name: 'CurlyText',
  pattern: /[“”„«][^“”„«»"\n]*[“”»"]/,
  categories: [Text],
  line_breaks: false,
})

export const Time = createToken({
  name: 'Time',
  pattern: /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})?/,
  label: 'a time',
})
export const DateToken = createToken({ name: 'Date', pattern: /\d{4}-\d{2}-\d{2}/, label: 'a date' })
export const Version = createToken({
  name: 'Version',
  pattern: /\d+\.\d+\.\d+[A-Za-z0-9.+-]*/,
  label: 'a version',
})
export const NumberToken = createToken({
  name: 'Number',
  pattern: /\d[\d_]*(?:\.\d[\d_]*)?/,
  label: 'a number',
})

const sign = (name: string, pattern: string): TokenType =>
  createToken({ name, pattern, label: `\`${pattern}\`` })
export const LCurly = sign('LCurly', '{')
export const RCurly = sign('RCurly', '}')
export const LParen = sign('LParen', '(')
export const RParen = sign('RParen', ')')
export const LSquare = sign('LSquare', '[')
export const RSquare = sign('RSquare', ']')
export const Comma = sign('Comma', ',')
export const Colon = sign('Colon', ':')
export const Dot = sign('Dot', '.')
export const Plus = sign('Plus', '+')
export const Minus = sign('Minus', '-')
export const Star = sign('Star', '*')
export const Slash = sign('Slash', '/')
export const Percent = sign('Percent', '%')
/** `= != < <= > >=` */
export const Comparator = createToken({ name: 'Comparator', pattern: /[<>]=?|!=|==?/, label: 'a comparison' })
export const Equals = createToken({
  name: 'Equals',
  pattern: /=(?!=)/,
  categories: [Comparator],
  label: '`=`',
})

const Space = createToken({
  name: 'Space',
  pattern: /[ \t\r\n\u00a0\ufeff]+/,
  group: Lexer.SKIPPED,
  line_breaks: true,
})
const Comment = createToken({ name: 'Comment', pattern: /#[^\n]*/, group: 'comments' })

export const ALL_TOKENS: TokenType[] = [
  Space,
  Comment,
  Word,
  Text,
  UnclosedText,
  CurlyText,
  Quoted,
  UnclosedQuoted,
  Time,
  DateToken,
  Version,
  NumberToken,
  LCurly,
  RCurly,
  LParen,
  RParen,
  LSquare,
  RSquare,
  Comma,
  Colon,
  Dot,
  Plus,
  Minus,
  Star,
  Slash,
  Percent,
  Equals,
  Comparator,
  ...Object.values(K),
  Name,
  FreeName,
  Verb,
  BaseVerb,
  DurationUnit,
]

const lexer = new Lexer(ALL_TOKENS, {
  positionTracking: 'full',
  ensureOptimizations: false,
  skipValidations: true,
})

/** `image`, `startOffset`, `tokenType`; comments are tokens too. */
export type Token = IToken

export interface Tokens {
  readonly tokens: readonly IToken[]
  readonly comments: readonly IToken[]
}

/** Never fails: unreadable characters are reported and left out. */
export function tokenize(text: string, report: Report = new Report(), base = 0): Tokens {
  const { tokens, groups, errors } = lexer.tokenize(text)
  const comments = groups['comments'] ?? []
  if (base > 0) for (const token of [...tokens, ...comments]) move(token, base)
  for (const token of tokens) {
    if (token.tokenType === Word) {
      const keyword = BY_SPELLING.get(token.image)
      if (keyword !== undefined) {
        token.tokenType = keyword
        token.tokenTypeIdx = keyword.tokenTypeIdx!
      }
    } else if (token.tokenType === UnclosedText) {
      report.add(
        'P0002',
        spanOf(token),
        'this text has no closing quote',
        'Close it with `"` on the same line.',
      )
    } else if (token.tokenType === CurlyText) {
      const words = token.image.slice(1, -1)
      report.add('P0001', spanOf(token), 'these are not plain double quotes', `Write \`"${words}"\`.`)
    } else if (token.tokenType === UnclosedQuoted) {
      report.add(
        'P0003',
        spanOf(token),
        'this name has no closing back-tick',
        'Close it with a back-tick on the same line.',
      )
    }
  }
  for (const error of errors) {
    const shown = text.slice(error.offset, error.offset + Math.min(error.length, 12))
    const currency = CURRENCIES[shown[0] ?? '']
    report.add(
      'P0001',
      [base + error.offset, base + error.offset + error.length],
      `\`${shown}\` means nothing here`,
      currency === undefined
        ? 'Leave it out, or put it into text with `"…"`.'
        : `Money is written \`300 ${currency}\`.`,
    )
  }
  return { tokens, comments }
}

const CURRENCIES: Readonly<Record<string, string>> = { '€': 'EUR', $: 'USD', '£': 'GBP', '¥': 'JPY' }

/** Of this type, or of one that may stand for it. */
export function tokenIs(token: IToken, type: TokenType): boolean {
  return tokenMatcher(token, type)
}

function move(token: IToken, by: number): void {
  token.startOffset += by
  if (token.endOffset !== undefined) token.endOffset += by
}

export function spanOf(token: IToken): readonly [number, number] {
  return [token.startOffset, token.startOffset + token.image.length]
}

/** Words that start a clause inside a declaration. */
export const CLAUSE_STARTS: ReadonlySet<TokenType> = new Set([
  K.when,
  K.where,
  K.then,
  K.because,
  K.remedy,
  K.severity,
  K.mode,
  K.on,
  K.given,
  K.expect,
  K.check,
  K.otherwise,
  K.per,
  K.for,
  K.kept,
  K.may,
  K.at,
])

export const DECLARATION_WORDS = [
  'policy',
  'owner',
  'schema',
  'tool',
  'message',
  'agent',
  'words',
  'table',
  'group',
  'fact',
  'rule',
  'consistency',
  'flow',
  'test',
  'use',
  'parameter',
  'needs',
  'detector',
] as const
