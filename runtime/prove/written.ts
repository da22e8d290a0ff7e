/**
 * What is written out in a function that computes an action's params: `({ event }) => ({ tool: 'pay', args: { to: event.to } })`
 * calls `pay`, with an `args` of which `to` may be any value. Only literals and records of them are read; everything else,
 * and every function written otherwise, may give anything.
 */
import { ANY, type Known } from '#dsl/prove/sketch.ts'

/** What a call of the function gives. */
export function written(of: (...args: never[]) => unknown): Known {
  const tokens = tokensOf(Function.prototype.toString.call(of))
  return tokens === undefined ? ANY : new Reader(tokens).body()
}

/**
 * What `enqueueActions(({ enqueue }) => { … })` may enqueue, any of it any number of times in any order: actions as far as they are
 * written out. Undefined: `enqueue` is used otherwise than by calling it with an action of a known type, so it may be anything.
 */
export function enqueued(of: (...args: never[]) => unknown): readonly Known[] | undefined {
  const tokens = tokensOf(Function.prototype.toString.call(of))
  return tokens === undefined ? undefined : new Reader(tokens).enqueued()
}

/** What these enqueue asks for nothing. */
const SILENT: ReadonlySet<string> = new Set(['assign', 'cancel', 'stopChild', 'emit'])

/** Through these it may act otherwise than by `enqueue`. */
const BEYOND: ReadonlySet<string> = new Set(['...', 'self', 'system'])

type Token =
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'word' | 'sign'; readonly value: string }

/** Undefined for what is not understood: a slash that is no comment, an escape. */
function tokensOf(source: string): Token[] | undefined {
  const tokens: Token[] = []
  let at = 0
  while (at < source.length) {
    const rest = source.slice(at)
    const blank = /^(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)/.exec(rest)
    if (blank) {
      at += blank[0].length
      continue
    }
    const text = /^(?:'([^'\\\n]*)'|"([^"\\\n]*)"|`([^`\\$]*)`)/.exec(rest)
    const number = /^\d+(?:\.\d+)?(?![\w.])/.exec(rest)
    const word = /^[\p{L}_$][\p{L}\p{N}_$]*/u.exec(rest)
    const sign = /^(?:=>|\.\.\.|\?\?|\?\.|[&|=!<>]=*|[^\s\w])/u.exec(rest)
    if (text) tokens.push({ kind: 'text', value: text[1] ?? text[2] ?? text[3] ?? '' })
    else if (number) tokens.push({ kind: 'number', value: Number(number[0]) })
    else if (word) tokens.push({ kind: 'word', value: word[0] })
    else if (sign && !/^['"`/\\]/.test(sign[0])) tokens.push({ kind: 'sign', value: sign[0] })
    else return undefined
    at += (text ?? number ?? word ?? sign)![0].length
  }
  return tokens
}

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

class Reader {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  /** Of an arrow function of one expression, or of a block that begins by returning one. */
  body(): Known {
    if (this.#is('(')) this.#skip()
    else if (this.#tokens[this.#at++]?.kind !== 'word') return ANY
    if (!this.#eat('=>')) return ANY
    if (this.#eat('{')) {
      if (!this.#eat('return')) return ANY
      const value = this.#value()
      this.#eat(';')
      return this.#is('}') ? value : ANY
    }
    const value = this.#value()
    return this.#at === this.#tokens.length ? value : ANY
  }

  /** Every place where `enqueue` stands is looked at, so that no other way to it remains. */
  enqueued(): readonly Known[] | undefined {
    const arrow = this.#tokens.findIndex(({ value }) => value === '=>')
    const head = this.#tokens.slice(0, arrow).map(({ value }) => value)
    if (arrow < 0 || head[0] !== '(' || head[1] !== '{' || head.some((one) => BEYOND.has(String(one))))
      return undefined
    const at = head.indexOf('enqueue')
    // Under another name it would not be recognised.
    if (at < 0 || (head[at + 1] !== ',' && head[at + 1] !== '}')) return undefined
    const found: Known[] = []
    for (this.#at = arrow + 1; this.#at < this.#tokens.length; ) {
      const token = this.#tokens[this.#at++]!
      if (token.kind !== 'word') continue
      if (token.value === 'arguments' || token.value === 'eval') return undefined
      if (token.value !== 'enqueue') continue
      if (this.#eat('.')) {
        if (!SILENT.has(String(this.#tokens[this.#at]?.value))) return undefined
        continue
      }
      if (!this.#is('(')) return undefined
      const start = this.#at++
      found.push(this.#value())
      // What stands inside is looked at too.
      this.#at = start + 1
    }
    return found
  }

  /** Up to the comma or bracket after it. */
  #value(): Known {
    const value = this.#literal()
    if (this.#ends()) return value
    // The colon of a choice ends nothing.
    for (let choices = 0; !this.#ends() || (choices > 0 && this.#is(':')); this.#skip()) {
      if (this.#is('?')) choices++
      else if (this.#is(':')) choices--
    }
    return ANY
  }

  #literal(): Known {
    const token = this.#tokens[this.#at]
    if (token === undefined) return ANY
    if (token.kind === 'text' || token.kind === 'number') {
      this.#at++
      return { kind: 'is', value: token.value }
    }
    if (token.kind === 'word') {
      this.#at++
      const constant = { true: true, false: false, null: null }[token.value]
      return constant === undefined ? ANY : { kind: 'is', value: constant }
    }
    if (token.value === '{') return this.#record()
    if (token.value !== '(') return ANY
    this.#at++
    const value = this.#value()
    return this.#eat(')') ? value : ANY
  }

  #record(): Known {
    const fields: Record<string, Known> = {}
    let open = false
    // What comes from elsewhere may stand in place of all before it.
    const overwrite = (): void => {
      for (const name of Object.keys(fields)) fields[name] = ANY
      open = true
    }
    this.#at++
    while (!this.#eat('}')) {
      if (this.#at >= this.#tokens.length) return ANY
      if (this.#eat('...')) {
        this.#value()
        overwrite()
      } else {
        const token = this.#tokens[this.#at]!
        const isComputed = token.value === '['
        this.#skip()
        if (this.#eat(':')) {
          const value = this.#value()
          if (isComputed) overwrite()
          else fields[String(token.value)] = value
        } else if (this.#is(',') || this.#is('}')) fields[String(token.value)] = ANY
        else return ANY
      }
      if (!this.#eat(',') && !this.#is('}')) return ANY
    }
    return { kind: 'record', fields, open }
  }

  #ends(): boolean {
    const token = this.#tokens[this.#at]
    return (
      token === undefined || (token.kind === 'sign' && [',', ')', '}', ']', ';', ':'].includes(token.value))
    )
  }

  #is(value: string): boolean {
    const token = this.#tokens[this.#at]
    return token?.kind !== 'text' && token?.value === value
  }

  #eat(value: string): boolean {
    if (!this.#is(value)) return false
    this.#at++
    return true
  }

  /** One token, or all up to the bracket that closes it. */
  #skip(): void {
    const token = this.#tokens[this.#at++]
    const closing = token?.kind === 'sign' ? CLOSING[token.value] : undefined
    if (closing === undefined) return
    while (this.#at < this.#tokens.length && !this.#is(closing)) this.#skip()
    this.#at++
  }
}
