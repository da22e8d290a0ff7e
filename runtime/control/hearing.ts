/**
 * What became of what clients said: kept for a while in the daemon that serves the conversation, so that whoever said it
 * may wait for the answer and, asking twice, hear it twice. The log has all of it for good; this is for those who wait.
 *
 * Invariants:
 * 1. Only what a client may know is kept: whether its words were let in, answers to it, that a person has to decide, the end.
 * 2. News is told of what is committed, never of what is proposed.
 */
import type { JsonObject } from '#dsl/judge/step.ts'
import { addressOf } from '#runtime/fleet/address.ts'
import type { Clock } from '#runtime/fleet/clock.ts'
import type { CommitRecord, TurnRecord } from '#runtime/fleet/record.ts'
import { spokenSource } from './people.ts'

/** Kept of one conversation, the newest. */
export const NEWS_MAX = 100
/** Kept of all, as JSON; the conversations quiet for longest are forgotten first. */
export const NEWS_CHARS_MAX = 32_000_000
/** Questions that wait for news; more are refused. */
export const HEARERS_MAX = 1_000

export type News =
  /** The message was let in. */
  | { readonly kind: 'taken' }
  | { readonly kind: 'refused'; readonly reasons: readonly string[] }
  /** Words to whoever the message was `from`. */
  | { readonly kind: 'answer'; readonly fields: JsonObject }
  /** A person has to decide before it goes on. */
  | { readonly kind: 'waiting'; readonly who: string }
  /** An agent cannot go on. */
  | { readonly kind: 'stopped' }
  | { readonly kind: 'ended' }

/** News with its number in the conversation, 1, 2, 3 …, by which a hearer says how far it has heard. */
export type Numbered = News & { readonly number: number }

interface Told {
  /** By source: where in the conversation's news each message stands, and who it was from. */
  readonly spoken: Map<string, { readonly number: number; readonly from: string }>
  readonly news: { readonly numbered: Numbered; readonly to?: string; readonly chars: number }[]
  readonly hearers: Set<() => void>
  count: number
  chars: number
}

export class Hearing {
  readonly #clock: Clock
  /** In order of their latest news. */
  readonly #told = new Map<string, Told>()
  #chars = 0
  #hearers = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  committed(record: CommitRecord): void {
    for (const turn of record.turns) {
      const { conversation } = addressOf(turn.agent)
      const { input } = turn
      const source = input.kind === 'message' && input.source.startsWith('tell|') ? input.source : undefined
      const told = this.#told.get(conversation) ?? (source === undefined ? undefined : newlyTold())
      if (!told) continue
      this.#told.delete(conversation)
      this.#told.set(conversation, told)
      if (source !== undefined && input.kind === 'message' && !told.spoken.has(source))
        told.spoken.set(source, { number: told.count + 1, from: input.from })
      for (const { news, to } of newsOf(turn, source !== undefined)) this.#add(told, news, to)
      for (const wake of told.hearers) wake()
    }
    this.#forget()
  }

  /**
   * What came of the message `id` that `by` said, after the news numbered `after`. Waits for some, at most `waitMs`; an empty
   * list means there is none yet. Undefined: too many wait.
   */
  async hear(
    conversation: string,
    { by, id, after, waitMs }: { by: string; id: string; after: number; waitMs: number },
  ): Promise<readonly Numbered[] | undefined> {
    // As the inlet writes it.
    const source = `${spokenSource(by, id)}@${conversation}`
    const found = this.#since(conversation, source, after)
    if (found.length > 0 || waitMs === 0) return found
    if (this.#hearers >= HEARERS_MAX) return undefined
    this.#hearers++
    const told = this.#told.get(conversation) ?? newlyTold()
    this.#told.set(conversation, told)
    return new Promise((resolve) => {
      const end = () => {
        told.hearers.delete(look)
        this.#hearers--
        cancel()
        if (told.count === 0 && told.hearers.size === 0) this.#told.delete(conversation)
        resolve(this.#since(conversation, source, after))
      }
      const look = () => {
        if (this.#since(conversation, source, after).length > 0) end()
      }
      const cancel = this.#clock.after(waitMs, end)
      told.hearers.add(look)
    })
  }

  #since(conversation: string, source: string, after: number): Numbered[] {
    const told = this.#told.get(conversation)
    const spoken = told?.spoken.get(source)
    if (!told || !spoken) return []
    return told.news.flatMap(({ numbered, to }) =>
      numbered.number >= spoken.number && numbered.number > after && (to === undefined || to === spoken.from)
        ? [numbered]
        : [],
    )
  }

  #add(told: Told, news: News, to: string | undefined): void {
    const chars = news.kind === 'answer' ? JSON.stringify(news.fields).length : 0
    told.count++
    told.news.push({ numbered: { ...news, number: told.count }, chars, ...(to !== undefined && { to }) })
    told.chars += chars
    this.#chars += chars
    while (told.news.length > NEWS_MAX) {
      const dropped = told.news.shift()?.chars ?? 0
      told.chars -= dropped
      this.#chars -= dropped
      const oldest = told.count - told.news.length + 1
      for (const [source, { number }] of told.spoken) if (number < oldest) told.spoken.delete(source)
    }
  }

  #forget(): void {
    for (const [conversation, told] of this.#told) {
      if (this.#chars <= NEWS_CHARS_MAX && this.#told.size <= CONVERSATIONS_MAX) return
      if (told.hearers.size > 0) continue
      this.#told.delete(conversation)
      this.#chars -= told.chars
    }
  }
}

/** Conversations whose news are kept. */
const CONVERSATIONS_MAX = 10_000

function newlyTold(): Told {
  return { spoken: new Map(), news: [], hearers: new Set(), count: 0, chars: 0 }
}

function newsOf(turn: TurnRecord, spoken: boolean): { news: News; to?: string }[] {
  const found: { news: News; to?: string }[] = []
  const add = (news: News, to?: string) => found.push({ news, ...(to !== undefined && { to }) })
  if (spoken)
    add(turn.outcome === 'refused' ? { kind: 'refused', reasons: reasonsOf(turn) } : { kind: 'taken' })
  if (turn.outcome === 'passed')
    for (const effect of turn.effects ?? [])
      if (effect.kind === 'answer') add({ kind: 'answer', fields: effect.fields }, effect.to)
  for (const change of turn.changes) {
    if (change.kind === 'park' && change.pending.kind === 'approval')
      add({ kind: 'waiting', who: change.pending.who })
    if (change.kind === 'halt') add({ kind: 'stopped' })
    if (change.kind === 'end') add({ kind: 'ended' })
  }
  return found
}

function reasonsOf({ judged, why }: TurnRecord): string[] {
  const reasons = (judged ?? []).flatMap(({ verdict }) =>
    verdict.reasons
      .filter(({ shadow, action }) => !shadow && action !== 'warn' && action !== 'alert')
      .map(({ check, found, remedy }) => `${check}: ${found}${remedy === undefined ? '' : `. ${remedy}`}`),
  )
  return reasons.length > 0 ? reasons : [why ?? 'the policy does not let it in']
}
