/**
 * Terms of SMT-LIB 2.6, as text, and what a question declares. Numbers are written exactly: every double is a fraction.
 * Reference: Barrett, Fontaine and Tinelli, The SMT-LIB Standard 2.6.
 */

/** A term of sort Bool, Int or Real. */
export type Term = string
export type Sort = 'Bool' | 'Int' | 'Real'

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

/**
 * Names and constraints of one question. Texts are numbers in it: each text that is written somewhere has its own, all others
 * have others. What is in a text is not followed: solvers of strings are slow, and give up on the lists of words that policies
 * look for.
 */
export class Question {
  readonly #declared = new Map<string, Sort>()
  readonly #texts: string[] = []
  readonly #asserted = new Set<Term>()

  declare(name: string, sort: Sort): Term {
    this.#declared.set(name, sort)
    return name
  }

  /** A name nothing else has. */
  fresh(sort: Sort): Term {
    return this.declare(`x${this.#declared.size}`, sort)
  }

  text(value: string): Term {
    const at = this.#texts.indexOf(value)
    // Nothing is 0: that is what solvers give where it does not matter.
    return String(at < 0 ? this.#texts.push(value) : at + 1)
  }

  /** Whether the text is written somewhere. */
  knows(value: string): boolean {
    return this.#texts.includes(value)
  }

  /** Which text a number is; undefined: another than all that are written. */
  textOf(number: number): string | undefined {
    return this.#texts[number - 1]
  }

  assert(term: Term): void {
    if (term !== YES) this.#asserted.add(term)
  }

  script(): string {
    const declarations = [...this.#declared].map(([name, sort]) => `(declare-const ${name} ${sort})`)
    return [...declarations, ...[...this.#asserted].map((term) => `(assert ${term})`)].join('\n')
  }
}
