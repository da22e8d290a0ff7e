/**
 * The grammar of conditions, loosest first: `or`, `and`, `not`, comparisons.
 */
import { Colon, Comma, Comparator, DurationUnit, K, Name, NumberToken, Text } from '../tokens.ts'
import { AFTER_OPERAND, FIRST_WINS, INNER, OperandGrammar } from './operands.ts'

export class ExpressionGrammar extends OperandGrammar {
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
}
