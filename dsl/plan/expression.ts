/** Types and expressions of a plan; units as `plan.ts` says. */

export type Type =
  | { readonly kind: 'text' | 'date' | 'duration' | 'flag' | 'anything' }
  /** `unit`: what is counted (`kg`); numbers of other units of the dimension are converted by the plan. */
  | { readonly kind: 'number'; readonly unit?: string }
  /** `zone`: used where the text carries no offset. */
  | { readonly kind: 'time'; readonly zone?: string }
  /** `also`: other currencies the value may be in; a comparison names the one it means. */
  | { readonly kind: 'money'; readonly currency: string; readonly also?: readonly string[] }
  | { readonly kind: 'choice'; readonly options: readonly string[] }
  | { readonly kind: 'list'; readonly of: Type }
  | { readonly kind: 'map'; readonly of: Type }
  | {
      readonly kind: 'record'
      readonly name?: string
      readonly fields: Readonly<Record<string, FieldType>>
      readonly open?: true
    }

export interface FieldType {
  readonly type: Type
  readonly optional: boolean
  /** Read where the field is absent, in the judge's units; such a field is never unknown for being absent. */
  readonly default?: string | number | boolean
}

/** `[start, end)` offsets into the policy text. */
export type Span = readonly [start: number, end: number]

export type Compare = '==' | '!=' | '<' | '<=' | '>' | '>='
export type Arith = '+' | '-' | '*' | '/' | 'smaller' | 'larger'

/**
 * Every node carries its span (for `explain`) and its type (how a raw value is read).
 * `zone` on a time read: IANA name used when the text carries no offset.
 */
export type Expr = { readonly span: Span; readonly type: Type } & (
  | { readonly op: 'literal'; readonly value: string | number | boolean }
  | { readonly op: 'list'; readonly items: readonly Expr[] }
  /** A field of the step being judged; `path` walks nested records. */
  | { readonly op: 'field'; readonly path: readonly string[]; readonly zone?: string }
  /** `now` is a time, `roles` a list of text, the rest are text. */
  | {
      readonly op: 'meta'
      readonly name:
        | 'now'
        | 'agent'
        | 'actor'
        | 'conversation'
        | 'name'
        | 'peer'
        | 'kind'
        | 'tenant'
        | 'roles'
    }
  | { readonly op: 'get'; readonly of: Expr; readonly path: readonly string[]; readonly zone?: string }
  /** A quantifier's variable, by name. */
  | { readonly op: 'variable'; readonly name: string }
  /** The rule's binding number `index`: fields of the latest earlier step that matches. */
  | { readonly op: 'binding'; readonly index: number }
  /** A rule's named value (`where total is …`), in order; evaluated when first used. */
  | { readonly op: 'local'; readonly index: number }
  | { readonly op: 'not'; readonly of: Expr }
  | { readonly op: 'and' | 'or'; readonly of: readonly Expr[] }
  | { readonly op: 'compare'; readonly cmp: Compare; readonly left: Expr; readonly right: Expr }
  /** Deep equality of lists, records and maps. */
  | { readonly op: 'same'; readonly left: Expr; readonly right: Expr }
  | { readonly op: 'in'; readonly item: Expr; readonly list: Expr }
  /** Text is normalised (NFKC, invisible characters removed, case folded) unless `exactly`. */
  | {
      readonly op: 'text'
      readonly test: 'contains' | 'starts' | 'ends' | 'equals'
      readonly subject: Expr
      /** Any one of these is enough. */
      readonly any: readonly Expr[]
      readonly exactly: boolean
      /** Match whole words only. */
      readonly words: boolean
    }
  /** A `like` mask or `matches` expression, as a linear-time regular expression; `find` looks anywhere in the text. */
  | {
      readonly op: 'matches'
      readonly subject: Expr
      readonly pattern: string
      readonly find: boolean
      readonly exactly: boolean
    }
  /** A built-in detector from the prelude (`card_number`, `email`, `iban`, …). */
  | { readonly op: 'detects'; readonly subject: Expr; readonly detector: string }
  | { readonly op: 'present'; readonly of: Expr }
  /** `of`, or `to` where nothing is there. */
  | { readonly op: 'default'; readonly of: Expr; readonly to: Expr }
  | { readonly op: 'length'; readonly of: Expr }
  | { readonly op: 'keys'; readonly of: Expr }
  | { readonly op: 'count'; readonly list: Expr; readonly name: string; readonly where?: Expr }
  | { readonly op: 'some' | 'every'; readonly list: Expr; readonly name: string; readonly where: Expr }
  | { readonly op: 'total'; readonly list: Expr; readonly name: string; readonly of: Expr }
  | { readonly op: 'arith'; readonly fn: Arith; readonly left: Expr; readonly right: Expr }
  | { readonly op: 'lookup'; readonly table: string; readonly keys: readonly Expr[] }
  /**
   * What a detector says of a text, compared with others where it takes some (`to`): a number, recorded as evidence.
   * `cost` of one look in millionths of `currency`.
   */
  | {
      readonly op: 'score'
      readonly detector: string
      readonly subject: Expr
      readonly to?: Expr
      readonly withinMs: number
      readonly cost: number
      readonly currency?: string
    }
  /** The calendar day of a time in a zone. */
  | { readonly op: 'day'; readonly of: Expr; readonly zone: string }
  /** What calendar and clock show at a time in a zone: `"Monday"`, the full hour, or the duration the clock shows since midnight. */
  | {
      readonly op: 'wall'
      /** `start`: the moment at which that day began. */
      readonly part: 'weekday' | 'hour' | 'clock' | 'start'
      readonly of: Expr
      readonly zone: string
    }
)
