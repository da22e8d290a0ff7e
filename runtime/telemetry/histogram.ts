/**
 * Durations in logarithmic buckets: constant memory, no allocation per entry.
 * A quantile is exact to within 1/32 of its value (HdrHistogram's method with five sub-bucket bits).
 */
const SUB_BITS = 5
const SUB = 1 << SUB_BITS
const BUCKETS = 64 * SUB

export class Histogram {
  readonly #counts = new Float64Array(BUCKETS)
  count = 0
  max = 0

  /** `value` in any unit, 0 or more; the same unit comes out. */
  add(value: number, times = 1): void {
    this.#counts[bucketOf(value)]! += times
    this.count += times
    if (value > this.max) this.max = value
  }

  /** The smallest value that `share` (0 to 1) of all entries do not exceed; 0 when empty. */
  quantile(share: number): number {
    if (this.count === 0) return 0
    const wanted = Math.max(1, Math.ceil(share * this.count))
    let seen = 0
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#counts[bucket]!
      if (seen >= wanted) return Math.min(upperOf(bucket), this.max)
    }
    return this.max
  }
}

function bucketOf(value: number): number {
  if (!(value >= 1)) return 0
  if (value < SUB) return Math.floor(value)
  const exponent = Math.floor(Math.log2(value))
  const sub = Math.floor(value / 2 ** (exponent - SUB_BITS)) - SUB
  return Math.min(BUCKETS - 1, (exponent - SUB_BITS + 1) * SUB + sub)
}

function upperOf(bucket: number): number {
  if (bucket < SUB) return bucket
  const exponent = Math.floor(bucket / SUB) - 1 + SUB_BITS
  const sub = bucket % SUB
  return (SUB + sub + 1) * 2 ** (exponent - SUB_BITS) - 1
}
