/** Types as they are written, with their constraints, and records of them. Fields recover one by one. */
import { Colon, Comma, K, LCurly, Name, RCurly, RParen, Text } from '../tokens.ts'
import { FlowGrammar } from './flow.ts'
import { INNER } from './operands.ts'

export class TypeGrammar extends FlowGrammar {
  recordType = this.RULE('recordType', () => {
    this.CONSUME(LCurly)
    this.MANY(() => {
      this.OR({
        IGNORE_AMBIGUITIES: true,
        DEF: [
          { GATE: () => this.ahead(1, 'check') && this.is(2, Text), ALT: () => this.SUBRULE(this.check) },
          {
            GATE: () => this.moreAhead(1),
            ALT: () => {
              this.CONSUME(K.and)
              this.CONSUME(K.more)
            },
          },
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
        !this.checkAhead(2) &&
        !this.moreAhead(2),
      DEF: () => {
        this.CONSUME(Comma)
        this.SUBRULE(this.constraint)
      },
    })
  })

  private checkAhead(k: number): boolean {
    return this.ahead(k, 'check') && this.is(k + 1, Text)
  }

  private moreAhead(k: number): boolean {
    return this.ahead(k, 'and', 'more') && !this.is(k + 1, Colon)
  }

  /** Where null may stand for the value too: `text or null`. */
  type = this.RULE(
    'type',
    () => {
      this.SUBRULE(this.plainType)
      this.OPTION({
        GATE: () => this.ahead(1, 'or', 'null'),
        DEF: () => {
          this.CONSUME(K.or)
          this.CONSUME(K.null)
        },
      })
    },
    INNER,
  )

  plainType = this.RULE(
    'plainType',
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
              this.OPTION6(() => this.CONSUME(K.whole))
              this.CONSUME(K.number)
              this.OPTION7(() => {
                this.CONSUME4(K.in)
                this.CONSUME5(Name, { LABEL: 'unit' })
              })
            },
          },
          {
            ALT: () => {
              this.CONSUME(K.money)
              this.CONSUME(K.in)
              this.CONSUME2(Name, { LABEL: 'currency' })
              this.MANY2({
                GATE: () => this.ahead(1, 'or') && this.is(2, Name) && !this.ahead(2, 'null'),
                DEF: () => {
                  this.CONSUME2(K.or)
                  this.CONSUME6(Name, { LABEL: 'currency' })
                },
              })
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
            GATE: () => this.ahead(1, 'one', 'of') && this.is(3, Name),
            ALT: () => {
              this.CONSUME2(K.one)
              this.CONSUME5(K.of)
              this.CONSUME7(Name, { LABEL: 'variant' })
              this.MANY3({
                GATE: () => !this.ahead(1, 'told'),
                DEF: () => {
                  this.CONSUME2(Comma)
                  this.CONSUME8(Name, { LABEL: 'variant' })
                },
              })
              this.CONSUME(K.told)
              this.CONSUME(K.apart)
              this.CONSUME(K.by)
              this.CONSUME9(Name, { LABEL: 'tag' })
            },
          },
          {
            GATE: () => this.ahead(1, 'always') && !this.is(2, Comma) && !this.is(2, RCurly),
            ALT: () => {
              this.CONSUME(K.always)
              this.SUBRULE(this.operand)
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
              this.OPTION5({
                GATE: () => this.ahead(1, 'by') && !this.is(2, Colon),
                DEF: () => {
                  this.CONSUME2(K.by)
                  this.SUBRULE4(this.type, { LABEL: 'keyType' })
                },
              })
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
        { ALT: () => this.CONSUME(K.unique) },
        {
          ALT: () => {
            this.CONSUME(K.distinct)
            this.CONSUME(K.by)
            this.SUBRULE(this.path)
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.without)
            this.CONSUME(K.control)
            this.CONSUME2(K.characters)
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.default)
            this.SUBRULE5(this.operand)
          },
        },
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
            this.OPTION2(() =>
              this.OR5([
                { ALT: () => this.CONSUME2(K.character) },
                { ALT: () => this.CONSUME3(K.characters) },
              ]),
            )
          },
        },
      ])
    },
    INNER,
  )
}
