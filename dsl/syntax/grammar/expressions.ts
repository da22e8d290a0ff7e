/**
 * The grammar of expressions, loosest first. One token of look-ahead decides, plus a GATE where a keyword may as well
 * be a name: the first alternative whose gate and token fit is taken.
 *
 * Rules below clauses do not recover by themselves: a mistake ends the clause, and reading goes on at the next one.
 */
import { CstParser, type IToken, type TokenType, tokenMatcher } from 'chevrotain'
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
const FIRST_WINS = true

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
const AFTER_OPERAND: ReadonlySet<TokenType> = new Set([
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

export class ExpressionGrammar extends CstParser {
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

  expr = this.RULE(
    'expr',
    () => {
      this.SUBRULE(this.conjunction)
      this.MANY(() => {
        this.CONSUME(K.or)
        this.SUBRULE2(this.conjunction)
      })
    },
    INNER,
  )

  conjunction = this.RULE(
    'conjunction',
    () => {
      this.SUBRULE(this.negation)
      this.MANY(() => {
        this.CONSUME(K.and)
        this.SUBRULE2(this.negation)
      })
    },
    INNER,
  )

  negation = this.RULE(
    'negation',
    () => {
      this.OR({
        IGNORE_AMBIGUITIES: FIRST_WINS,
        DEF: [
          {
            GATE: () => this.ahead(1, 'not') && !AFTER_OPERAND.has(this.LA(2).tokenType),
            ALT: () => {
              this.CONSUME(K.not)
              this.SUBRULE(this.negation)
            },
          },
          { ALT: () => this.SUBRULE(this.comparison) },
        ],
      })
    },
    INNER,
  )

  comparison = this.RULE(
    'comparison',
    () => {
      this.SUBRULE(this.sum)
      this.OPTION(() => {
        this.OR([
          { ALT: () => this.SUBRULE(this.symbolTail) },
          { ALT: () => this.SUBRULE(this.isTail) },
          { ALT: () => this.SUBRULE(this.textTail) },
          { ALT: () => this.SUBRULE(this.roleTail) },
        ])
        this.OPTION2(() => this.CONSUME(K.exactly))
      })
    },
    INNER,
  )

  symbolTail = this.RULE(
    'symbolTail',
    () => {
      this.CONSUME(Comparator)
      this.SUBRULE(this.sum)
    },
    INNER,
  )

  isTail = this.RULE(
    'isTail',
    () => {
      this.CONSUME(K.is)
      this.OPTION(() => this.CONSUME(K.not))
      this.OR({
        IGNORE_AMBIGUITIES: FIRST_WINS,
        DEF: [
          { GATE: () => this.apartAhead(), ALT: () => this.SUBRULE(this.apart) },
          {
            GATE: () => this.ahead(1, 'at', 'least') || this.ahead(1, 'at', 'most'),
            ALT: () => {
              this.CONSUME(K.at)
              this.OR2([{ ALT: () => this.CONSUME(K.least) }, { ALT: () => this.CONSUME(K.most) }])
              this.SUBRULE(this.sum)
            },
          },
          {
            GATE: () =>
              this.is(1, K.over) || this.is(1, K.under) || this.is(1, K.before) || this.is(1, K.after),
            ALT: () => {
              this.OR3([
                { ALT: () => this.CONSUME(K.over) },
                { ALT: () => this.CONSUME(K.under) },
                { ALT: () => this.CONSUME(K.before) },
                { ALT: () => this.CONSUME(K.after) },
              ])
              this.SUBRULE2(this.sum)
            },
          },
          {
            GATE: () => this.ahead(1, 'between') && this.is(2, NumberToken) && this.is(3, Colon),
            ALT: () => {
              this.CONSUME2(K.between)
              this.SUBRULE(this.timeOfDay)
              this.CONSUME2(K.and)
              this.SUBRULE2(this.timeOfDay)
              this.CONSUME2(K.in)
              this.CONSUME2(Text)
            },
          },
          {
            GATE: () => this.ahead(1, 'on'),
            ALT: () => {
              this.CONSUME(K.on)
              this.SUBRULE(this.daysOfWeek)
              this.CONSUME3(K.in)
              this.CONSUME3(Text)
            },
          },
          {
            ALT: () => {
              this.CONSUME(K.between)
              this.SUBRULE3(this.sum)
              this.CONSUME(K.and)
              this.SUBRULE4(this.sum)
            },
          },
          {
            GATE: () => this.ahead(1, 'one', 'of'),
            ALT: () => {
              this.CONSUME(K.one)
              this.CONSUME(K.of)
              this.SUBRULE(this.values)
            },
          },
          {
            ALT: () => {
              this.CONSUME(K.in)
              this.SUBRULE5(this.sum)
            },
          },
          { ALT: () => this.CONSUME(K.present) },
          { ALT: () => this.CONSUME(K.missing) },
          {
            GATE: () => this.ahead(1, 'the', 'same', 'as'),
            ALT: () => {
              this.CONSUME(K.the)
              this.CONSUME(K.same)
              this.CONSUME(K.as)
              this.SUBRULE6(this.sum)
            },
          },
          {
            GATE: () => this.ahead(1, 'about') && this.is(2, Text),
            ALT: () => {
              this.CONSUME(K.about)
              this.SUBRULE8(this.sum)
              this.SUBRULE(this.threshold)
            },
          },
          {
            GATE: () => this.ahead(1, 'grounded', 'in'),
            ALT: () => {
              this.CONSUME(K.grounded)
              this.CONSUME4(K.in)
              this.SUBRULE9(this.sum)
              this.SUBRULE2(this.threshold)
            },
          },
          {
            GATE: () => this.is(2, Text),
            ALT: () => {
              this.CONSUME(K.like)
              this.CONSUME(Text)
            },
          },
          { ALT: () => this.SUBRULE7(this.sum) },
        ],
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

  timeOfDay = this.RULE(
    'timeOfDay',
    () => {
      this.CONSUME(NumberToken)
      this.CONSUME(Colon)
      this.CONSUME2(NumberToken)
    },
    INNER,
  )

  /** `a weekday`, `Monday, Friday` */
  daysOfWeek = this.RULE(
    'daysOfWeek',
    () => {
      this.OPTION({
        GATE: () => this.ahead(2, 'weekday') || this.ahead(2, 'weekend'),
        DEF: () => this.CONSUME(K.a),
      })
      this.CONSUME(Name)
      this.MANY({
        GATE: () => this.is(1, Comma) && this.is(2, Name),
        DEF: () => {
          this.CONSUME(Comma)
          this.CONSUME2(Name, { LABEL: 'Name' })
        },
      })
    },
    INNER,
  )

  roleTail = this.RULE(
    'roleTail',
    () => {
      this.CONSUME(K.has)
      this.CONSUME(K.role)
      this.SUBRULE(this.values)
    },
    INNER,
  )

  textTail = this.RULE(
    'textTail',
    () => {
      this.OR([
        {
          ALT: () => {
            this.CONSUME(K.contains)
            this.OR2({
              IGNORE_AMBIGUITIES: FIRST_WINS,
              DEF: [
                {
                  GATE: () => this.ahead(1, 'any', 'of') || this.ahead(1, 'any', 'word', 'of'),
                  ALT: () => {
                    this.CONSUME(K.any)
                    this.OPTION(() => this.CONSUME(K.word))
                    this.CONSUME(K.of)
                    this.SUBRULE(this.values)
                  },
                },
                {
                  GATE: () => this.ahead(1, 'the', 'word'),
                  ALT: () => {
                    this.CONSUME(K.the)
                    this.CONSUME2(K.word)
                    this.SUBRULE(this.sum)
                  },
                },
                { ALT: () => this.SUBRULE2(this.sum) },
              ],
            })
          },
        },
        {
          ALT: () => {
            this.OR3([{ ALT: () => this.CONSUME(K.starts) }, { ALT: () => this.CONSUME(K.ends) }])
            this.CONSUME(K.with)
            this.SUBRULE3(this.sum)
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.matches)
            this.CONSUME(Text)
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.resembles)
            this.OR4({
              IGNORE_AMBIGUITIES: FIRST_WINS,
              DEF: [
                {
                  GATE: () => this.ahead(1, 'any', 'of'),
                  ALT: () => {
                    this.CONSUME2(K.any)
                    this.CONSUME2(K.of)
                    this.SUBRULE2(this.values)
                  },
                },
                { ALT: () => this.SUBRULE4(this.sum) },
              ],
            })
            this.SUBRULE(this.threshold)
          },
        },
      ])
    },
    INNER,
  )

  values = this.RULE(
    'values',
    () => {
      this.SUBRULE(this.sum)
      this.MANY({
        GATE: this.commaThenValue,
        DEF: () => {
          this.CONSUME(Comma)
          this.SUBRULE2(this.sum)
        },
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
            GATE: () => this.ahead(2, 'for') && !this.ahead(4, 'in') && this.operandWord(),
            ALT: () => this.SUBRULE(this.lookup),
          },
          { GATE: () => this.scoredAhead(), ALT: () => this.SUBRULE(this.scored) },
          { GATE: () => this.operandWord(), ALT: () => this.SUBRULE(this.path) },
        ],
      })
    },
    INNER,
  )

  /** `injection in text`; a zone stands in quotes, as in `day of created in "…"`. */
  private scoredAhead(): boolean {
    return this.is(1, Name) && this.ahead(2, 'in') && !this.is(3, Text)
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

  /** `more than 10 days after`: of what it is compared with, the unit tells it from a plain bound. */
  private apartAhead(): boolean {
    const bound =
      this.ahead(1, 'more', 'than') ||
      this.ahead(1, 'less', 'than') ||
      this.ahead(1, 'at', 'least') ||
      this.ahead(1, 'at', 'most')
    const sided = this.is(5, K.after) || this.is(5, K.before)
    return bound && this.is(3, NumberToken) && this.is(4, DurationUnit) && sided
  }

  apart = this.RULE(
    'apart',
    () => {
      this.OR([
        {
          ALT: () => {
            this.CONSUME(K.at)
            this.OR2([
              { ALT: () => this.CONSUME(K.least, { LABEL: 'bound' }) },
              { ALT: () => this.CONSUME(K.most, { LABEL: 'bound' }) },
            ])
          },
        },
        {
          ALT: () => {
            this.OR3([
              { ALT: () => this.CONSUME(K.more, { LABEL: 'bound' }) },
              { ALT: () => this.CONSUME(K.less, { LABEL: 'bound' }) },
            ])
            this.CONSUME(K.than)
          },
        },
      ])
      this.SUBRULE(this.quantity)
      this.OR4([
        { ALT: () => this.CONSUME(K.after, { LABEL: 'side' }) },
        { ALT: () => this.CONSUME(K.before, { LABEL: 'side' }) },
      ])
      this.SUBRULE(this.sum)
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
