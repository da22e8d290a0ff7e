/**
 * Turns as JSON, one after the other with commas between, encoded as they come into one buffer that is used again and again. Room is
 * left before them, so that the record is made around them without copying.
 */
const BYTES_MIN = 64 * 1024
const COMMA = 0x2c
/** Of one UTF-16 unit in UTF-8. */
const UNIT_BYTES_MAX = 3

/** Kept free before the turns. */
const HEAD_BYTES = 1_024

export class TurnText {
  #buffer = Buffer.allocUnsafeSlow(BYTES_MIN)
  #end = HEAD_BYTES

  get length(): number {
    return this.#end - HEAD_BYTES
  }

  /** The turns with something before and after them; a view, good until the next change. */
  between(head: string, tail: string): Uint8Array {
    this.#room(tail.length * UNIT_BYTES_MAX)
    const end = this.#end + this.#buffer.write(tail, this.#end)
    const length = Buffer.byteLength(head)
    if (length > HEAD_BYTES) return Buffer.concat([Buffer.from(head), this.#buffer.subarray(HEAD_BYTES, end)])
    const start = HEAD_BYTES - length
    this.#buffer.write(head, start)
    return this.#buffer.subarray(start, end)
  }

  add(json: string): void {
    this.#room(1 + json.length * UNIT_BYTES_MAX)
    if (this.length > 0) this.#buffer[this.#end++] = COMMA
    this.#end += this.#buffer.write(json, this.#end)
  }

  /** Back to what it was when it had this length. */
  cut(length: number): void {
    this.#end = HEAD_BYTES + length
  }

  #room(bytes: number): void {
    if (this.#end + bytes <= this.#buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#buffer.length, this.#end + bytes))
    this.#buffer.copy(larger, 0, 0, this.#end)
    this.#buffer = larger
  }
}
