/** What must hold across steps: scopes, stretches, totals, values, and the patterns of `relations.ts`. */
import { Colon, Comma, Dot, K, LCurly, Name, RCurly, Text } from '../tokens.ts'
import { INNER } from './operands.ts'
import { RelationGrammar } from './relations.ts'

/** Dots that are looked past to tell `address.city in X` from a step. */
const PATH_MAX = 8

export class ConsistencyGrammar extends RelationGrammar {
  consistency = this.RULE('consistency', () => {
    this.CONSUME(K.consistency)
    this.CONSUME(Text)
    this.CONSUME(LCurly)
    this.MANY(() => {
      this.SUBRULE(this.consistencyClause)
      this.OPTION(() => this.CONSUME(Comma))
    })
    this.CONSUME(RCurly)
  })

  consistencyClause = this.RULE('consistencyClause', () => {
    this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          GATE: () => this.ahead(1, 'for', 'each'),
          ALT: () => {
            this.CONSUME(K.for)
            this.CONSUME(K.each)
            this.SUBRULE(this.path)
            this.MANY({
              GATE: () => this.commaThenKey(),
              DEF: () => {
                this.CONSUME(Comma)
                this.SUBRULE2(this.path)
              },
            })
          },
        },
        {
          GATE: () => this.is(2, K.conversation) || this.is(2, K.agent) || this.is(2, K.turn),
          ALT: () => {
            this.CONSUME(K.per)
            this.SUBRULE(this.scope)
          },
        },
        {
          GATE: () => this.ahead(1, 'across', 'the'),
          ALT: () => {
            this.CONSUME(K.across)
            this.CONSUME(K.the)
            this.CONSUME(K.fleet)
          },
        },
        {
          GATE: () => this.ahead(1, 'kept', 'forever'),
          ALT: () => {
            this.CONSUME(K.kept)
            this.CONSUME(K.forever)
          },
        },
        { GATE: () => this.stretchAhead(), ALT: () => this.SUBRULE(this.stretch) },
        {
          ALT: () => {
            this.CONSUME(K.otherwise)
            this.SUBRULE(this.action)
          },
        },
        { GATE: () => this.noteAhead(), ALT: () => this.SUBRULE(this.note) },
        { ALT: () => this.SUBRULE(this.form) },
      ],
    })
  })

  private noteAhead(): boolean {
    return (
      ((this.ahead(1, 'because') || this.ahead(1, 'remedy')) && this.is(2, Text)) ||
      (this.ahead(1, 'severity') && !this.is(2, Colon)) ||
      this.ahead(1, 'mode') ||
      this.ahead(1, 'on', 'error')
    )
  }

  private stretchAhead(): boolean {
    return (
      this.ahead(1, 'after') ||
      this.ahead(1, 'before') ||
      this.ahead(1, 'between') ||
      this.ahead(1, 'while', 'in')
    )
  }

  stretch = this.RULE(
    'stretch',
    () => {
      this.OR([
        {
          ALT: () => {
            this.CONSUME(K.after)
            this.SUBRULE(this.pattern, { LABEL: 'opens' })
            this.OPTION(() => this.SUBRULE(this.until))
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.before)
            this.SUBRULE2(this.pattern, { LABEL: 'closes' })
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.between)
            this.SUBRULE3(this.pattern, { LABEL: 'opens' })
            this.CONSUME(K.and)
            this.SUBRULE4(this.pattern, { LABEL: 'closes' })
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.while)
            this.CONSUME(K.in)
            this.CONSUME(Name, { LABEL: 'state' })
          },
        },
      ])
    },
    INNER,
  )

  /** `address.city of X` or `… in X`: a field before the step that has it. */
  private fieldAhead(word: 'of' | 'in'): boolean {
    if (this.ahead(1, 'result') || this.ahead(1, 'failure') || !this.is(1, Name)) return false
    let at = 2
    while (at < 2 * PATH_MAX && this.is(at, Dot)) at += 2
    return this.ahead(at, word)
  }

  private aggregateAhead(): boolean {
    const named =
      this.ahead(1, 'total') ||
      this.ahead(1, 'distinct') ||
      this.ahead(1, 'average') ||
      this.ahead(1, 'highest') ||
      this.ahead(1, 'lowest')
    return named && (this.ahead(3, 'of') || this.is(2, Name))
  }

  form = this.RULE(
    'form',
    () => {
      this.OR({
        IGNORE_AMBIGUITIES: true,
        DEF: [
          { GATE: () => this.aggregateAhead(), ALT: () => this.SUBRULE(this.aggregate) },
          {
            GATE: () => this.ahead(1, 'every') && this.is(2, Name) && !this.is(2, K.never),
            ALT: () => this.SUBRULE(this.succession),
          },
          {
            GATE: () => this.ahead(1, 'not', 'both'),
            ALT: () => {
              this.CONSUME(K.not)
              this.CONSUME(K.both)
              this.SUBRULE(this.pattern)
              this.CONSUME(K.and)
              this.SUBRULE2(this.pattern)
              this.SUBRULE(this.terms)
            },
          },
          {
            GATE: () => this.ahead(1, 'either'),
            ALT: () => {
              this.CONSUME(K.either)
              this.SUBRULE3(this.pattern)
              this.CONSUME(K.or)
              this.CONSUME(K.else)
              this.SUBRULE4(this.pattern)
            },
          },
          {
            GATE: () => this.ahead(1, 'first', 'step') || this.ahead(1, 'last', 'step'),
            ALT: () => {
              this.OR2([
                { ALT: () => this.CONSUME(K.first, { LABEL: 'edge' }) },
                { ALT: () => this.CONSUME(K.last, { LABEL: 'edge' }) },
              ])
              this.CONSUME(K.step)
              this.CONSUME(K.is)
              this.SUBRULE5(this.pattern)
            },
          },
          { GATE: () => this.fieldAhead('in'), ALT: () => this.SUBRULE(this.agreement) },
          {
            GATE: () => this.fieldAhead('of'),
            ALT: () => {
              this.SUBRULE(this.path)
              this.CONSUME(K.of)
              this.SUBRULE6(this.pattern)
              this.CONSUME(K.stays)
              this.CONSUME(K.the)
              this.CONSUME(K.same)
            },
          },
          {
            ALT: () => {
              this.SUBRULE7(this.pattern)
              this.SUBRULE(this.relation)
            },
          },
        ],
      })
    },
    INNER,
  )

  aggregate = this.RULE(
    'aggregate',
    () => {
      this.OR([
        { ALT: () => this.CONSUME(K.total, { LABEL: 'fn' }) },
        { ALT: () => this.CONSUME(K.distinct, { LABEL: 'fn' }) },
        { ALT: () => this.CONSUME(K.average, { LABEL: 'fn' }) },
        { ALT: () => this.CONSUME(K.highest, { LABEL: 'fn' }) },
        { ALT: () => this.CONSUME(K.lowest, { LABEL: 'fn' }) },
      ])
      this.SUBRULE(this.path)
      this.CONSUME(K.of)
      this.SUBRULE(this.pattern)
      this.CONSUME(K.at)
      this.OR2([{ ALT: () => this.CONSUME(K.most) }, { ALT: () => this.CONSUME(K.least) }])
      this.SUBRULE(this.operand)
      this.OPTION(() => this.SUBRULE(this.window))
    },
    INNER,
  )

  /** `every X has its Y [directly], and no Y without X`. */
  succession = this.RULE(
    'succession',
    () => {
      this.CONSUME(K.every)
      this.SUBRULE(this.pattern)
      this.CONSUME(K.has)
      this.CONSUME(K.its)
      this.SUBRULE2(this.pattern)
      this.OPTION(() => this.CONSUME(K.directly))
      this.SUBRULE(this.terms)
      this.OPTION2(() => this.CONSUME(Comma))
      this.CONSUME(K.and)
      this.CONSUME(K.no)
      this.SUBRULE3(this.pattern)
      this.CONSUME(K.without)
      this.SUBRULE4(this.pattern)
    },
    INNER,
  )

  /** `status in answer agrees with status in the latest lookup`. */
  agreement = this.RULE(
    'agreement',
    () => {
      this.SUBRULE(this.path)
      this.CONSUME(K.in)
      this.SUBRULE(this.pattern)
      this.OR([
        {
          ALT: () => {
            this.CONSUME(K.agrees)
            this.CONSUME(K.with)
          },
        },
        { ALT: () => this.CONSUME(K.equals) },
        {
          ALT: () => {
            this.CONSUME(K.never)
            this.OR2([
              {
                ALT: () => {
                  this.CONSUME(K.falls)
                  this.CONSUME(K.below)
                },
              },
              {
                ALT: () => {
                  this.CONSUME(K.rises)
                  this.CONSUME(K.above)
                },
              },
            ])
          },
        },
      ])
      this.SUBRULE2(this.path, { LABEL: 'to' })
      this.CONSUME2(K.in)
      this.CONSUME(K.the)
      this.CONSUME(K.latest)
      this.SUBRULE2(this.pattern)
      this.SUBRULE(this.terms)
    },
    INNER,
  )
}
