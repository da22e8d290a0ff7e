/** Which steps: `clerk calls book, cancel or answers`, bare names, and patterns with a condition. */
import type { TokenType } from 'chevrotain'
import { Comma, FreeName, K, LParen, Name, RParen, Verb } from '../tokens.ts'
import { ExpressionGrammar } from './expressions.ts'
import { INNER } from './operands.ts'

/** What follows the step a consistency speaks of. */
const FORM_WORDS: ReadonlySet<TokenType> = new Set([
  K.needs,
  K.never,
  K.is,
  K.at,
  K.of,
  K.each,
  K.exactly,
  K.only,
  K.requires,
  K.excludes,
  K.and,
  K.in,
])

/** What a clause or pattern may start with after a comma; a key of that name needs back-ticks before another word. */
const CLAUSE_WORDS: ReadonlySet<TokenType> = new Set([
  K.after,
  K.before,
  K.between,
  K.while,
  K.every,
  K.not,
  K.either,
  K.first,
  K.last,
  K.total,
  K.distinct,
  K.average,
  K.highest,
  K.lowest,
])

/** Agents that may share a verb; looking further for it would make long lists slow. */
const SUBJECTS_MAX = 32

export class StepGrammar extends ExpressionGrammar {
  /** `clerk, planner calls`: names up to a verb. */
  private subjectAhead(from = 1): boolean {
    if (!this.is(from, Name)) return false
    let at = from
    while (at < from + 2 * SUBJECTS_MAX && this.is(at + 1, Comma) && this.is(at + 2, FreeName)) at += 2
    return this.is(at + 1, Verb)
  }

  private commaThenName = (): boolean => this.is(1, Comma) && this.is(2, FreeName) && !this.subjectAhead(2)

  /** A comma that goes on with a list of keys, which may have any names, rather than one before a clause or pattern. */
  protected commaThenKey(): boolean {
    if (!this.is(1, Comma) || !this.is(2, Name) || this.ahead(2, 'otherwise') || this.ahead(2, 'per'))
      return false
    if (this.ahead(2, 'kept', 'forever')) return false
    if (CLAUSE_WORDS.has(this.LA(2).tokenType) && (this.is(3, Name) || this.is(3, LParen))) return false
    const follows = this.LA(3).tokenType
    return !FORM_WORDS.has(follows) && !this.is(3, Verb) && !(this.is(2, Verb) && this.is(3, Name))
  }

  subject = this.RULE(
    'subject',
    () => {
      this.CONSUME(Name)
      this.MANY(() => {
        this.CONSUME(Comma)
        this.CONSUME2(Name, { LABEL: 'Name' })
      })
    },
    INNER,
  )

  names = this.RULE(
    'names',
    () => {
      this.CONSUME(Name)
      this.MANY({
        GATE: this.commaThenName,
        DEF: () => {
          this.CONSUME(Comma)
          this.CONSUME2(Name, { LABEL: 'Name' })
        },
      })
    },
    INNER,
  )

  steps = this.RULE(
    'steps',
    () => {
      this.SUBRULE(this.step)
      this.MANY({
        GATE: () => !this.ahead(2, 'else'),
        DEF: () => {
          this.CONSUME(K.or)
          this.SUBRULE2(this.step)
        },
      })
    },
    INNER,
  )

  step = this.RULE(
    'step',
    () => {
      this.OR({
        IGNORE_AMBIGUITIES: true,
        DEF: [
          {
            GATE: () =>
              this.ahead(1, 'result', 'of') ||
              this.ahead(1, 'results', 'of') ||
              this.ahead(1, 'failure', 'of'),
            ALT: () => this.SUBRULE(this.outcome),
          },
          {
            GATE: () => this.subjectAhead(),
            ALT: () => {
              this.SUBRULE(this.subject)
              this.SUBRULE(this.verbs)
            },
          },
          { GATE: () => this.is(1, Verb), ALT: () => this.SUBRULE2(this.verbs, { LABEL: 'verbs' }) },
          { ALT: () => this.SUBRULE2(this.names, { LABEL: 'bare' }) },
        ],
      })
    },
    INNER,
  )

  outcome = this.RULE(
    'outcome',
    () => {
      this.OR([
        { ALT: () => this.CONSUME(K.result, { LABEL: 'what' }) },
        { ALT: () => this.CONSUME(K.results, { LABEL: 'what' }) },
        { ALT: () => this.CONSUME(K.failure, { LABEL: 'what' }) },
      ])
      this.CONSUME(K.of)
      this.OR2({
        IGNORE_AMBIGUITIES: true,
        DEF: [
          {
            GATE: () => this.ahead(1, 'any', 'tool'),
            ALT: () => {
              this.CONSUME(K.any)
              this.CONSUME(K.tool)
            },
          },
          { ALT: () => this.SUBRULE(this.names) },
        ],
      })
      this.OPTION(() => {
        this.CONSUME(K.to)
        this.SUBRULE2(this.names, { LABEL: 'receiver' })
      })
    },
    INNER,
  )

  verbs = this.RULE(
    'verbs',
    () => {
      this.SUBRULE(this.verb)
      this.MANY({
        GATE: () => this.ahead(1, 'or') && this.is(2, Verb),
        DEF: () => {
          this.CONSUME(K.or)
          this.SUBRULE2(this.verb)
        },
      })
    },
    INNER,
  )

  verb = this.RULE(
    'verb',
    () => {
      this.CONSUME(Verb)
      this.OPTION({
        GATE: () => this.is(1, FreeName),
        DEF: () =>
          this.OR({
            IGNORE_AMBIGUITIES: true,
            DEF: [
              { ALT: () => this.CONSUME(K.anything) },
              {
                GATE: () => this.ahead(1, 'any', 'state'),
                ALT: () => {
                  this.CONSUME(K.any)
                  this.CONSUME(K.state)
                },
              },
              { ALT: () => this.SUBRULE(this.names) },
            ],
          }),
      })
      this.OPTION2(() => {
        this.OR2([{ ALT: () => this.CONSUME(K.to) }, { ALT: () => this.CONSUME(K.from) }])
        this.SUBRULE2(this.names, { LABEL: 'peers' })
      })
    },
    INNER,
  )

  /** Steps, with a condition when in parentheses. */
  pattern = this.RULE(
    'pattern',
    () => {
      this.OR({
        IGNORE_AMBIGUITIES: true,
        DEF: [
          {
            ALT: () => {
              this.CONSUME(LParen)
              this.SUBRULE(this.conditional)
              this.CONSUME(RParen)
            },
          },
          { ALT: () => this.SUBRULE(this.steps) },
        ],
      })
    },
    INNER,
  )

  /** Steps `and` a condition. */
  conditional = this.RULE(
    'conditional',
    () => {
      this.SUBRULE(this.steps)
      this.OPTION(() => this.CONSUME(Comma))
      this.OPTION2(() => {
        this.CONSUME(K.and)
        this.SUBRULE(this.expr)
      })
    },
    INNER,
  )

  sameKeys = this.RULE(
    'sameKeys',
    () => {
      this.CONSUME(K.with)
      this.CONSUME(K.the)
      this.CONSUME(K.same)
      this.SUBRULE(this.sameKey)
      this.MANY({
        GATE: () => this.commaThenKey() || (this.is(1, Comma) && this.ahead(3, 'and') && this.ahead(5, 'is')),
        DEF: () => {
          this.CONSUME(Comma)
          this.SUBRULE2(this.sameKey)
        },
      })
    },
    INNER,
  )

  sameKey = this.RULE(
    'sameKey',
    () => {
      this.SUBRULE(this.path)
      this.OPTION(() => {
        this.CONSUME(K.as)
        this.CONSUME(K.there)
        this.SUBRULE2(this.path, { LABEL: 'other' })
      })
    },
    INNER,
  )
}
