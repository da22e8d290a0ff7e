/**
 * Lists and records as many tools print them: YAML's block style. Only what recordings hold is read, and strictly: a text
 * in quotes goes on until its quote closes, whatever its lines look like, so that nothing inside a text can pass for a
 * field beside it.
 */
import type { Json, JsonObject } from '#dsl/judge/step.ts'

/** A list or record of two lines and more, or of one record; undefined when the text is anything else, however little of it. */
export function readBlocks(recorded: string): Json | undefined {
  // Some frameworks frame what tools give with these signs.
  const text = recorded
    .replace(/^<<\s?/, '')
    .replace(/\s?>>$/, '')
    .replace(/\s+$/, '')
  if (!/^(?:- |[A-Za-z_][\w-]*:(?: .*)?\n)/.test(text)) return undefined
  const reader = new Reader(text.split('\n'))
  const value = reader.block(0)
  // One line with a dash before it is a sentence as likely as a list.
  const sentence = Array.isArray(value) && value.length === 1 && typeof value[0] !== 'object'
  return reader.done && !sentence ? value : undefined
}

const KEY = /^((?:[^\s:'"#-][^:'"#]*)):(?: (.*))?$/

class Reader {
  readonly #lines: readonly string[]
  #at = 0

  constructor(lines: readonly string[]) {
    this.#lines = lines
  }

  get done(): boolean {
    return this.#at >= this.#lines.length
  }

  /** A list or record whose lines stand `indent` columns in; undefined when it is neither. */
  block(indent: number): Json | undefined {
    const line = this.#lines[this.#at]
    if (line === undefined || indentOf(line) !== indent) return undefined
    return line.slice(indent).startsWith('- ') ? this.#list(indent) : this.#record(indent)
  }

  #list(indent: number): Json | undefined {
    const items: Json[] = []
    while (!this.done) {
      const line = this.#lines[this.#at]!
      if (indentOf(line) !== indent || !line.slice(indent).startsWith('- ')) break
      const inner = line.slice(indent + 2)
      const item = KEY.test(inner) ? this.#record(indent + 2, inner) : this.#scalar(inner, indent)
      if (item === undefined) return undefined
      items.push(item)
    }
    return items
  }

  /** `first`: the first line without the dash before it. */
  #record(indent: number, first?: string): Json | undefined {
    const record: JsonObject = {}
    let head = first
    while (!this.done) {
      const line = this.#lines[this.#at]!
      if (head === undefined && indentOf(line) !== indent) break
      const read = KEY.exec(head ?? line.slice(indent))
      head = undefined
      if (read === null) return Object.keys(record).length === 0 ? undefined : record
      const [, key, rest] = read
      const value = rest === undefined || rest === '' ? this.#below(indent) : this.#scalar(rest, indent)
      if (value === undefined) return undefined
      record[key!] = value
    }
    return record
  }

  /** What stands on the lines below a key: a deeper record, a list at the same or a deeper column, or nothing. */
  #below(indent: number): Json | undefined {
    this.#at++
    const next = this.#lines[this.#at]
    if (next === undefined) return null
    const deeper = indentOf(next)
    if (deeper > indent) return this.block(deeper)
    return deeper === indent && next.slice(indent).startsWith('- ') ? this.#list(indent) : null
  }

  /** From `rest` of the current line to where the value ends. */
  #scalar(rest: string, indent: number): Json | undefined {
    this.#at++
    const quote = rest[0]
    if (quote === "'" || quote === '"') return this.#quoted(rest, quote)
    if (/^[|>][-+]?\d*$/.test(rest)) return this.#indented(indent).join('\n')
    const words = [rest, ...this.#indented(indent)].map((line) => line.trim())
    const text = words.join(' ').trim()
    if (text === '[]') return []
    if (text === '{}') return {}
    return text === 'null' ? null : text
  }

  #quoted(rest: string, quote: string): string | undefined {
    let text = rest.slice(1)
    while (!closes(text, quote)) {
      const line = this.#lines[this.#at]
      if (line === undefined) return undefined
      this.#at++
      text += quote === '"' && text.endsWith('\\') ? line.trim() : `\n${line.trim()}`
    }
    const inner = text.slice(0, -1)
    return quote === "'"
      ? inner.replaceAll("''", "'")
      : inner.replaceAll('\\n', '\n').replaceAll(/\\(.)/g, '$1')
  }

  #indented(indent: number): string[] {
    const lines: string[] = []
    while (!this.done) {
      const line = this.#lines[this.#at]!
      if (line.trim() !== '' && indentOf(line) <= indent) break
      lines.push(line)
      this.#at++
    }
    return lines
  }
}

/** Does the text end with a quote that closes it? A doubled or escaped one does not. */
function closes(text: string, quote: string): boolean {
  if (!text.endsWith(quote)) return false
  const run = quote === "'" ? /'+$/.exec(text)![0].length : 1
  if (quote === "'") return run % 2 === 1
  return (/\\*$/.exec(text.slice(0, -1))![0].length & 1) === 0
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length
}
