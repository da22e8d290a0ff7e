/** Schemas, tools, messages, agents, words, tables, groups and facts. Fields and clauses recover one by one. */
import {
  BaseVerb,
  Colon,
  Comma,
  FreeName,
  K,
  LCurly,
  LParen,
  Name,
  NumberToken,
  RCurly,
  RParen,
  Text,
  Word,
} from '../tokens.ts'
import { INNER } from './expressions.ts'
import { StepGrammar } from './steps.ts'

export class VocabularyGrammar extends StepGrammar {
  schema = this.RULE('schema', () => {
    this.CONSUME(K.schema)
    this.CONSUME(Name)
    this.SUBRULE(this.recordType)
  })

  recordType = this.RULE('recordType', () => {
    this.CONSUME(LCurly)
    this.MANY(() => {
      this.OR({
        IGNORE_AMBIGUITIES: true,
        DEF: [
          { GATE: () => this.ahead(1, 'check') && this.is(2, Text), ALT: () => this.SUBRULE(this.check) },
          { ALT: () => this.SUBRULE(this.field) },
        ],
      })
      this.OPTION(() => this.CONSUME(Comma))
    })
    this.CONSUME(RCurly)
  })

  check = this.RULE('check', () => {
    this.CONSUME(K.check)
    this.CONSUME(Text)
    this.CONSUME(Colon)
    this.SUBRULE(this.expr)
  })

  field = this.RULE('field', () => {
    this.CONSUME(Name)
    this.CONSUME(Colon)
    this.SUBRULE(this.type)
    this.MANY({
      GATE: () =>
        this.is(1, Comma) &&
        !this.is(3, Colon) &&
        !this.is(2, RCurly) &&
        !this.is(2, RParen) &&
        !this.checkAhead(2),
      DEF: () => {
        this.CONSUME(Comma)
        this.SUBRULE(this.constraint)
      },
    })
  })

  private checkAhead(k: number): boolean {
    return this.ahead(k, 'check') && this.is(k + 1, Text)
  }

  type = this.RULE(
    'type',
    () => {
      this.OR({
        IGNORE_AMBIGUITIES: true,
        DEF: [
          {
            ALT: () => {
              this.CONSUME(K.text)
              this.OPTION(() =>
                this.OR2([
                  {
                    ALT: () => {
                      this.CONSUME(K.as)
                      this.CONSUME(Name, { LABEL: 'format' })
                    },
                  },
                  {
                    ALT: () => {
                      this.CONSUME(K.like)
                      this.CONSUME(Text, { LABEL: 'mask' })
                    },
                  },
                  {
                    ALT: () => {
                      this.CONSUME(K.matching)
                      this.CONSUME2(Text, { LABEL: 'regex' })
                    },
                  },
                ]),
              )
            },
          },
          {
            ALT: () => {
              this.CONSUME(K.whole)
              this.CONSUME(K.number)
            },
          },
          { ALT: () => this.CONSUME2(K.number) },
          {
            ALT: () => {
              this.CONSUME(K.money)
              this.CONSUME(K.in)
              this.CONSUME2(Name, { LABEL: 'currency' })
            },
          },
          { ALT: () => this.CONSUME(K.duration) },
          { ALT: () => this.CONSUME(K.date) },
          {
            ALT: () => {
              this.CONSUME(K.time)
              this.OPTION2(() => {
                this.CONSUME2(K.in)
                this.CONSUME3(Text, { LABEL: 'zone' })
              })
            },
          },
          {
            GATE: () => this.ahead(1, 'yes', 'or', 'no'),
            ALT: () => {
              this.CONSUME(K.yes)
              this.CONSUME(K.or)
              this.CONSUME(K.no)
            },
          },
          {
            ALT: () => {
              this.CONSUME(K.one)
              this.CONSUME(K.of)
              this.CONSUME4(Text, { LABEL: 'option' })
              this.MANY({
                GATE: () => this.is(2, Text),
                DEF: () => {
                  this.CONSUME(Comma)
                  this.CONSUME5(Text, { LABEL: 'option' })
                },
              })
            },
          },
          {
            ALT: () => {
              this.CONSUME(K.list)
              this.CONSUME2(K.of)
              this.SUBRULE(this.type)
            },
          },
          {
            ALT: () => {
              this.CONSUME(K.map)
              this.CONSUME3(K.of)
              this.SUBRULE2(this.type)
            },
          },
          { ALT: () => this.CONSUME(K.anything) },
          { ALT: () => this.SUBRULE(this.recordType) },
          {
            ALT: () => {
              this.CONSUME3(Name)
              // The rest of a misspelt `money in USD` or `list of text`: the name alone is the mistake.
              this.OPTION3({
                GATE: () => this.ahead(1, 'in') && this.is(2, Name),
                DEF: () => {
                  this.CONSUME3(K.in)
                  this.CONSUME4(Name, { LABEL: 'rest' })
                },
              })
              this.OPTION4({
                GATE: () => this.ahead(1, 'of') && !this.is(2, Colon),
                DEF: () => {
                  this.CONSUME4(K.of)
                  this.SUBRULE3(this.type, { LABEL: 'restType' })
                },
              })
            },
          },
        ],
      })
    },
    INNER,
  )

  constraint = this.RULE(
    'constraint',
    () => {
      this.OR([
        { ALT: () => this.CONSUME(K.optional) },
        {
          ALT: () => {
            this.CONSUME(K.at)
            this.OR2([
              { ALT: () => this.CONSUME(K.least, { LABEL: 'bound' }) },
              { ALT: () => this.CONSUME(K.most, { LABEL: 'bound' }) },
            ])
            this.SUBRULE(this.operand)
            this.OPTION(() =>
              this.OR3([{ ALT: () => this.CONSUME(K.character) }, { ALT: () => this.CONSUME(K.characters) }]),
            )
          },
        },
        {
          ALT: () => {
            this.OR4([
              { ALT: () => this.CONSUME(K.over, { LABEL: 'bound' }) },
              { ALT: () => this.CONSUME(K.under, { LABEL: 'bound' }) },
              { ALT: () => this.CONSUME(K.before, { LABEL: 'bound' }) },
              { ALT: () => this.CONSUME(K.after, { LABEL: 'bound' }) },
            ])
            this.SUBRULE2(this.operand)
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.from)
            this.SUBRULE3(this.operand)
            this.CONSUME(K.to)
            this.SUBRULE4(this.operand)
          },
        },
      ])
    },
    INNER,
  )

  tool = this.RULE('tool', () => {
    this.CONSUME(K.tool)
    this.CONSUME(Name)
    this.CONSUME(LParen)
    this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          GATE: () => this.is(1, Name) && !this.is(2, Colon),
          ALT: () => this.CONSUME2(Name, { LABEL: 'takes' }),
        },
        { ALT: () => this.MANY_SEP({ SEP: Comma, DEF: () => this.SUBRULE(this.field) }) },
      ],
    })
    this.CONSUME(RParen)
    this.OPTION(() => {
      this.CONSUME(K.returns)
      this.SUBRULE(this.type)
    })
    this.OPTION2(() => {
      this.CONSUME(LCurly)
      this.MANY_SEP2({ SEP: Comma, DEF: () => this.SUBRULE(this.trait) })
      this.CONSUME(RCurly)
    })
  })

  trait = this.RULE(
    'trait',
    () => {
      this.OR([
        {
          ALT: () => {
            this.CONSUME(K.reads)
            this.CONSUME(K.only)
          },
        },
        { ALT: () => this.CONSUME(K.external) },
        {
          ALT: () => {
            this.CONSUME(K.idempotent)
            this.OPTION(() => {
              this.CONSUME(K.by)
              this.SUBRULE(this.path)
              this.MANY({
                GATE: () => !this.ahead(2, 'external') && !this.ahead(2, 'reads', 'only'),
                DEF: () => {
                  this.CONSUME(Comma)
                  this.SUBRULE2(this.path)
                },
              })
            })
          },
        },
      ])
    },
    INNER,
  )

  message = this.RULE('message', () => {
    this.CONSUME(K.message)
    this.CONSUME(Name)
    this.SUBRULE(this.type)
  })

  agent = this.RULE('agent', () => {
    this.CONSUME(K.agent)
    this.CONSUME(Name)
    this.CONSUME(LCurly)
    this.MANY(() => this.SUBRULE(this.agentClause))
    this.CONSUME(RCurly)
  })

  agentClause = this.RULE('agentClause', () => {
    this.OR([{ ALT: () => this.SUBRULE(this.may) }, { ALT: () => this.SUBRULE(this.limit) }])
  })

  may = this.RULE(
    'may',
    () => {
      this.CONSUME(K.may)
      this.SUBRULE(this.permission)
      this.MANY(() => {
        this.CONSUME(Comma)
        this.SUBRULE2(this.permission)
      })
    },
    INNER,
  )

  permission = this.RULE(
    'permission',
    () => {
      this.CONSUME(BaseVerb)
      this.OPTION({
        GATE: () => this.is(1, FreeName) && !this.ahead(1, 'may'),
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
              { ALT: () => this.SUBRULE(this.permitted) },
            ],
          }),
      })
      this.OPTION2(() => {
        this.OR2([{ ALT: () => this.CONSUME(K.to) }, { ALT: () => this.CONSUME(K.from) }])
        this.SUBRULE2(this.permitted, { LABEL: 'peers' })
      })
    },
    INNER,
  )

  /** Names up to the next verb: in `may call a, b, answer customer` the second comma ends the list. */
  permitted = this.RULE(
    'permitted',
    () => {
      this.CONSUME(Name)
      this.MANY({
        GATE: () => this.is(1, Comma) && !this.is(2, BaseVerb),
        DEF: () => {
          this.CONSUME(Comma)
          this.CONSUME2(Name, { LABEL: 'Name' })
        },
      })
    },
    INNER,
  )

  limit = this.RULE(
    'limit',
    () => {
      this.CONSUME(K.at)
      this.CONSUME(K.most)
      this.SUBRULE(this.allowance)
      this.MANY(() => {
        this.CONSUME(K.and)
        this.SUBRULE2(this.allowance)
      })
      this.OPTION(() => {
        this.CONSUME(K.per)
        this.SUBRULE(this.scope)
      })
    },
    INNER,
  )

  allowance = this.RULE(
    'allowance',
    () => {
      this.CONSUME(NumberToken)
      this.OR([{ ALT: () => this.CONSUME(K.steps) }, { ALT: () => this.CONSUME(Word) }])
    },
    INNER,
  )

  scope = this.RULE(
    'scope',
    () => {
      this.OR([
        { ALT: () => this.CONSUME(K.conversation, { LABEL: 'scope' }) },
        { ALT: () => this.CONSUME(K.agent, { LABEL: 'scope' }) },
        { ALT: () => this.CONSUME(K.turn, { LABEL: 'scope' }) },
      ])
    },
    INNER,
  )

  words = this.RULE('words', () => {
    this.CONSUME(K.words)
    this.CONSUME(Name)
    this.OR([{ ALT: () => this.CONSUME(K.are) }, { ALT: () => this.CONSUME(K.is) }])
    this.AT_LEAST_ONE_SEP({ SEP: Comma, DEF: () => this.CONSUME(Text) })
  })

  table = this.RULE('table', () => {
    this.CONSUME(K.table)
    this.CONSUME(Name)
    this.CONSUME(K.by)
    this.SUBRULE(this.permitted)
    this.CONSUME(LCurly)
    this.MANY(() => this.SUBRULE(this.row))
    this.CONSUME(RCurly)
  })

  row = this.RULE('row', () => {
    this.CONSUME(Text)
    this.MANY(() => {
      this.CONSUME(Comma)
      this.CONSUME2(Text, { LABEL: 'Text' })
    })
    this.CONSUME(Colon)
    this.SUBRULE(this.operand)
  })

  group = this.RULE('group', () => {
    this.CONSUME(K.group)
    this.CONSUME(Name)
    this.CONSUME(K.is)
    this.SUBRULE(this.names)
  })

  fact = this.RULE('fact', () => {
    this.CONSUME(K.fact)
    this.CONSUME(Name)
    this.CONSUME(K.is)
    this.SUBRULE(this.conditional)
  })
}
