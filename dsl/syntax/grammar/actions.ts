/** What follows from a check, and the notes that rules, consistencies and flows share. */
import { Comma, FreeName, K, Name, NumberToken, Text } from '../tokens.ts'
import { INNER } from './operands.ts'
import { StepGrammar } from './steps.ts'

export class ActionGrammar extends StepGrammar {
  action = this.RULE(
    'action',
    () => {
      this.OR([
        { ALT: () => this.CONSUME(K.allow) },
        { ALT: () => this.CONSUME(K.deny) },
        { ALT: () => this.CONSUME(K.quarantine) },
        { ALT: () => this.CONSUME(K.warn) },
        {
          ALT: () => {
            this.CONSUME(K.ask)
            this.OPTION6(() => {
              this.CONSUME(NumberToken, { LABEL: 'people' })
              this.CONSUME(K.of)
            })
            this.CONSUME(Name)
            this.OPTION(() => {
              this.CONSUME(K.within)
              this.SUBRULE(this.bound)
            })
            this.OPTION2({
              GATE: () => this.ahead(1, 'otherwise') || this.ahead(2, 'otherwise'),
              DEF: () => {
                this.OPTION3(() => this.CONSUME(Comma))
                this.CONSUME(K.otherwise)
                this.OR2([
                  { ALT: () => this.CONSUME2(K.allow, { LABEL: 'else' }) },
                  { ALT: () => this.CONSUME2(K.deny, { LABEL: 'else' }) },
                ])
              },
            })
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.alert)
            this.CONSUME2(Name)
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.redact)
            this.SUBRULE(this.path)
            this.OPTION4(() => {
              this.CONSUME(K.in)
              this.SUBRULE2(this.path, { LABEL: 'field' })
            })
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.set)
            this.SUBRULE3(this.path)
            this.CONSUME(K.to)
            this.SUBRULE(this.sum)
          },
        },
        { ALT: () => this.SUBRULE(this.trimming) },
        { ALT: () => this.SUBRULE(this.replacement) },
        {
          ALT: () => {
            this.CONSUME(K.route)
            this.CONSUME2(K.to)
            this.CONSUME3(Name)
          },
        },
        { ALT: () => this.SUBRULE(this.retry) },
        { ALT: () => this.SUBRULE(this.fallBack) },
      ])
    },
    INNER,
  )

  trimming = this.RULE(
    'trimming',
    () => {
      this.CONSUME(K.trim)
      this.SUBRULE(this.path)
      this.CONSUME(K.to)
      this.SUBRULE(this.bound)
      this.OR([
        { ALT: () => this.CONSUME(K.characters, { LABEL: 'unit' }) },
        { ALT: () => this.CONSUME(K.items, { LABEL: 'unit' }) },
      ])
    },
    INNER,
  )

  replacement = this.RULE(
    'replacement',
    () => {
      this.CONSUME(K.replace)
      this.SUBRULE(this.path)
      this.OPTION(() => {
        this.CONSUME(K.in)
        this.SUBRULE2(this.path, { LABEL: 'field' })
      })
      this.CONSUME(K.with)
      this.SUBRULE(this.sum)
    },
    INNER,
  )

  retry = this.RULE(
    'retry',
    () => {
      this.CONSUME(K.retry)
      this.CONSUME(K.with)
      this.CONSUME(K.feedback)
      this.OPTION(() => this.CONSUME(Text))
      this.CONSUME(K.at)
      this.CONSUME(K.most)
      this.OR([{ ALT: () => this.CONSUME(K.once) }, { ALT: () => this.SUBRULE(this.bound) }])
      this.OPTION2(() => this.CONSUME(K.times))
      this.OPTION3(() => this.CONSUME(Comma))
      this.CONSUME(K.otherwise)
      this.SUBRULE(this.action)
    },
    INNER,
  )

  fallBack = this.RULE(
    'fallBack',
    () => {
      this.CONSUME(K.fall)
      this.CONSUME(K.back)
      this.CONSUME(K.to)
      this.OR({
        IGNORE_AMBIGUITIES: true,
        DEF: [
          {
            GATE: () => this.ahead(1, 'call') && this.is(2, FreeName),
            ALT: () => {
              this.CONSUME(K.call)
              this.CONSUME(Name)
              this.OPTION(() => {
                this.CONSUME(K.with)
                this.AT_LEAST_ONE_SEP({ SEP: Comma, DEF: () => this.SUBRULE(this.entry) })
              })
            },
          },
          { ALT: () => this.SUBRULE(this.sum) },
        ],
      })
    },
    INNER,
  )

  /** What rules and consistencies share. */
  note = this.RULE(
    'note',
    () => {
      this.OR([
        {
          ALT: () => {
            this.CONSUME(K.because)
            this.CONSUME(Text)
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.remedy)
            this.CONSUME2(Text)
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.severity)
            this.SUBRULE(this.severityLevel)
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.mode)
            this.OR2([{ ALT: () => this.CONSUME(K.shadow) }, { ALT: () => this.CONSUME(K.enforce) }])
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.on)
            this.CONSUME(K.error)
            this.OR3([
              { ALT: () => this.CONSUME(K.deny, { LABEL: 'onError' }) },
              { ALT: () => this.CONSUME(K.allow, { LABEL: 'onError' }) },
              { ALT: () => this.CONSUME(K.warn, { LABEL: 'onError' }) },
            ])
          },
        },
      ])
    },
    INNER,
  )

  severityLevel = this.RULE(
    'severityLevel',
    () => {
      this.OR([
        { ALT: () => this.CONSUME(K.low, { LABEL: 'level' }) },
        { ALT: () => this.CONSUME(K.medium, { LABEL: 'level' }) },
        { ALT: () => this.CONSUME(K.high, { LABEL: 'level' }) },
        { ALT: () => this.CONSUME(K.critical, { LABEL: 'level' }) },
      ])
    },
    INNER,
  )
}
