/** Flows: where a value may come from and where it may go. */
import { EOF } from 'chevrotain'
import { Comma, Dot, K, LCurly, LParen, Name, RCurly, Text } from '../tokens.ts'
import { ActionGrammar } from './actions.ts'
import { INNER } from './operands.ts'

/** Fields that are named before `of`; looking further for it would make long lists slow. */
const FIELDS_MAX = 32
/** Words of a statement that are looked through for what it states. */
const WORDS_MAX = 400

export class FlowGrammar extends ActionGrammar {
  /** `recipient, address.city of`: paths up to an `of`. */
  private fieldsAhead(from = 1): boolean {
    if (!this.is(from, Name)) return false
    let at = from
    while (
      at < from + 2 * FIELDS_MAX &&
      (this.is(at + 1, Comma) || this.is(at + 1, Dot)) &&
      this.is(at + 2, Name)
    )
      at += 2
    return this.is(at + 1, K.of)
  }

  private resultsAhead(from = 1): boolean {
    return this.ahead(from, 'results', 'of') || this.ahead(from, 'result', 'of')
  }

  flow = this.RULE('flow', () => {
    this.CONSUME(K.flow)
    this.CONSUME(Text)
    this.CONSUME(LCurly)
    this.MANY(() => {
      this.SUBRULE(this.flowClause)
      this.OPTION(() => this.CONSUME(Comma))
    })
    this.CONSUME(RCurly)
  })

  flowClause = this.RULE('flowClause', () => {
    this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          GATE: () => this.ahead(1, 'label') && this.is(2, Name) && this.is(3, K.on),
          ALT: () => {
            this.CONSUME(K.label)
            this.CONSUME(Name)
            this.CONSUME(K.on)
            this.SUBRULE(this.sources)
          },
        },
        {
          GATE: () => this.ahead(1, 'only') && !this.is(2, K.of),
          ALT: () => this.SUBRULE(this.onlyRead),
        },
        {
          GATE: () => this.ahead(1, 'otherwise'),
          ALT: () => {
            this.CONSUME(K.otherwise)
            this.SUBRULE(this.action)
          },
        },
        { GATE: () => this.noteStarts(), ALT: () => this.SUBRULE(this.note) },
        {
          GATE: () => this.is(2, K.never) && this.is(3, K.reaches),
          ALT: () => this.SUBRULE(this.neverReaches),
        },
        { GATE: () => this.mustBeReadable(), ALT: () => this.SUBRULE(this.readable) },
        { ALT: () => this.SUBRULE(this.comesOnlyFrom) },
      ],
    })
  })

  /** Tells `subject of pay must be readable …` from `subject of pay comes only …`. */
  private mustBeReadable(): boolean {
    for (let at = 1; at < WORDS_MAX; at++) {
      if (this.ahead(at, 'must', 'be', 'readable')) return true
      if (this.is(at, K.comes) || this.is(at, LCurly) || this.is(at, RCurly) || this.is(at, EOF)) return false
    }
    return false
  }

  /** `only readers, "auditor" may read text of read_document`. */
  onlyRead = this.RULE(
    'onlyRead',
    () => {
      this.CONSUME(K.only)
      this.AT_LEAST_ONE_SEP({ SEP: Comma, DEF: () => this.SUBRULE(this.reader) })
      this.CONSUME(K.may)
      this.CONSUME(K.read)
      this.SUBRULE(this.sources)
    },
    INNER,
  )

  reader = this.RULE(
    'reader',
    () => {
      this.OR([{ ALT: () => this.CONSUME(Text) }, { ALT: () => this.SUBRULE(this.path) }])
    },
    INNER,
  )

  /** `subject of pay must be readable by recipient even reworded unless released by dpo`; without fields every other one. */
  readable = this.RULE(
    'readable',
    () => {
      this.OPTION({
        GATE: () => this.fieldsAhead() && !this.resultsAhead(),
        DEF: () => {
          this.SUBRULE(this.flowFields)
          this.CONSUME(K.of)
        },
      })
      this.SUBRULE(this.pattern)
      this.CONSUME(K.must)
      this.CONSUME(K.be)
      this.CONSUME(K.readable)
      this.CONSUME(K.by)
      this.SUBRULE2(this.flowFields, { LABEL: 'recipients' })
      this.SUBRULE(this.exceptions)
    },
    INNER,
  )

  private noteStarts(): boolean {
    return (
      ((this.ahead(1, 'because') || this.ahead(1, 'remedy')) && this.is(2, Text)) ||
      (this.ahead(1, 'severity') && !this.is(2, K.of) && !this.is(2, Comma)) ||
      (this.ahead(1, 'mode') && !this.is(2, K.of) && !this.is(2, Comma)) ||
      this.ahead(1, 'on', 'error')
    )
  }

  /** `recipient, amount of send_money comes only from …`, `links in body of send_email comes only from …`. */
  comesOnlyFrom = this.RULE(
    'comesOnlyFrom',
    () => {
      this.OPTION({
        GATE: () => this.is(2, K.in),
        DEF: () => {
          this.CONSUME(Name, { LABEL: 'part' })
          this.CONSUME(K.in)
        },
      })
      this.SUBRULE(this.flowFields)
      this.CONSUME(K.of)
      this.SUBRULE(this.pattern)
      this.CONSUME(K.comes)
      this.CONSUME(K.only)
      this.CONSUME(K.from)
      this.SUBRULE(this.sources)
    },
    INNER,
  )

  /** `private never reaches body of send_email even reworded unless released by dpo`. */
  neverReaches = this.RULE(
    'neverReaches',
    () => {
      this.CONSUME(Name, { LABEL: 'labelName' })
      this.CONSUME(K.never)
      this.CONSUME(K.reaches)
      this.OPTION({
        GATE: () => this.fieldsAhead() && !this.resultsAhead(),
        DEF: () => {
          this.SUBRULE(this.flowFields)
          this.CONSUME(K.of)
        },
      })
      this.SUBRULE(this.pattern)
      this.SUBRULE(this.exceptions)
    },
    INNER,
  )

  exceptions = this.RULE(
    'exceptions',
    () => {
      this.OPTION(() => {
        this.CONSUME(K.even)
        this.CONSUME(K.reworded)
      })
      this.OPTION2(() => {
        this.CONSUME(K.unless)
        this.CONSUME(K.released)
        this.CONSUME(K.by)
        this.SUBRULE(this.names, { LABEL: 'releasers' })
      })
    },
    INNER,
  )

  flowFields = this.RULE(
    'flowFields',
    () => {
      this.SUBRULE(this.path)
      this.MANY({
        GATE: () => this.is(1, Comma) && this.nameAfterComma(),
        DEF: () => {
          this.CONSUME(Comma)
          this.SUBRULE2(this.path)
        },
      })
    },
    INNER,
  )

  sources = this.RULE(
    'sources',
    () => {
      this.SUBRULE(this.source)
      this.MANY({
        GATE: () => this.is(1, K.or) || (this.is(1, Comma) && this.sourceAfterComma()),
        DEF: () => {
          this.OR([{ ALT: () => this.CONSUME(K.or) }, { ALT: () => this.CONSUME(Comma) }])
          this.OPTION({ GATE: () => this.is(1, K.or), DEF: () => this.CONSUME2(K.or) })
          this.SUBRULE2(this.source)
        },
      })
    },
    INNER,
  )

  private sourceAfterComma(): boolean {
    return this.is(2, Text) || this.is(2, LParen) || this.is(2, K.or) || this.nameAfterComma()
  }

  /** A comma that goes on with names; not one before a clause. */
  private nameAfterComma(): boolean {
    return (
      this.is(2, Name) && !this.ahead(2, 'otherwise') && !this.ahead(2, 'because') && !this.ahead(2, 'remedy')
    )
  }

  source = this.RULE(
    'source',
    () => {
      this.OR({
        IGNORE_AMBIGUITIES: true,
        DEF: [
          { ALT: () => this.CONSUME(Text) },
          {
            GATE: () => this.ahead(1, 'the', 'agent'),
            ALT: () => {
              this.CONSUME(K.the)
              this.CONSUME(K.agent)
              this.CONSUME(K.itself)
            },
          },
          {
            GATE: () => this.ahead(1, 'anything', 'that'),
            ALT: () => {
              this.CONSUME(K.anything)
              this.CONSUME(K.that)
              this.OR2([{ ALT: () => this.CONSUME(K.starts) }, { ALT: () => this.CONSUME(K.ends) }])
              this.CONSUME(K.with)
              this.CONSUME2(Text, { LABEL: 'affix' })
            },
          },
          {
            GATE: () => this.ahead(1, 'messages', 'from'),
            ALT: () => {
              this.CONSUME(K.messages)
              this.CONSUME(K.from)
              this.SUBRULE(this.sourceNames, { LABEL: 'senders' })
            },
          },
          {
            GATE: () => this.resultsAhead(),
            ALT: () => this.SUBRULE(this.results),
          },
          { GATE: () => this.is(1, LParen), ALT: () => this.SUBRULE(this.pattern) },
          {
            GATE: () => this.fieldsAhead(),
            ALT: () => {
              this.SUBRULE(this.flowFields)
              this.CONSUME(K.of)
              this.OR3({
                IGNORE_AMBIGUITIES: true,
                DEF: [
                  { GATE: () => this.resultsAhead(), ALT: () => this.SUBRULE2(this.results) },
                  { GATE: () => this.is(1, LParen), ALT: () => this.SUBRULE2(this.pattern) },
                  { ALT: () => this.SUBRULE2(this.sourceNames, { LABEL: 'bare' }) },
                ],
              })
            },
          },
          { ALT: () => this.SUBRULE3(this.sourceNames, { LABEL: 'bare' }) },
        ],
      })
    },
    INNER,
  )

  results = this.RULE(
    'results',
    () => {
      this.OR([{ ALT: () => this.CONSUME(K.results) }, { ALT: () => this.CONSUME(K.result) }])
      this.CONSUME(K.of)
      this.SUBRULE(this.sourceNames, { LABEL: 'givers' })
    },
    INNER,
  )

  /** Names up to the next source that is spelled out. */
  sourceNames = this.RULE(
    'sourceNames',
    () => {
      this.CONSUME(Name)
      this.MANY({
        GATE: () =>
          this.is(1, Comma) &&
          this.nameAfterComma() &&
          !this.is(2, K.or) &&
          !this.resultsAhead(2) &&
          !this.ahead(2, 'messages', 'from') &&
          !this.ahead(2, 'the', 'agent') &&
          !this.ahead(2, 'anything', 'that') &&
          !this.fieldsAhead(2),
        DEF: () => {
          this.CONSUME(Comma)
          this.CONSUME2(Name, { LABEL: 'Name' })
        },
      })
    },
    INNER,
  )
}
