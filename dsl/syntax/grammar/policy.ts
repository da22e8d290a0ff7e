/** The whole grammar: headers, rules, consistencies and tests on top of steps, types and expressions. */
import {
  Colon,
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
import { INNER } from './expressions.ts'
import { VocabularyGrammar } from './vocabulary.ts'

export class PolicyGrammar extends VocabularyGrammar {
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
          this.MANY(() => {
            this.CONSUME(K.and)
            this.SUBRULE2(this.namedValue)
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
          {
            GATE: () => this.ahead(1, 'the', 'latest'),
            ALT: () => {
              this.CONSUME(K.the)
              this.CONSUME(K.latest)
              this.SUBRULE(this.pattern)
              this.OPTION({
                GATE: () => this.ahead(1, 'with', 'the'),
                DEF: () => this.SUBRULE(this.sameKeys),
              })
            },
          },
          { ALT: () => this.SUBRULE(this.negation) },
        ],
      })
    },
    INNER,
  )

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

  form = this.RULE(
    'form',
    () => {
      this.OR({
        IGNORE_AMBIGUITIES: true,
        DEF: [
          {
            GATE: () => this.ahead(1, 'total') && (this.ahead(3, 'of') || this.is(2, Name)),
            ALT: () => {
              this.CONSUME(K.total)
              this.SUBRULE(this.path)
              this.CONSUME(K.of)
              this.SUBRULE(this.pattern)
              this.CONSUME(K.at)
              this.CONSUME(K.most)
              this.SUBRULE(this.operand)
              this.OPTION(() => this.SUBRULE(this.window))
            },
          },
          {
            ALT: () => {
              this.SUBRULE2(this.pattern)
              this.SUBRULE(this.relation)
            },
          },
        ],
      })
    },
    INNER,
  )

  relation = this.RULE(
    'relation',
    () => {
      this.OR([
        {
          ALT: () => {
            this.CONSUME(K.needs)
            this.CONSUME(K.an)
            this.CONSUME(K.earlier)
            this.SUBRULE(this.pattern)
            this.SUBRULE(this.terms)
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.at)
            this.CONSUME(K.most)
            this.OR2([
              { ALT: () => this.CONSUME(K.once) },
              {
                ALT: () => {
                  this.CONSUME(NumberToken)
                  this.CONSUME(K.times)
                },
              },
            ])
            this.OPTION(() => this.SUBRULE(this.window))
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.never)
            this.OPTION2(() => {
              this.CONSUME(K.after)
              this.SUBRULE2(this.pattern)
              this.SUBRULE2(this.terms)
            })
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.is)
            this.CONSUME(K.followed)
            this.CONSUME(K.by)
            this.SUBRULE3(this.pattern)
            this.SUBRULE3(this.terms)
          },
        },
      ])
    },
    INNER,
  )

  window = this.RULE(
    'window',
    () => {
      this.CONSUME(K.in)
      this.CONSUME(K.any)
      this.SUBRULE(this.quantity)
    },
    INNER,
  )

  /** `within D`, `with the same F`, `by someone else`, in any order. */
  terms = this.RULE(
    'terms',
    () => {
      this.MANY(() =>
        this.OR([
          {
            ALT: () => {
              this.CONSUME(K.within)
              this.SUBRULE(this.quantity)
            },
          },
          { ALT: () => this.SUBRULE(this.sameKeys) },
          {
            ALT: () => {
              this.CONSUME(K.by)
              this.CONSUME(K.someone)
              this.CONSUME(K.else)
            },
          },
        ]),
      )
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
      this.OPTION3(() => {
        this.CONSUME(K.with)
        this.SUBRULE(this.entry)
        this.MANY2({
          GATE: () => this.is(3, Equals),
          DEF: () => {
            this.CONSUME2(Comma)
            this.SUBRULE2(this.entry)
          },
        })
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
