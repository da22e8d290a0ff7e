/** Turns as JSON, one after the other with commas between, encoded as they come into one buffer that is used again and again. */
const BYTES_MIN = 64 * 1024
const COMMA = 0x2c
/** Of one UTF-16 unit in UTF-8. */
const UNIT_BYTES_MAX = 3

export class TurnText {
  #buffer = Buffer.allocUnsafeSlow(BYTES_MIN)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** A view, good until the next change. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }

  add(json: string): void {
    this.#room(1 + json.length * UNIT_BYTES_MAX)
    if (this.#length > 0) this.#buffer[this.#length++] = COMMA
    this.#length += this.#buffer.write(json, this.#length)
  }

  /** Back to what it was when it had this length. */
  cut(length: number): void {
    this.#length = length
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#buffer.length, this.#length + bytes))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}
