/**
 * JSON in few bytes, quickly: what conversations are at rest. A value is a byte that says what it is, and what else it takes.
 *
 *   00–3f   the number itself
 *   40–bf   word 0–127 (`words.ts`)
 *   c0–c2   null, false, true
 *   c3, c4  a whole number, and what is below zero without its sign: 7 bits a byte, lowest first, 80 set where more follow
 *   c5      any other number: 8 bytes
 *   c6      a word from 128 on
 *   c7, c8  text: its length and as many bytes, or UTF-16 units
 *   c9      text that ends with the conversation's own name: what stands before it
 *   ca, cb  a list, and fields with their names: how many, and as many values
 */
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import type { Words } from './words.ts'

const WORDS_AT = 0x40
const NULL = 0xc0
const FALSE = 0xc1
const TRUE = 0xc2
const WHOLE = 0xc3
const BELOW_ZERO = 0xc4
const NUMBER = 0xc5
const WORD = 0xc6
const TEXT = 0xc7
const WIDE = 0xc8
const OWN = 0xc9
const LIST = 0xca
const FIELDS = 0xcb

/** Words that take no more than their own byte. */
const SHORT_WORDS = NULL - WORDS_AT
const NUMBER_BYTES = 8
/** Of a length or a whole number. */
const VARINT_BYTES_MAX = 8
/** Bits that arithmetic on 32 of them leaves alone. */
const BITS_MAX = 2 ** 31
const BYTES_MIN = 1_024

export class CompactWriter {
  #buffer = Buffer.allocUnsafeSlow(BYTES_MIN)
  #end = 0
  #words: Words | undefined
  #own = ''
  /** What stood before the conversation's name last. */
  #before = ''

  /** `own`: the conversation's name. Without words every text is written out, and the same is the same in every partition. */
  begin(own: string, words: Words | undefined): void {
    this.#end = 0
    this.#own = own
    this.#words = words
  }

  /** A view, good until the next `begin`. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#end)
  }

  byte(value: number): void {
    if (this.#end === this.#buffer.length) this.#grow(1)
    this.#buffer[this.#end++] = value
  }

  /** From 0. */
  count(value: number): void {
    if (this.#end + VARINT_BYTES_MAX > this.#buffer.length) this.#grow(VARINT_BYTES_MAX)
    const buffer = this.#buffer
    for (; value >= BITS_MAX; value = Math.floor(value / 0x80)) buffer[this.#end++] = (value % 0x80) | 0x80
    for (; value >= 0x80; value >>>= 7) buffer[this.#end++] = (value & 0x7f) | 0x80
    buffer[this.#end++] = value
  }

  /** A text that others are likely to have too. */
  name(text: string): void {
    const number = this.#words === undefined ? -1 : this.#words.numberOf(text, this.#own)
    if (number < 0) this.text(text)
    else if (number < SHORT_WORDS) this.byte(WORDS_AT + number)
    else {
      this.byte(WORD)
      this.count(number - SHORT_WORDS)
    }
  }

  /** A name that may end with the conversation's. */
  ownName(text: string): void {
    const own = this.#own
    if (own.length === 0 || !text.endsWith(own)) return this.name(text)
    this.byte(OWN)
    // A client says so in one conversation after the other: what is cut off is mostly the same.
    if (text.length !== this.#before.length + own.length || !text.startsWith(this.#before))
      this.#before = text.slice(0, -own.length)
    this.name(this.#before)
  }

  text(text: string): void {
    const { length } = text
    this.#room(1 + VARINT_BYTES_MAX + 2 * length)
    const began = this.#end
    this.byte(TEXT)
    this.count(length)
    const buffer = this.#buffer
    let at = this.#end
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i)
      if (unit > 0xff) return this.#wide(text, began)
      buffer[at++] = unit
    }
    this.#end = at
  }

  /** As `JSON.stringify` would have it. `names`: texts in it are likely to stand in others too. */
  json(value: Json | undefined, names = false): void {
    switch (typeof value) {
      case 'number':
        return this.#number(value)
      case 'string':
        return names ? this.name(value) : this.text(value)
      case 'boolean':
        return this.byte(value ? TRUE : FALSE)
      case 'object':
        if (value === null) return this.byte(NULL)
        return Array.isArray(value) ? this.#list(value, names) : this.fields(value, names)
      default:
        return this.byte(NULL)
    }
  }

  fields(value: JsonObject, names = false): void {
    this.byte(FIELDS)
    const keys = Object.keys(value)
    let count = 0
    for (const key of keys) if (value[key] !== undefined) count++
    this.count(count)
    for (const key of keys) {
      const field = value[key]
      if (field === undefined) continue
      this.name(key)
      this.json(field, names)
    }
  }

  #list(values: readonly Json[], names: boolean): void {
    this.byte(LIST)
    this.count(values.length)
    for (const value of values) this.json(value, names)
  }

  #number(value: number): void {
    if (Number.isSafeInteger(value)) {
      if (value >= 0 && value < WORDS_AT) return this.byte(value)
      this.byte(value < 0 ? BELOW_ZERO : WHOLE)
      return this.count(Math.abs(value))
    }
    if (!Number.isFinite(value)) return this.byte(NULL)
    this.byte(NUMBER)
    this.#room(NUMBER_BYTES)
    this.#end = this.#buffer.writeDoubleLE(value, this.#end)
  }

  #wide(text: string, began: number): void {
    this.#end = began
    this.byte(WIDE)
    this.count(text.length)
    this.#end += this.#buffer.write(text, this.#end, 'utf16le')
  }

  #room(bytes: number): void {
    if (this.#end + bytes > this.#buffer.length) this.#grow(bytes)
  }

  #grow(bytes: number): void {
    const larger = Buffer.allocUnsafeSlow(2 * this.#buffer.length + bytes)
    this.#buffer.copy(larger, 0, 0, this.#end)
    this.#buffer = larger
  }
}

/** Reads what a `CompactWriter` has written, in its order; throws on anything else, which is a bug. */
export class CompactReader {
  #buffer: Buffer = Buffer.alloc(0)
  #at = 0
  #words: Words | undefined
  #own = ''

  begin(bytes: Uint8Array, own: string, words: Words | undefined): void {
    this.#buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#at = 0
    this.#own = own
    this.#words = words
  }

  byte(): number {
    const byte = this.#buffer[this.#at++]
    if (byte === undefined) throw new RangeError('what is at rest ends too early')
    return byte
  }

  count(): number {
    let value = this.byte()
    if (value < 0x80) return value
    value &= 0x7f
    for (let unit = 0x80; ; unit *= 0x80) {
      const byte = this.byte()
      value += (byte & 0x7f) * unit
      if (byte < 0x80) return value
    }
  }

  /** A text, however it was written. */
  text(): string {
    const value = this.json()
    if (typeof value !== 'string') throw new TypeError('what is at rest has another value where a text stood')
    return value
  }

  json(): Json {
    const kind = this.byte()
    if (kind < WORDS_AT) return kind
    if (kind < NULL) return this.#word(kind - WORDS_AT)
    switch (kind) {
      case NULL:
        return null
      case FALSE:
        return false
      case TRUE:
        return true
      case WHOLE:
        return this.count()
      case BELOW_ZERO:
        return -this.count()
      case NUMBER:
        this.#at += NUMBER_BYTES
        return this.#buffer.readDoubleLE(this.#at - NUMBER_BYTES)
      case WORD:
        return this.#word(this.count() + SHORT_WORDS)
      case TEXT:
        return this.#written('latin1', 1)
      case WIDE:
        return this.#written('utf16le', 2)
      case OWN:
        return this.text() + this.#own
      case LIST:
        return this.#list()
      case FIELDS:
        return this.#fields()
      default:
        throw new TypeError(`what is at rest has a value of kind ${kind}`)
    }
  }

  fields(): JsonObject {
    if (this.byte() !== FIELDS) throw new TypeError('what is at rest has another value where fields stood')
    return this.#fields()
  }

  #word(number: number): string {
    if (this.#words === undefined) throw new TypeError('what is at rest names a word, and there are none')
    return this.#words.at(number)
  }

  #written(encoding: 'latin1' | 'utf16le', unitBytes: number): string {
    const start = this.#at + 0
    const length = this.count() * unitBytes
    const from = this.#at
    this.#at = from + length
    if (this.#at > this.#buffer.length) throw new RangeError(`a text at ${start} ends too late`)
    return this.#buffer.toString(encoding, from, this.#at)
  }

  #list(): Json[] {
    const list: Json[] = []
    for (let left = this.count(); left > 0; left--) list.push(this.json())
    return list
  }

  #fields(): JsonObject {
    const fields: JsonObject = {}
    for (let left = this.count(); left > 0; left--) {
      const name = this.text()
      const value = this.json()
      if (name === '__proto__')
        Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true })
      else fields[name] = value
    }
    return fields
  }
}
