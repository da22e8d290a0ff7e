/** What is said between two steps, how often, and the terms behind: `needs an earlier`, `at most N times`, `within D`. */
import { Comma, K, NumberToken, Percent, Text } from '../tokens.ts'
import { INNER } from './operands.ts'
import { VocabularyGrammar } from './vocabulary.ts'

export class RelationGrammar extends VocabularyGrammar {
  until = this.RULE(
    'until',
    () => {
      this.CONSUME(K.until)
      this.SUBRULE(this.pattern)
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
            this.SUBRULE(this.links)
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.at)
            this.OR2([{ ALT: () => this.CONSUME(K.most) }, { ALT: () => this.CONSUME(K.least) }])
            this.SUBRULE(this.often)
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.exactly)
            this.SUBRULE2(this.often)
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.never)
            this.OPTION(() => {
              this.OPTION2(() =>
                this.OR4([
                  { ALT: () => this.CONSUME(K.directly) },
                  {
                    ALT: () => {
                      this.CONSUME(K.within)
                      this.SUBRULE(this.bound)
                    },
                  },
                ]),
              )
              this.CONSUME(K.after)
              this.SUBRULE2(this.links)
              this.OPTION5({
                GATE: () => this.ahead(2, 'times'),
                DEF: () => this.SUBRULE(this.tally),
              })
              this.OPTION3(() => this.SUBRULE(this.until))
            })
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.is)
            this.OPTION4(() => this.CONSUME2(K.directly))
            this.CONSUME(K.followed)
            this.CONSUME(K.by)
            this.SUBRULE3(this.links)
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.only)
            this.CONSUME3(K.directly)
            this.CONSUME2(K.after)
            this.SUBRULE4(this.links)
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.requires)
            this.SUBRULE5(this.links)
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.excludes)
            this.CONSUME(K.a)
            this.CONSUME(K.later)
            this.SUBRULE6(this.links)
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.and)
            this.SUBRULE(this.pattern)
            this.OR3([
              { ALT: () => this.CONSUME(K.alternate) },
              {
                ALT: () => {
                  this.CONSUME2(K.only)
                  this.CONSUME(K.together)
                },
              },
            ])
            this.SUBRULE(this.terms)
          },
        },
      ])
    },
    INNER,
  )

  /** `Y, then Z` with their terms. */
  links = this.RULE(
    'links',
    () => {
      this.SUBRULE(this.pattern)
      this.MANY({
        GATE: () => this.ahead(1, 'then') || (this.is(1, Comma) && this.ahead(2, 'then')),
        DEF: () => {
          this.OPTION(() => this.CONSUME(Comma))
          this.CONSUME(K.then)
          this.SUBRULE2(this.pattern)
        },
      })
      this.SUBRULE(this.terms)
    },
    INNER,
  )

  /** `5 times in any 2 minutes`: so many of the step before. */
  tally = this.RULE(
    'tally',
    () => {
      this.SUBRULE(this.bound)
      this.CONSUME(K.times)
      this.OPTION({
        GATE: () => this.ahead(1, 'in', 'any'),
        DEF: () => {
          this.CONSUME(K.in)
          this.CONSUME(K.any)
          this.SUBRULE2(this.bound, { LABEL: 'window' })
        },
      })
    },
    INNER,
  )

  /** `once`, `3 times`, with a window. */
  often = this.RULE(
    'often',
    () => {
      this.OR([
        { ALT: () => this.CONSUME(K.once) },
        {
          ALT: () => {
            this.SUBRULE(this.operand)
            this.CONSUME(K.times)
          },
        },
      ])
      this.OPTION({
        GATE: () => this.ahead(1, 'in', 'any') || this.ahead(1, 'per', 'calendar'),
        DEF: () => this.SUBRULE(this.window),
      })
    },
    INNER,
  )

  window = this.RULE(
    'window',
    () => {
      this.OR([
        {
          ALT: () => {
            this.CONSUME(K.in)
            this.CONSUME(K.any)
            this.SUBRULE(this.bound)
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.per)
            this.calendarUnit()
          },
        },
      ])
    },
    INNER,
  )

  /** `calendar day in "ZONE"`: a part of the rule that says it, whose own words it follows. */
  protected calendarUnit(): void {
    this.CONSUME(K.calendar)
    this.OR2([
      { ALT: () => this.CONSUME(K.day, { LABEL: 'unit' }) },
      { ALT: () => this.CONSUME(K.week, { LABEL: 'unit' }) },
      { ALT: () => this.CONSUME(K.month, { LABEL: 'unit' }) },
      { ALT: () => this.CONSUME(K.year, { LABEL: 'unit' }) },
    ])
    this.CONSUME2(K.in)
    this.CONSUME(Text)
  }

  /** `within D`, `with the same F`, `by someone else`, `each time`, `before the end`, …, in any order. */
  terms = this.RULE(
    'terms',
    () => {
      this.MANY({
        // `before R` on a line of its own is a stretch.
        GATE: () => !this.ahead(1, 'before') || this.ahead(2, 'the', 'end') || this.ahead(2, 'another'),
        DEF: () =>
          this.OR([
            {
              ALT: () => {
                this.CONSUME(K.within)
                this.SUBRULE(this.bound)
                this.OPTION(() => this.CONSUME(Percent))
              },
            },
            { ALT: () => this.SUBRULE(this.sameKeys) },
            {
              ALT: () => {
                this.CONSUME(K.by)
                this.OR2([
                  {
                    ALT: () => {
                      this.CONSUME(K.someone)
                      this.CONSUME(K.else)
                    },
                  },
                  {
                    ALT: () => {
                      this.CONSUME(NumberToken)
                      this.OR3([
                        { ALT: () => this.CONSUME(K.others) },
                        {
                          ALT: () => {
                            this.CONSUME(K.different)
                            this.CONSUME(K.people)
                          },
                        },
                      ])
                    },
                  },
                ])
              },
            },
            {
              ALT: () => {
                this.CONSUME(K.at)
                this.CONSUME(K.least)
                this.SUBRULE2(this.quantity, { LABEL: 'apart' })
                this.CONSUME(K.later)
              },
            },
            {
              ALT: () => {
                this.CONSUME(K.each)
                this.CONSUME(K.time)
              },
            },
            {
              ALT: () => {
                this.CONSUME(K.before)
                this.OR4([
                  {
                    ALT: () => {
                      this.CONSUME(K.the)
                      this.CONSUME(K.end)
                    },
                  },
                  {
                    ALT: () => {
                      this.CONSUME(K.another)
                      this.SUBRULE(this.pattern)
                    },
                  },
                ])
              },
            },
          ]),
      })
    },
    INNER,
  )
}
