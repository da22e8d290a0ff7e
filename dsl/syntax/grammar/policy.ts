/** The whole grammar: headers, rules and tests on top of consistencies, types and expressions. */
import {
  Comma,
  Equals,
  FreeName,
  K,
  LCurly,
  Name,
  NumberToken,
  RCurly,
  Text,
  Time,
  Version,
} from '../tokens.ts'
import { ConsistencyGrammar } from './consistencies.ts'
import { INNER } from './operands.ts'

export class PolicyGrammar extends ConsistencyGrammar {
  constructor() {
    super()
    this.performSelfAnalysis()
  }

  /** One declaration; the text is cut into these before (`declarations.ts`). */
  declaration = this.RULE('declaration', () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.policy) },
      { ALT: () => this.SUBRULE(this.owner) },
      { ALT: () => this.SUBRULE(this.schema) },
      { ALT: () => this.SUBRULE(this.tool) },
      { ALT: () => this.SUBRULE(this.message) },
      { ALT: () => this.SUBRULE(this.agent) },
      { ALT: () => this.SUBRULE(this.words) },
      { ALT: () => this.SUBRULE(this.table) },
      { ALT: () => this.SUBRULE(this.group) },
      { ALT: () => this.SUBRULE(this.fact) },
      { ALT: () => this.SUBRULE(this.rule) },
      { ALT: () => this.SUBRULE(this.consistency) },
      { ALT: () => this.SUBRULE(this.flow) },
      { ALT: () => this.SUBRULE(this.test) },
      { ALT: () => this.SUBRULE(this.use) },
      { ALT: () => this.SUBRULE(this.parameter) },
      { ALT: () => this.SUBRULE(this.needs) },
      { ALT: () => this.SUBRULE(this.detector) },
    ])
  })

  policy = this.RULE('policy', () => {
    this.CONSUME(K.policy)
    this.CONSUME(Text)
    this.CONSUME(K.version)
    this.OR([
      { ALT: () => this.CONSUME(NumberToken, { LABEL: 'number' }) },
      { ALT: () => this.CONSUME(Version, { LABEL: 'number' }) },
      { ALT: () => this.CONSUME2(Text, { LABEL: 'quoted' }) },
    ])
  })

  owner = this.RULE('owner', () => {
    this.CONSUME(K.owner)
    this.CONSUME(Text)
  })

  rule = this.RULE('rule', () => {
    this.CONSUME(K.rule)
    this.CONSUME(Text)
    this.CONSUME(LCurly)
    this.MANY(() => this.SUBRULE(this.ruleClause))
    this.CONSUME(RCurly)
  })

  ruleClause = this.RULE('ruleClause', () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(K.when)
          this.SUBRULE(this.conditional)
        },
      },
      {
        ALT: () => {
          this.CONSUME(K.where)
          this.SUBRULE(this.namedValue)
          this.MANY({
            // Before `then` it is one `and` too many, not a value of that name.
            GATE: () => !(this.is(2, K.then) && !this.is(3, K.is)),
            DEF: () => {
              this.CONSUME(K.and)
              this.SUBRULE2(this.namedValue)
            },
          })
        },
      },
      {
        ALT: () => {
          this.CONSUME(K.then)
          this.SUBRULE(this.action)
        },
      },
      { ALT: () => this.SUBRULE(this.note) },
    ])
  })

  namedValue = this.RULE(
    'namedValue',
    () => {
      this.CONSUME(Name)
      this.CONSUME(K.is)
      this.OR({
        IGNORE_AMBIGUITIES: true,
        DEF: [
          { GATE: () => this.ahead(1, 'the'), ALT: () => this.SUBRULE(this.remembered) },
          { ALT: () => this.SUBRULE(this.negation) },
        ],
      })
    },
    INNER,
  )

  /** The latest step, or what earlier ones come to. */
  remembered = this.RULE(
    'remembered',
    () => {
      this.CONSUME(K.the)
      this.OR([
        {
          ALT: () => {
            this.CONSUME(K.latest)
            this.OPTION(() => this.CONSUME(NumberToken))
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.number)
            this.CONSUME(K.of)
            this.OPTION2({
              GATE: () => this.ahead(1, 'distinct') && this.is(2, Name),
              DEF: () => {
                this.CONSUME(K.distinct)
                this.SUBRULE(this.path)
                this.CONSUME2(K.of)
              },
            })
          },
        },
        {
          ALT: () => {
            this.OR2([
              { ALT: () => this.CONSUME(K.total, { LABEL: 'fn' }) },
              { ALT: () => this.CONSUME(K.average, { LABEL: 'fn' }) },
              { ALT: () => this.CONSUME(K.highest, { LABEL: 'fn' }) },
              { ALT: () => this.CONSUME(K.lowest, { LABEL: 'fn' }) },
            ])
            this.SUBRULE2(this.path)
            this.CONSUME3(K.of)
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.time)
            this.CONSUME(K.since)
            this.CONSUME2(K.the)
            this.CONSUME2(K.latest)
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.texts)
            this.CONSUME4(K.of)
            this.CONSUME3(K.the)
            this.CONSUME(K.last)
            this.CONSUME2(NumberToken)
          },
        },
      ])
      this.SUBRULE(this.pattern)
      this.OPTION3({
        GATE: () => this.ahead(1, 'with', 'the'),
        DEF: () => this.SUBRULE(this.sameKeys),
      })
      this.OPTION4(() => this.SUBRULE(this.period))
    },
    INNER,
  )

  /** `in the last D`, `since the latest Y`, `this calendar day in "ZONE"`. */
  period = this.RULE(
    'period',
    () => {
      this.OR([
        {
          ALT: () => {
            this.CONSUME(K.in)
            this.CONSUME(K.the)
            this.CONSUME(K.last)
            this.SUBRULE(this.bound)
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.since)
            this.CONSUME2(K.the)
            this.CONSUME(K.latest)
            this.SUBRULE(this.pattern)
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.this)
            this.calendarUnit()
          },
        },
      ])
    },
    INNER,
  )

  test = this.RULE('test', () => {
    this.CONSUME(K.test)
    this.CONSUME(Text)
    this.CONSUME(LCurly)
    this.MANY(() => this.SUBRULE(this.testClause))
    this.CONSUME(RCurly)
  })

  testClause = this.RULE('testClause', () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(K.at)
          this.CONSUME(Time)
        },
      },
      {
        ALT: () => {
          this.OR2([{ ALT: () => this.CONSUME(K.given) }, { ALT: () => this.CONSUME(K.when) }])
          this.SUBRULE(this.testStep)
        },
      },
      {
        ALT: () => {
          this.CONSUME(K.expect)
          this.SUBRULE(this.verdict)
        },
      },
    ])
  })

  testStep = this.RULE(
    'testStep',
    () => {
      this.MANY(() => {
        this.OR([
          {
            ALT: () => {
              this.CONSUME(K.after)
              this.SUBRULE(this.quantity)
            },
          },
          {
            ALT: () => {
              this.CONSUME(K.in)
              this.CONSUME(K.the)
              this.CONSUME(K.same)
              this.CONSUME(K.turn)
            },
          },
        ])
        this.OPTION(() => this.CONSUME(Comma))
      })
      this.SUBRULE(this.step)
      this.OPTION2(() => {
        this.CONSUME(K.as)
        this.CONSUME(Text)
      })
      this.OPTION4({
        GATE: () => this.ahead(2, 'role'),
        DEF: () => {
          this.CONSUME2(K.in)
          this.CONSUME(K.role)
          this.AT_LEAST_ONE_SEP({ SEP: Comma, DEF: () => this.CONSUME2(Text, { LABEL: 'role' }) })
        },
      })
      this.OPTION5(() => {
        this.CONSUME(K.of)
        this.CONSUME(K.tenant)
        this.CONSUME3(Text, { LABEL: 'whose' })
      })
      this.OPTION3(() => {
        this.CONSUME(K.with)
        this.SUBRULE(this.given)
        this.MANY2({
          GATE: () => this.is(3, Equals) || this.ahead(3, 'in'),
          DEF: () => {
            this.CONSUME2(Comma)
            this.SUBRULE2(this.given)
          },
        })
      })
    },
    INNER,
  )

  /** A field's value, or what a detector says of a field: `injection in text = 0.9`. */
  given = this.RULE(
    'given',
    () => {
      this.OR({
        IGNORE_AMBIGUITIES: true,
        DEF: [
          { GATE: () => !this.ahead(2, 'in'), ALT: () => this.SUBRULE(this.entry) },
          {
            ALT: () => {
              this.CONSUME(Name)
              this.CONSUME(K.in)
              this.SUBRULE(this.path)
              this.CONSUME(Equals)
              this.SUBRULE(this.operand)
            },
          },
        ],
      })
    },
    INNER,
  )

  verdict = this.RULE(
    'verdict',
    () => {
      this.OR([
        { ALT: () => this.CONSUME(K.allow, { LABEL: 'kind' }) },
        { ALT: () => this.CONSUME(K.repair, { LABEL: 'kind' }) },
        { ALT: () => this.CONSUME(K.deny, { LABEL: 'kind' }) },
        { ALT: () => this.CONSUME(K.quarantine, { LABEL: 'kind' }) },
        {
          ALT: () => {
            this.CONSUME(K.ask, { LABEL: 'kind' })
            this.OPTION({ GATE: () => this.is(1, FreeName), DEF: () => this.CONSUME(Name) })
          },
        },
      ])
      this.OPTION2(() => {
        this.CONSUME(K.because)
        this.CONSUME(Text)
      })
    },
    INNER,
  )
}
