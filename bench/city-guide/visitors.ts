/** Visitors who ask the next question when the last one is answered: durable questions in, answers over core NATS. */
import type { NatsConnection } from '@nats-io/nats-core'
import { agentId, partitionOf } from '#runtime/fleet/address.ts'
import { encodeBody } from '#runtime/fleet/record.ts'
import type { FleetLog } from '#runtime/log/port.ts'
import { randomOf } from '#runtime/simulation/random.ts'

/** What the example's guide says then. */
const NOTHING = 'The guidebook says nothing of that.'

export interface Load {
  readonly rate: number
  /** From being asked to being answered, ascending. */
  readonly waitedMs: readonly number[]
  /** Of all the answers, those that say that there is none: nothing was found, or the policy let no other out. */
  readonly nothing: number
}

export class Visitors {
  readonly #log: FleetLog
  readonly #out: NatsConnection
  readonly #asked: Uint32Array
  readonly #encoder = new TextEncoder()

  constructor(log: FleetLog, out: NatsConnection, count: number) {
    this.#log = log
    this.#out = out
    this.#asked = new Uint32Array(count)
  }

  /** So many requests in all; `warm` of them are not counted. */
  async ask(requests: number, warm: number, next: () => string): Promise<Load> {
    const waitedMs: number[] = []
    const askedAt = new Float64Array(this.#asked.length)
    const done = Promise.withResolvers<void>()
    let [posted, answered, nothing] = [0, 0, 0]
    let [began, ended] = [performance.now(), 0]
    const post = (visitor: number) => {
      if (posted >= requests) return
      posted++
      askedAt[visitor] = performance.now()
      this.#post(visitor, next()).then(({ kind }) => {
        if (kind !== 'posted') done.reject(new Error(`a question was not posted: ${kind}`))
      }, done.reject)
    }
    const heard = this.#out.subscribe(`answers.${this.#log.fleet}.*`, {
      callback(_error, message) {
        const { subject } = message
        const visitor = Number(subject.slice(subject.lastIndexOf('.') + 2))
        const now = performance.now()
        answered++
        if (message.string() === NOTHING) nothing++
        if (answered === warm) began = now
        if (answered > warm) waitedMs.push(now - askedAt[visitor]!)
        if (answered < requests) return post(visitor)
        ended = now
        done.resolve()
      },
    })
    await this.#out.flush()
    for (let visitor = 0; visitor < this.#asked.length; visitor++) post(visitor)
    await done.promise
    heard.unsubscribe()
    const rate = (1_000 * (requests - warm)) / (ended - began)
    return { rate, waitedMs: waitedMs.sort((a, b) => a - b), nothing }
  }

  #post(visitor: number, text: string) {
    const conversation = `v${visitor}`
    return this.#log.post({
      partition: partitionOf(conversation, this.#log.partitions),
      agent: agentId(conversation, 'guide'),
      source: `visitor@${conversation}`,
      seq: ++this.#asked[visitor]!,
      body: this.#encoder.encode(encodeBody({ message: 'question', from: 'visitor', fields: { text } })),
    })
  }
}

/** Each in turn. */
export function inTurn(questions: readonly string[]): () => string {
  let at = 0
  return () => questions[at++ % questions.length]!
}

/** The n-th most asked question is asked 1/n as often as the first. */
export function byFame(questions: readonly string[], seed: number): () => string {
  const random = randomOf(seed)
  const sums: number[] = []
  let sum = 0
  for (let n = 1; n <= questions.length; n++) {
    sum += 1 / n
    sums.push(sum)
  }
  return () => {
    const drawn = (random.int(1_000_000) / 1_000_000) * sum
    let [low, high] = [0, sums.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (sums[middle]! < drawn) low = middle + 1
      else high = middle
    }
    return questions[low]!
  }
}
