/** Rules in plain sentences: conditions as nested lists with signs turned into words, and what follows from them. */
import { children } from '../judge/children.ts'
import { showDuration } from '../plan/bounds.ts'
import type { Action, Expr, Span } from '../plan/plan.ts'
import type { Token } from '../syntax/tokens.ts'
import { type Inline, type Item, text } from './document.ts'

/** The policy's text, read aloud. */
export class Reading {
  private readonly source: string
  private readonly tokens: readonly Token[]
  /** Signs between dates and times, by where they stand. */
  private readonly temporal = new Set<number>()

  private readonly base: number

  /** `base`: what the spans count from. */
  constructor(source: string, tokens: readonly Token[], base = 0) {
    this.source = source
    this.tokens = tokens
    this.base = base
  }

  /** One line, without comments. */
  words(span: Span): string {
    const [start, end] = [span[0] - this.base, span[1] - this.base]
    const parts: string[] = []
    let before = start
    for (const token of this.tokensIn(start, end)) {
      if (/\s|#/.test(this.source.slice(before, token.startOffset)) && parts.length > 0) parts.push(' ')
      const words = /^[<>!=]/.test(token.image) ? this.comparison(token) : token.image
      if (words !== token.image && parts.at(-1) !== ' ') parts.push(' ')
      parts.push(words)
      before = token.startOffset + token.image.length
      if (words !== token.image && !/\s/.test(this.source[before] ?? ' ')) parts.push(' ')
    }
    return parts.join('')
  }

  condition(expr: Expr): Item {
    this.note(expr)
    return this.item(expr)
  }

  private item(expr: Expr): Item {
    if ((expr.op === 'and' || expr.op === 'or') && this.isWritten(expr)) {
      const head = expr.op === 'and' ? 'all of these hold:' : 'at least one of these holds:'
      return { of: [text(head)], items: expr.of.map((one) => this.item(one)) }
    }
    if (expr.op === 'not' && (expr.of.op === 'and' || expr.of.op === 'or') && this.isWritten(expr.of)) {
      const head = expr.of.op === 'and' ? 'not all of these hold:' : 'none of these holds:'
      return { of: [text(head)], items: expr.of.of.map((one) => this.item(one)) }
    }
    return { of: [text(this.leaf(expr))] }
  }

  /** `not (…)` is easily overlooked at the head of a sentence. */
  private leaf(expr: Expr): string {
    const words = this.words(expr.span)
    if (expr.op !== 'not' || !/^not\s*\(.*\)$/.test(words)) return words
    return `it is not so that ${this.words(expr.of.span).replace(/^\((.*)\)$/, '$1')}`
  }

  /** `is between` and the like are several tests of the same words. */
  private isWritten(expr: Expr & { op: 'and' | 'or' }): boolean {
    return expr.of.every(
      ({ span }) =>
        span[0] >= expr.span[0] &&
        span[1] <= expr.span[1] &&
        (span[0] !== expr.span[0] || span[1] !== expr.span[1]),
    )
  }

  private note(expr: Expr): void {
    if (expr.op === 'compare' && (expr.left.type.kind === 'date' || expr.left.type.kind === 'time'))
      for (const { startOffset } of this.tokensIn(
        expr.left.span[1] - this.base,
        expr.right.span[0] - this.base,
      ))
        this.temporal.add(startOffset)
    for (const child of children(expr)) this.note(child)
  }

  private comparison({ image, startOffset }: Token): string {
    const temporal = this.temporal.has(startOffset)
    switch (image) {
      case '<':
        return temporal ? 'is before' : 'is under'
      case '>':
        return temporal ? 'is after' : 'is over'
      case '<=':
        return temporal ? 'is not after' : 'is at most'
      case '>=':
        return temporal ? 'is not before' : 'is at least'
      case '!=':
        return 'is not'
      default:
        return 'is'
    }
  }

  private tokensIn(start: number, end: number): Token[] {
    let low = 0
    let high = this.tokens.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.tokens[middle]!.startOffset < start) low = middle + 1
      else high = middle
    }
    const found: Token[] = []
    for (let at = low; at < this.tokens.length && this.tokens[at]!.startOffset < end; at++)
      found.push(this.tokens[at]!)
    return found
  }
}

/** What follows, after “then” or “otherwise”. */
export function consequence(action: Action, reading: Reading): Inline[] {
  return [text(said(action, reading))]
}

function said(action: Action, reading: Reading): string {
  switch (action.kind) {
    case 'allow':
      return 'it is allowed, although its agent’s list does not name it'
    case 'deny':
      return 'it is denied'
    case 'quarantine':
      return 'the agent is stopped and what its memory gave is held'
    case 'warn':
      return 'it goes through, with a warning'
    case 'ask':
      return `${action.people === undefined ? `${action.who} decides` : `${action.people} of ${action.who} decide`}; without an answer within ${showDuration(action.withinMs)} it ${action.otherwise === 'deny' ? 'is denied' : 'goes through'}`
    case 'alert':
      return `it goes through, and ${action.who} is told`
    case 'redact': {
      const what = action.detector === undefined ? '' : `each ${action.detector.replaceAll('_', ' ')} in `
      const done = action.by === undefined ? 'blacked out' : `replaced by “${action.by}”`
      return `${what}${action.path.length === 0 ? 'all its fields' : action.path.join('.')} is ${done} before it goes through`
    }
    case 'trim':
      return `${action.path.join('.')} is cut to its first ${action.most} before it goes through`
    case 'route':
      return action.what === 'name'
        ? `${action.to} is called in its place, with the same values`
        : `it goes to ${action.to} instead`
    case 'fallBack': {
      const values = action.fields.map(({ name, value }) =>
        action.name === undefined ? reading.words(value.span) : `${name} = ${reading.words(value.span)}`,
      )
      return action.name === undefined
        ? `${values.join(', ')} is said in its place`
        : `${action.name} is called in its place${values.length === 0 ? '' : ` with ${values.join(', ')}`}`
    }
    case 'retry':
      return `it is denied, and the agent may try again ${action.most === 1 ? 'once' : `${action.most} times`}; after that ${said(action.otherwise, reading)}`
    case 'set':
      return `${action.path.join('.')} becomes ${reading.words(action.to.span)} before it goes through`
  }
}
