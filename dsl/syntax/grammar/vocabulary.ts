/** Schemas, tools, messages, agents, words, tables, groups, facts and imports. Clauses recover one by one. */
import {
  BaseVerb,
  Colon,
  Comma,
  Equals,
  FreeName,
  K,
  LCurly,
  LParen,
  Name,
  NumberToken,
  RCurly,
  RParen,
  Text,
  Version,
  Word,
} from '../tokens.ts'
import { INNER } from './operands.ts'
import { TypeGrammar } from './type-expressions.ts'

export class VocabularyGrammar extends TypeGrammar {
  schema = this.RULE('schema', () => {
    this.CONSUME(K.schema)
    this.CONSUME(Name)
    this.SUBRULE(this.recordType)
  })

  tool = this.RULE('tool', () => {
    this.CONSUME(K.tool)
    this.CONSUME(Name)
    this.SUBRULE(this.takes)
    this.OPTION(() => {
      this.CONSUME(K.returns)
      this.SUBRULE(this.type)
    })
    this.OPTION2(() => {
      this.CONSUME(LCurly)
      this.MANY_SEP({ SEP: Comma, DEF: () => this.SUBRULE(this.trait) })
      this.CONSUME(RCurly)
    })
  })

  /** `(Refund)` or `(order: text, amount: money in USD)` */
  takes = this.RULE(
    'takes',
    () => {
      this.CONSUME(LParen)
      this.OR({
        IGNORE_AMBIGUITIES: true,
        DEF: [
          {
            GATE: () => this.is(1, Name) && !this.is(2, Colon),
            ALT: () => this.CONSUME(Name, { LABEL: 'named' }),
          },
          { ALT: () => this.MANY_SEP({ SEP: Comma, DEF: () => this.SUBRULE(this.field) }) },
        ],
      })
      this.CONSUME(RParen)
    },
    INNER,
  )

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
                GATE: () =>
                  !this.ahead(2, 'external') && !this.ahead(2, 'reads', 'only') && !this.ahead(2, 'settles'),
                DEF: () => {
                  this.CONSUME(Comma)
                  this.SUBRULE2(this.path)
                },
              })
            })
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.settles)
            this.AT_LEAST_ONE_SEP({ SEP: Comma, DEF: () => this.SUBRULE3(this.path) })
            this.CONSUME2(K.by)
            this.CONSUME(K.spends)
          },
        },
      ])
    },
    INNER,
  )

  use = this.RULE('use', () => {
    this.CONSUME(K.use)
    this.OR([
      { ALT: () => this.SUBRULE(this.library) },
      {
        ALT: () => {
          this.OR2([
            {
              ALT: () => {
                this.CONSUME(K.tools)
                this.CONSUME(K.from)
                this.CONSUME(Text)
                this.OPTION2(() => {
                  this.CONSUME(K.as)
                  this.CONSUME(Name)
                })
              },
            },
            {
              ALT: () => {
                this.CONSUME(K.schema)
                this.CONSUME2(Name)
                this.CONSUME2(K.from)
                this.CONSUME2(Text)
              },
            },
          ])
          this.OPTION(() => {
            this.CONSUME(Comma)
            this.CONSUME(K.leniently)
          })
        },
      },
    ])
  })

  /** `"spend" version 2 with per_conversation = 2 USD as spending` */
  library = this.RULE(
    'library',
    () => {
      this.CONSUME(Text)
      this.OPTION(() => {
        this.CONSUME(K.version)
        this.OR([
          { ALT: () => this.CONSUME(NumberToken, { LABEL: 'number' }) },
          { ALT: () => this.CONSUME(Version, { LABEL: 'number' }) },
          { ALT: () => this.CONSUME2(Text, { LABEL: 'quoted' }) },
        ])
      })
      this.OPTION2(() => {
        this.CONSUME(K.with)
        this.SUBRULE(this.entry)
        this.MANY({
          GATE: () => this.is(1, Comma) && this.is(3, Equals),
          DEF: () => {
            this.CONSUME(Comma)
            this.SUBRULE2(this.entry)
          },
        })
      })
      this.OPTION3(() => {
        this.CONSUME(K.as)
        this.CONSUME(Name)
      })
    },
    INNER,
  )

  parameter = this.RULE('parameter', () => {
    this.CONSUME(K.parameter)
    this.SUBRULE(this.field)
  })

  needs = this.RULE('needs', () => {
    this.CONSUME(K.needs)
    this.OR([
      { ALT: () => this.SUBRULE(this.tool) },
      { ALT: () => this.SUBRULE(this.message) },
      {
        ALT: () => {
          this.CONSUME(K.group)
          this.CONSUME(Name)
          this.SUBRULE(this.takes)
        },
      },
    ])
  })

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
      const verb = this.CONSUME(BaseVerb)
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
      this.OPTION3({
        GATE: () => verb.image === 'answer',
        DEF: () => {
          this.CONSUME(K.by)
          this.CONSUME(K.sentence)
        },
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

  detector = this.RULE('detector', () => {
    this.CONSUME(K.detector)
    this.CONSUME(Name)
    this.CONSUME(K.over)
    this.CONSUME(K.text)
    this.CONSUME(LCurly)
    this.MANY_SEP({ SEP: Comma, DEF: () => this.SUBRULE(this.promise) })
    this.CONSUME(RCurly)
  })

  promise = this.RULE(
    'promise',
    () => {
      this.OR([
        {
          ALT: () => {
            this.CONSUME(K.cost)
            this.SUBRULE(this.quantity)
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.within)
            this.SUBRULE2(this.quantity)
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.gives)
            this.CONSUME(K.score)
            this.CONSUME(K.from)
            this.CONSUME(NumberToken, { LABEL: 'low' })
            this.CONSUME(K.to)
            this.CONSUME2(NumberToken, { LABEL: 'high' })
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.threshold)
            this.CONSUME3(NumberToken, { LABEL: 'limit' })
          },
        },
      ])
    },
    INNER,
  )

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
