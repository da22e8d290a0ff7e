/**
 * Operations on a broker, and what is answered to them, said so that two brokers can be compared: positions, which are the
 * broker's own, by the number of the message that stands there, and winners of a race by the race.
 */
import fc from 'fast-check'
import { bytes, collect, message, Received, slot, text } from '#runtime/log/contract.ts'
import type { LeaseChange, Leases } from '#runtime/log/leases.ts'
import type { FleetLog, InboxReader, Slot } from '#runtime/log/port.ts'

export const PARTITIONS = 2
export const MEMBERS = 2
const BURST_MAX = 5

const partition = fc.nat({ max: PARTITIONS - 1 })
const by = fc.nat({ max: MEMBERS - 1 })
const key = fc.constantFrom('a', 'b')
const agent = fc.constantFrom('conv-1/clerk', 'conv 2/Ünï.*>')
/** As the operations name what they are about: the newest, one before it, … */
const back = fc.nat({ max: 4 })
const again = fc.boolean()

/** One kind of operation, asked `weight` times as often as one of weight 1. */
function of<K extends string, M>(
  kind: K,
  weight: number,
  more: { [P in keyof M]: fc.Arbitrary<M[P]> },
): { weight: number; arbitrary: fc.Arbitrary<{ kind: K; by: number } & M> } {
  return { weight, arbitrary: fc.tuple(by, fc.record<M>(more)).map(([by, rest]) => ({ kind, by, ...rest })) }
}

export const operation = fc.oneof(
  of('post', 4, { partition, agent, again }),
  of('burst', 2, { partition, agent, count: fc.integer({ min: 2, max: BURST_MAX }) }),
  of('append', 4, { partition, back, again }),
  of('skip', 1, { partition, back }),
  of('race', 1, { partition }),
  of('read', 2, { partition, back }),
  of('newest', 1, { partition }),
  of('forgetSlots', 1, { partition, back }),
  of('receive', 2, { partition, back }),
  of('beyond', 1, { partition }),
  of('forget', 1, { partition, back }),
  of('listen', 1, { partition, back }),
  of('hear', 2, { partition }),
  of('hold', 1, { partition }),
  of('acquire', 3, { key, back }),
  of('contest', 1, { key, back }),
  of('renew', 2, { key }),
  of('release', 2, { key, back }),
  of('look', 2, { key }),
  of('watch', 1, {}),
  of('forgetLease', 1, { key }),
  of('reopen', 1, {}),
)
export type Operation = typeof operation extends fc.Arbitrary<infer O> ? O : never

export interface Member {
  readonly log: FleetLog
  readonly leases: Leases
}

/** Opens a member as another process of the same fleet. */
export type Open = () => Promise<Member>

/** A reader that a member keeps. */
interface Standing {
  readonly reader: InboxReader
  readonly received: Received
  /** The number of the message that it reads on from. */
  readonly after: number
  /** How many were answered already. */
  told: number
  held: boolean
}

interface Partition {
  /** Messages, by their numbers from 1: the sender's, those sent again among them. */
  readonly seqs: number[]
  /** By number, as far as they were received. */
  readonly positions: Map<number, number>
  /** Numbers up to this may be gone. */
  forgotten: number
  /** Who owns each slot. */
  readonly slots: string[]
  readonly standing: Map<number, Standing>
}

/** A broker that is asked one operation after the other, and what has been done to it as far as operations name it. */
export class Asked {
  readonly #open: Open
  readonly #members: Member[]
  readonly #partitions: readonly Partition[]
  /** Revisions that a key has stood at, as looked at. */
  readonly #revisions = new Map<string, number[]>()
  #done = 0

  private constructor(open: Open, members: Member[]) {
    this.#open = open
    this.#members = members
    this.#partitions = Array.from({ length: PARTITIONS }, () => ({
      seqs: [],
      positions: new Map(),
      forgotten: 0,
      slots: [],
      standing: new Map(),
    }))
  }

  static async of(open: Open): Promise<Asked> {
    const members: Member[] = []
    for (let i = 0; i < MEMBERS; i++) members.push(await open())
    // As a daemon's own lease, never forgotten: an emptied bucket forgets its revisions when the server is killed.
    await members[0]!.leases.renew('stands', 'always')
    return new Asked(open, members)
  }

  async answers(operations: readonly Operation[]): Promise<unknown[]> {
    const answers: unknown[] = []
    for (const each of operations) answers.push([each.kind, await this.#answer(each)])
    return answers
  }

  /** After a restart of the broker: the log keeps trying until its link is back; a lease is said now or not at all. */
  async back(): Promise<void> {
    for (const { log, leases } of this.#members) {
      await log.newest(0)
      while ((await leases.look('a')).kind === 'unsure');
    }
  }

  async close(): Promise<void> {
    for (const { log } of this.#members) await log.close()
  }

  async #answer(operation: Operation): Promise<unknown> {
    const { log, leases } = this.#members[operation.by]!
    const name = `${operation.by}-${++this.#done}`
    switch (operation.kind) {
      case 'post': {
        const { seqs } = this.#partitions[operation.partition]!
        return this.#post(log, operation, operation.again && seqs.length > 0 ? seqs.at(-1)! : next(seqs))
      }
      case 'burst': {
        const { seqs } = this.#partitions[operation.partition]!
        const posts = Array.from({ length: operation.count }, () => this.#post(log, operation, next(seqs)))
        return Promise.all(posts)
      }
      case 'append': {
        const { partition, back, again } = operation
        const { slots } = this.#partitions[partition]!
        const rev = Math.max(1, slots.length + 1 - back)
        const id = (again ? slots[rev - 1] : undefined) ?? name
        const appended = await log.append(slot(rev, id, { partition }))
        if (appended.kind === 'owned') slots[rev - 1] = id
        return appended.kind === 'fenced' ? ['fenced', said(appended.id)] : appended
      }
      case 'skip': {
        const { partition, back } = operation
        const { slots } = this.#partitions[partition]!
        return log.append(slot(slots.length + 2 + back, name, { partition }))
      }
      case 'race': {
        const { partition } = operation
        const { slots } = this.#partitions[partition]!
        const rev = slots.length + 1
        const ids = this.#members.map((_, at) => racing(this.#done, at))
        const outcomes = await Promise.all(
          this.#members.map((member, at) => member.log.append(slot(rev, ids[at]!, { partition }))),
        )
        const won = ids.filter((_, at) => outcomes[at]!.kind === 'owned')
        slots.push(...won)
        return [
          won.length,
          outcomes.every((each) => each.kind === 'owned' || (each.kind === 'fenced' && each.id === won[0])),
        ]
      }
      case 'read': {
        const { partition, back } = operation
        const from = Math.max(1, this.#partitions[partition]!.slots.length - back)
        return (await collect(log.read(partition, from))).map(slotSaid)
      }
      case 'newest': {
        const newest = await log.newest(operation.partition)
        return newest && slotSaid(newest)
      }
      case 'forgetSlots': {
        const { partition, back } = operation
        return log.forgetSlots(partition, Math.max(0, this.#partitions[partition]!.slots.length - back))
      }
      case 'receive': {
        const { partition, back } = operation
        const { heard } = await this.#receive(log, partition, this.#started(partition, back))
        return heard
      }
      case 'beyond': {
        const { partition } = operation
        const { positions, seqs } = this.#partitions[partition]!
        await this.#receive(log, partition, 0)
        const end = positions.get(seqs.length) ?? 0
        const opened = await log
          .inbox(partition, end + 1, () => {})
          .then(
            (reader) => reader.close().then(() => 'opened'),
            () => 'refused',
          )
        return opened
      }
      case 'forget': {
        const { partition, back } = operation
        await this.#receive(log, partition, 0)
        const at = this.#partitions[partition]!
        for (const standing of at.standing.values()) await this.#caughtUp(at, standing)
        const heard = Array.from(at.standing.values(), ({ received, after }) => numberOf(received) ?? after)
        const through = Math.min(at.seqs.length - back, ...heard)
        const position = at.positions.get(through)
        if (through <= at.forgotten || position === undefined) return 'nothing'
        at.forgotten = through
        return log.forget(partition, position)
      }
      case 'listen': {
        const { partition, back } = operation
        const after = this.#started(partition, back)
        const { standing, positions } = this.#partitions[partition]!
        await standing.get(operation.by)?.reader.close()
        const received = new Received()
        const reader = await log.inbox(partition, positions.get(after) ?? 0, received.deliver)
        standing.set(operation.by, { reader, received, after, told: 0, held: false })
        return undefined
      }
      case 'hear': {
        const at = this.#partitions[operation.partition]!
        const standing = at.standing.get(operation.by)
        if (!standing) return 'nobody listens'
        // By then a reader that is held has had its chance to run on.
        await this.#receive(log, operation.partition, 0)
        const heard = await this.#caughtUp(at, standing)
        if (standing.held) standing.reader.resume()
        standing.held = false
        return heard
      }
      case 'hold': {
        const at = this.#partitions[operation.partition]!
        const standing = at.standing.get(operation.by)
        if (!standing) return 'nobody listens'
        const heard = await this.#caughtUp(at, standing)
        standing.reader.pause()
        standing.held = true
        return heard
      }
      case 'acquire':
        return (await leases.acquire(operation.key, name, this.#over(operation))).kind
      case 'contest': {
        const over = this.#over(operation)
        const written = await Promise.all(
          this.#members.map((member, at) =>
            member.leases.acquire(operation.key, racing(this.#done, at), over),
          ),
        )
        return written.map(({ kind }) => kind).toSorted()
      }
      case 'release':
        return (await leases.release(operation.key, this.#over(operation))).kind
      case 'renew':
        return (await leases.renew(operation.key, name)).kind
      case 'forgetLease':
        return leases.forget(operation.key)
      case 'look': {
        const looked = await leases.look(operation.key)
        if (looked.kind !== 'stands') return looked.kind
        const { revision } = looked.change
        this.#revisions.set(operation.key, [...(this.#revisions.get(operation.key) ?? []), revision])
        return changeSaid(looked.change)
      }
      case 'watch': {
        const marked = Promise.withResolvers<void>()
        const changes: LeaseChange[] = []
        await leases.renew('mark', name)
        const watch = await leases.watch((change) => {
          changes.push(change)
          if (change.value === name) marked.resolve()
        })
        await marked.promise
        await watch.close()
        return changes.map(changeSaid)
      }
      case 'reopen': {
        await log.close()
        for (const { standing } of this.#partitions) standing.delete(operation.by)
        this.#members[operation.by] = await this.#open()
        return undefined
      }
    }
  }

  #post(
    log: FleetLog,
    { partition, agent }: { readonly partition: number; readonly agent: string },
    seq: number,
  ): Promise<unknown> {
    const { seqs } = this.#partitions[partition]!
    const number = seqs.push(seq)
    return log.post(message(seq, { partition, agent, body: bytes(String(number)) }))
  }

  /** All after a message that still stands, as a new reader hears it. */
  async #receive(log: FleetLog, partition: number, after: number): Promise<{ heard: unknown[] }> {
    const at = this.#partitions[partition]!
    const received = new Received()
    const reader = await log.inbox(partition, at.positions.get(after) ?? 0, received.deliver)
    await until(received, at, after)
    await reader.close()
    for (const each of received.messages) at.positions.set(Number(text(each.body)), each.position)
    return { heard: heardOf(received, 0, at) }
  }

  /** What a reader that is kept has had since it was asked last; all there is, unless it is held. */
  async #caughtUp(at: Partition, standing: Standing): Promise<unknown[]> {
    if (!standing.held) await until(standing.received, at, standing.after)
    const heard = heardOf(standing.received, standing.told, at)
    standing.told = standing.received.messages.length
    return heard
  }

  /** The number of a message that was received already, or 0. */
  #started(partition: number, back: number): number {
    const numbers = Array.from(this.#partitions[partition]!.positions.keys())
    return numbers.at(-1 - back) ?? 0
  }

  #over({ key, back }: { readonly key: string; readonly back: number }): number {
    const known = [0, ...(this.#revisions.get(key) ?? [])]
    return known.at(-1 - Math.min(back, known.length - 1))!
  }
}

function next(seqs: readonly number[]): number {
  return (seqs.at(-1) ?? 0) + 1
}

function racing(race: number, member: number): string {
  return `race${race}:${member}`
}

/** Who wins a race is the broker's affair, that it was one of them is not. */
function said(id: string): string {
  return id.replace(/^(race\d+):\d+$/, '$1')
}

function slotSaid({ rev, id, record }: Slot): unknown {
  return [rev, said(id), said(text(record).replace(`${rev} by `, ''))]
}

function changeSaid({ key, value, revision }: LeaseChange): unknown {
  return [key, value === undefined ? 'free' : said(value), revision]
}

function numberOf({ messages }: Received): number | undefined {
  const last = messages.at(-1)
  return last && Number(text(last.body))
}

/** Until the newest message that stands has come, if it is after that one. */
async function until(received: Received, { seqs, forgotten }: Partition, after: number): Promise<void> {
  const newest = seqs.length
  if (newest <= Math.max(forgotten, after)) return
  while (numberOf(received) !== newest) await received.until(received.messages.length + 1)
}

/** Those that were forgotten may be there still. */
function heardOf({ messages }: Received, from: number, { forgotten }: Partition): unknown[] {
  return messages
    .slice(from)
    .map(({ seq, source, agent, body }) => [Number(text(body)), seq, source, agent])
    .filter(([number]) => Number(number) > forgotten)
}
