/**
 * Terms of SMT-LIB 2.6, as text, and what a question declares. Numbers are written exactly: every double is a fraction.
 * Reference: Barrett, Fontaine and Tinelli, The SMT-LIB Standard 2.6.
 */

/** A term of sort Bool, Int, Real or String. */
export type Term = string
export type Sort = 'Bool' | 'Int' | 'Real' | 'String'

export const YES: Term = 'true'
export const NO: Term = 'false'

export function and(...of: readonly Term[]): Term {
  if (of.includes(NO)) return NO
  const open = [...new Set(of)].filter((one) => one !== YES)
  return open.length === 0 ? YES : open.length === 1 ? open[0]! : `(and ${open.join(' ')})`
}

export function or(...of: readonly Term[]): Term {
  return not(and(...of.map(not)))
}

export function not(of: Term): Term {
  if (of === YES) return NO
  if (of === NO) return YES
  return /^\(not (.*)\)$/s.exec(of)?.[1] ?? `(not ${of})`
}

export function implies(left: Term, right: Term): Term {
  return or(not(left), right)
}

export function eq(left: Term, right: Term): Term {
  return left === right ? YES : `(= ${left} ${right})`
}

/** A whole number. */
export function whole(value: number | bigint): Term {
  const big = BigInt(value)
  return big < 0n ? `(- ${-big})` : String(big)
}

/** Any finite double, as the fraction it is. */
export function real(value: number): Term {
  let denominator = 1n
  let numerator = value
  // Doubling a double is exact, and ends: a finite one has at most 1,074 binary places.
  while (!Number.isInteger(numerator)) {
    numerator *= 2
    denominator *= 2n
  }
  const top = BigInt(numerator)
  const shown = `${top < 0n ? -top : top}.0`
  const fraction = denominator === 1n ? shown : `(/ ${shown} ${denominator}.0)`
  return top < 0n ? `(- ${fraction})` : fraction
}

/** Characters that SMT-LIB has no short way for are written by their number. */
export function text(value: string): Term {
  const shown = [...value].map((one) =>
    /^[\x20-\x7e]$/.test(one) && one !== '\\'
      ? one === '"'
        ? '""'
        : one
      : `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`,
  )
  return `"${shown.join('')}"`
}

/** The highest code point that strings of the logic have. */
const CODE_POINT_MAX = 0x2ffff

/** Lone halves of pairs and the last planes are not in the logic's strings: such a text is anyone's guess. */
export function isSayable(value: string): boolean {
  return [...value].every((one) => {
    const point = one.codePointAt(0) ?? 0
    return point <= CODE_POINT_MAX && !(point >= 0xd800 && point <= 0xdfff)
  })
}

/** Names and constraints of one question. */
export class Question {
  readonly #declared = new Map<string, Sort>()
  readonly #asserted = new Set<Term>()

  declare(name: string, sort: Sort): Term {
    this.#declared.set(name, sort)
    return name
  }

  /** A name nothing else has. */
  fresh(sort: Sort): Term {
    return this.declare(`x${this.#declared.size}`, sort)
  }

  assert(term: Term): void {
    if (term !== YES) this.#asserted.add(term)
  }

  script(): string {
    const declarations = [...this.#declared].map(([name, sort]) => `(declare-const ${name} ${sort})`)
    return [...declarations, ...[...this.#asserted].map((term) => `(assert ${term})`)].join('\n')
  }
}
