/**
 * The grammar of what a condition compares: values, arithmetic, what lists and texts come to. One token of look-ahead decides, plus a
 * GATE where a keyword may as well be a name: the first alternative whose gate and token fit is taken.
 *
 * Rules below clauses do not recover by themselves: a mistake ends the clause, and reading goes on at the next one.
 */
import {
  type CstNode,
  CstParser,
  type IToken,
  type ParserMethod,
  type TokenType,
  tokenMatcher,
} from 'chevrotain'
import { UNIT_NAMES } from '../literals.ts'
import {
  ALL_TOKENS,
  Colon,
  Comma,
  Comparator,
  DateToken,
  Dot,
  DurationUnit,
  Equals,
  K,
  type Keyword,
  LCurly,
  LParen,
  LSquare,
  Minus,
  Name,
  NumberToken,
  Plus,
  RCurly,
  RParen,
  RSquare,
  Slash,
  Star,
  Text,
  Time,
  Word,
} from '../tokens.ts'
import { messages } from './messages.ts'

/** Handed to rules whose mistakes are dealt with by the clause around them. */
export const INNER = { resyncEnabled: false } as const
export const FIRST_WINS = true

/** Words that end an expression; where a value is needed they are names if what follows could only follow a value. */
const ENDING: ReadonlySet<TokenType> = new Set([
  K.and,
  K.or,
  K.then,
  K.because,
  K.where,
  K.when,
  K.otherwise,
  K.remedy,
  K.is,
])
export const AFTER_OPERAND: ReadonlySet<TokenType> = new Set([
  K.is,
  K.contains,
  K.resembles,
  Comparator,
  Equals,
  Dot,
  Plus,
  Minus,
  Star,
  Slash,
])
const AFTER_VALUE: ReadonlySet<TokenType> = new Set([
  ...AFTER_OPERAND,
  RParen,
  RSquare,
  Comma,
  K.and,
  K.or,
  K.then,
  K.where,
])

export abstract class OperandGrammar extends CstParser {
  /** A condition, in parentheses inside of an operand. */
  abstract expr: ParserMethod<[], CstNode>

  constructor() {
    super(ALL_TOKENS, {
      recoveryEnabled: true,
      maxLookahead: 1,
      skipValidations: true,
      nodeLocationTracking: 'full',
      errorMessageProvider: messages,
    })
  }

  /** Do the tokens from the `k`-th on have these spellings? */
  protected ahead(k: number, ...words: Keyword[]): boolean {
    return words.every((word, index) => this.LA(k + index).tokenType === K[word])
  }

  protected is(k: number, type: TokenType): boolean {
    return tokenMatcher(this.LA(k), type)
  }

  /** A comma that goes on with the list, not one before `and`, `or`, or a word that starts something else. */
  protected commaThenValue = (): boolean =>
    this.is(1, Comma) && !this.ahead(2, 'and') && !this.ahead(2, 'or') && !this.ahead(2, 'otherwise')

  path = this.RULE(
    'path',
    () => {
      this.CONSUME(Name)
      this.MANY(() => {
        this.CONSUME(Dot)
        this.CONSUME2(Name, { LABEL: 'Name' })
      })
    },
    INNER,
  )

  /** Over which score it holds; the detector's own where none is written. */
  threshold = this.RULE(
    'threshold',
    () => {
      this.OPTION(() => {
        this.CONSUME(K.over)
        this.SUBRULE(this.sum)
      })
    },
    INNER,
  )

  sum = this.RULE(
    'sum',
    () => {
      this.SUBRULE(this.product)
      this.MANY(() => {
        this.OR([
          { ALT: () => this.CONSUME(Plus, { LABEL: 'op' }) },
          { ALT: () => this.CONSUME(Minus, { LABEL: 'op' }) },
        ])
        this.SUBRULE2(this.product)
      })
    },
    INNER,
  )

  product = this.RULE(
    'product',
    () => {
      this.SUBRULE(this.operand)
      this.MANY(() => {
        this.OR([
          { ALT: () => this.CONSUME(Star, { LABEL: 'op' }) },
          { ALT: () => this.CONSUME(Slash, { LABEL: 'op' }) },
        ])
        this.SUBRULE2(this.operand)
      })
    },
    INNER,
  )

  operand = this.RULE(
    'operand',
    () => {
      this.OR({
        IGNORE_AMBIGUITIES: FIRST_WINS,
        DEF: [
          { ALT: () => this.SUBRULE(this.quantity) },
          { ALT: () => this.CONSUME(Text) },
          { ALT: () => this.CONSUME(DateToken) },
          { ALT: () => this.CONSUME(Time) },
          {
            ALT: () => {
              this.CONSUME(Minus)
              this.SUBRULE(this.operand)
            },
          },
          {
            ALT: () => {
              this.CONSUME(LParen)
              this.SUBRULE(this.expr)
              this.CONSUME(RParen)
            },
          },
          { ALT: () => this.SUBRULE(this.listLiteral) },
          { ALT: () => this.SUBRULE(this.recordLiteral) },
          { GATE: () => this.ahead(1, 'count', 'of'), ALT: () => this.SUBRULE(this.count) },
          { GATE: () => this.quantifiedAhead(), ALT: () => this.SUBRULE(this.quantified) },
          { GATE: () => this.ahead(1, 'total') && this.ahead(2, 'of'), ALT: () => this.SUBRULE(this.total) },
          {
            GATE: () => this.ahead(1, 'the', 'start', 'of') || this.ahead(1, 'today', 'in'),
            ALT: () => this.SUBRULE(this.today),
          },
          { GATE: () => this.is(2, K.of) && this.measureAhead(), ALT: () => this.SUBRULE(this.measure) },
          { GATE: () => this.ahead(2, 'of') && this.extremeAhead(), ALT: () => this.SUBRULE(this.extreme) },
          {
            // `for p in LIST` goes through a list, `for tier in any 1 day` ends at the window.
            GATE: () =>
              this.ahead(2, 'for') &&
              (!this.ahead(4, 'in') || this.ahead(4, 'in', 'any')) &&
              this.operandWord(),
            ALT: () => this.SUBRULE(this.lookup),
          },
          { GATE: () => this.scoredAhead(), ALT: () => this.SUBRULE(this.scored) },
          { GATE: () => this.operandWord(), ALT: () => this.SUBRULE(this.path) },
        ],
      })
    },
    INNER,
  )

  /** `injection in text`; a zone stands in quotes, as in `day of created in "…"`, and `in any 1 day` is a window. */
  private scoredAhead(): boolean {
    return this.is(1, Name) && this.ahead(2, 'in') && !this.is(3, Text) && !this.ahead(3, 'any')
  }

  private quantifiedAhead(): boolean {
    return (
      (this.ahead(1, 'some') || this.ahead(1, 'every') || this.ahead(1, 'no')) &&
      this.is(2, Name) &&
      this.ahead(3, 'in')
    )
  }

  today = this.RULE(
    'today',
    () => {
      this.OPTION(() => {
        this.CONSUME(K.the)
        this.CONSUME(K.start)
        this.CONSUME(K.of)
      })
      this.CONSUME(K.today)
      this.CONSUME(K.in)
      this.CONSUME(Text)
    },
    INNER,
  )

  private measureAhead(): boolean {
    return ['length', 'keys', 'day', 'weekday', 'hour'].some((word) => this.LA(1).image === word)
  }

  private extremeAhead(): boolean {
    return this.ahead(1, 'smaller') || this.ahead(1, 'larger')
  }

  private operandWord(): boolean {
    const first: IToken = this.LA(1)
    return !ENDING.has(first.tokenType) || AFTER_VALUE.has(this.LA(2).tokenType)
  }

  /** What a detector says of something: `injection in text over 0.7`. */
  scored = this.RULE(
    'scored',
    () => {
      this.CONSUME(Name)
      this.CONSUME(K.in)
      this.SUBRULE(this.operand)
      this.SUBRULE(this.threshold)
    },
    INNER,
  )

  /** A number, an amount of money or a length of time. */
  quantity = this.RULE(
    'quantity',
    () => {
      this.CONSUME(NumberToken)
      this.OPTION({
        GATE: () =>
          this.is(1, DurationUnit) ||
          (this.LA(1).tokenType === Word &&
            (/^[A-Z]{3}$/.test(this.LA(1).image) || UNIT_NAMES.has(this.LA(1).image)) &&
            this.LA(2).tokenType !== Colon),
        DEF: () => this.OR([{ ALT: () => this.CONSUME(DurationUnit) }, { ALT: () => this.CONSUME(Word) }]),
      })
    },
    INNER,
  )

  /** A quantity, or in a library the name of a parameter. */
  bound = this.RULE(
    'bound',
    () => {
      this.OR([{ ALT: () => this.SUBRULE(this.quantity) }, { ALT: () => this.CONSUME(Name) }])
    },
    INNER,
  )

  listLiteral = this.RULE(
    'listLiteral',
    () => {
      this.CONSUME(LSquare)
      this.MANY_SEP({ SEP: Comma, DEF: () => this.SUBRULE(this.sum) })
      this.CONSUME(RSquare)
    },
    INNER,
  )

  recordLiteral = this.RULE(
    'recordLiteral',
    () => {
      this.CONSUME(LCurly)
      this.MANY_SEP({ SEP: Comma, DEF: () => this.SUBRULE(this.entry) })
      this.CONSUME(RCurly)
    },
    INNER,
  )

  entry = this.RULE(
    'entry',
    () => {
      this.CONSUME(Name)
      this.CONSUME(Equals)
      this.SUBRULE(this.sum)
    },
    INNER,
  )

  count = this.RULE(
    'count',
    () => {
      this.CONSUME(K.count)
      this.CONSUME(K.of)
      this.OPTION({
        GATE: () => this.ahead(2, 'in'),
        DEF: () => {
          this.CONSUME(Name)
          this.CONSUME(K.in)
        },
      })
      this.SUBRULE(this.operand)
      this.OPTION2({
        GATE: () => this.ahead(1, 'where') && this.is(2, LParen),
        DEF: () => {
          this.CONSUME(K.where)
          this.CONSUME(LParen)
          this.SUBRULE(this.expr)
          this.CONSUME(RParen)
        },
      })
    },
    INNER,
  )

  quantified = this.RULE(
    'quantified',
    () => {
      this.OR([
        { ALT: () => this.CONSUME(K.some, { LABEL: 'how' }) },
        { ALT: () => this.CONSUME(K.every, { LABEL: 'how' }) },
        { ALT: () => this.CONSUME(K.no, { LABEL: 'how' }) },
      ])
      this.CONSUME(Name)
      this.CONSUME(K.in)
      this.SUBRULE(this.operand)
      this.CONSUME(K.has)
      this.CONSUME(LParen)
      this.SUBRULE(this.expr)
      this.CONSUME(RParen)
    },
    INNER,
  )

  total = this.RULE(
    'total',
    () => {
      this.CONSUME(K.total)
      this.CONSUME(K.of)
      this.SUBRULE(this.sum)
      this.CONSUME(K.for)
      this.CONSUME(Name)
      this.CONSUME(K.in)
      this.SUBRULE(this.operand)
    },
    INNER,
  )

  measure = this.RULE(
    'measure',
    () => {
      this.OR([
        { ALT: () => this.CONSUME(K.length, { LABEL: 'what' }) },
        { ALT: () => this.CONSUME(K.keys, { LABEL: 'what' }) },
        { ALT: () => this.CONSUME(K.day, { LABEL: 'what' }) },
        { ALT: () => this.CONSUME(K.weekday, { LABEL: 'what' }) },
        { ALT: () => this.CONSUME(K.hour, { LABEL: 'what' }) },
      ])
      this.CONSUME(K.of)
      this.SUBRULE(this.operand)
      this.OPTION({
        GATE: () => this.ahead(1, 'in') && this.is(2, Text),
        DEF: () => {
          this.CONSUME(K.in)
          this.CONSUME(Text)
        },
      })
    },
    INNER,
  )

  extreme = this.RULE(
    'extreme',
    () => {
      this.OR([
        { ALT: () => this.CONSUME(K.smaller, { LABEL: 'what' }) },
        { ALT: () => this.CONSUME(K.larger, { LABEL: 'what' }) },
      ])
      this.CONSUME(K.of)
      this.SUBRULE(this.sum)
      this.CONSUME(K.and)
      this.SUBRULE2(this.sum)
    },
    INNER,
  )

  lookup = this.RULE(
    'lookup',
    () => {
      this.CONSUME(Name)
      this.CONSUME(K.for)
      this.SUBRULE(this.operand)
      this.MANY({
        GATE: this.commaThenValue,
        DEF: () => {
          this.CONSUME(Comma)
          this.SUBRULE2(this.operand)
        },
      })
    },
    INNER,
  )
}
