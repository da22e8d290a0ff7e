/**
 * Carries out committed intents: tools, models, answers, memory. Results come back as inputs.
 *
 * Invariants:
 * 1. An intent is started only after the record that holds it is committed.
 * 2. Until its result is committed the intent stands in the log and is started again after a crash, with the same key.
 * 3. Whoever carries out hears when nobody waits any more: its signal aborts at the deadline and when it is cancelled.
 * 4. Whatever an executor does (throw, hang, return nonsense) ends in exactly one result or failure.
 */
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { NotJson, toJson } from '#runtime/kernel/json.ts'
import { freeze } from '#runtime/kernel/purity.ts'
import { errorText } from '#runtime/kernel/refusal.ts'
import type { Hit, NewRow, SharedMemory } from '#runtime/memory/port.ts'
import { addressOf } from './address.ts'
import type { Breakers, ExecutorSettings } from './breakers.ts'
import { Cancellation } from './cancellation.ts'
import type { Clock } from './clock.ts'
import type { CallContext, Inlet, Outcome, Parts, World } from './definition.ts'
import { curate } from './keeper.ts'
import type { Intent } from './partition-state.ts'
import type { Input } from './record.ts'
import { exceeds } from './size.ts'

/** Intents being carried out at once in one partition; the rest wait in order. */
export const RUNNING_MAX = 64
/** Unless the fleet file names another for the tool. */
export const CALL_TIMEOUT_MS = 30_000
/** A result as JSON; it travels in one commit record with the turn it sets off. */
export const RESULT_CHARS_MAX = 100_000
/** Parts that one source may say under way. */
export const PARTS_MAX = 500
/** What is kept of an error's text. */
const ERROR_CHARS_MAX = 2_000
/** Deliveries to the outside and writes to memory are tried this often before they count as failed. */
export const DELIVERY_TRIES_MAX = 5
/** One try of a delivery to the outside. */
export const DELIVERY_TIMEOUT_MS = 30_000
const DELIVERY_RETRY_MS = 100

export interface ExecutorDeps {
  readonly world: World
  /** By the name of a tool or source. */
  readonly settings: Readonly<Record<string, ExecutorSettings>>
  readonly breakers: Breakers
  readonly inlet: Inlet
  readonly memory: SharedMemory
  readonly clock: Clock
  /** Whether the policy lets it hear a source before the source is done. */
  readonly hearsParts: (agent: string) => boolean
  readonly settle: (agent: string, input: Input) => void
}

export class Executors {
  readonly #deps: ExecutorDeps
  readonly #running = new Map<string, Cancellation>()
  /** In order. */
  readonly #waiting = new Map<string, Intent>()
  #closed = false

  constructor(deps: ExecutorDeps) {
    this.#deps = deps
  }

  get busy(): number {
    return this.#running.size + this.#waiting.size
  }

  start(id: string, intent: Intent): void {
    this.#waiting.set(id, intent)
    this.#next()
  }

  /** The result is no longer wanted. */
  abort(id: string): void {
    this.#running.get(id)?.cancel()
    this.#waiting.delete(id)
  }

  close(): void {
    this.#closed = true
    this.#waiting.clear()
    for (const cancellation of this.#running.values()) cancellation.cancel()
  }

  #next(): void {
    for (const [id, intent] of this.#waiting) {
      if (this.#closed || this.#running.size >= RUNNING_MAX) return
      this.#waiting.delete(id)
      const cancellation = new Cancellation()
      this.#running.set(id, cancellation)
      void this.#carryOut(id, intent, cancellation)
        .catch((cause: unknown) => unsure(textOf(cause)))
        .then((outcome) => {
          this.#running.delete(id)
          if (this.#closed) return
          const spent = outcome.spent === undefined ? {} : { spent: outcome.spent }
          this.#deps.settle(
            intent.agent,
            outcome.kind === 'ok'
              ? { kind: 'result', intent: id, value: outcome.value, ...spent }
              : {
                  kind: 'failure',
                  intent: id,
                  error: outcome.error,
                  ...(outcome.cameAbout && { cameAbout: outcome.cameAbout }),
                  ...spent,
                },
          )
          this.#next()
        })
    }
  }

  async #carryOut(id: string, intent: Intent, cancellation: Cancellation): Promise<Outcome> {
    const { world, memory, inlet } = this.#deps
    const { at } = intent
    const { conversation } = addressOf(intent.agent)
    const context: CallContext = {
      conversation,
      agent: intent.agent,
      key: id,
      at,
      get signal() {
        return cancellation.signal
      },
    }
    const { effect } = intent
    switch (effect.kind) {
      case 'call': {
        const tool = own(world.tools, effect.tool)
        if (!tool) return { kind: 'failed', error: `no executor for the tool \`${effect.tool}\`` }
        return this.#bounded(id, intent, effect.tool, () => tool(effect.args, context), cancellation)
      }
      case 'invoke': {
        const source = own(world.sources, effect.src)
        if (!source) return { kind: 'failed', error: `no executor for the source \`${effect.src}\`` }
        if (!this.#deps.hearsParts(intent.agent))
          return this.#bounded(id, intent, effect.src, () => source(effect.input, context), cancellation)
        const parts = this.#parts(id, intent)
        const within = { ...context, parts: parts.parts }
        const outcome = await this.#bounded(
          id,
          intent,
          effect.src,
          () => source(effect.input, within),
          cancellation,
        )
        parts.end()
        return outcome
      }
      case 'answer': {
        const outside = own(world.outside, effect.to)
        if (!outside) return { kind: 'failed', error: `nobody outside is called \`${effect.to}\`` }
        return this.#delivered(async () => {
          const delivery = outside(effect.fields, context, inlet)
          // Most are done at once: no time needs to be kept for them.
          if (delivery !== undefined) await this.#within(DELIVERY_TIMEOUT_MS, delivery)
          return { kind: 'ok', value: null }
        }, cancellation)
      }
      case 'remember':
        return this.#delivered(async () => {
          const written = await memory.write([rowOf(id, intent.agent, at, effect)])
          if (written.kind === 'written') return { kind: 'ok', value: null }
          if (written.kind === 'refused') return { kind: 'failed', error: written.message }
          throw written.kind === 'full' ? new Error('shared memory is full for now') : written.cause
        }, cancellation)
      case 'recall':
        return this.#bounded(
          id,
          intent,
          'recall',
          async () => {
            const query = typeof effect.fields['text'] === 'string' ? effect.fields['text'] : ''
            const found = await memory.search({
              text: query,
              kind: effect.what,
              limit: limitOf(effect.fields),
              reader: conversation,
            })
            if (found.kind === 'failed') return { kind: 'failed', error: found.cause.message }
            if (found.kind === 'refused') return { kind: 'failed', error: found.message }
            return rowsOf(found.hits)
          },
          cancellation,
        )
      case 'curate':
        return this.#delivered(() => curate(memory, effect.curation), cancellation)
      default:
        return { kind: 'failed', error: `\`${effect.kind}\` is nothing to carry out` }
    }
  }

  #parts(id: string, { agent, heard = 0 }: Intent): { readonly parts: Parts; end(): void } {
    let n = heard
    let over = false
    const say = (said: Json) => {
      if (over || this.#closed || this.#running.get(id)?.cancelled !== false) return
      const value = toJson(said)
      if (value === undefined || value instanceof NotJson) throw new Error('a part is no JSON')
      if (n >= PARTS_MAX) throw new Error(`more than ${PARTS_MAX} parts`)
      if (exceeds(value, RESULT_CHARS_MAX))
        throw new Error(`a part takes over ${RESULT_CHARS_MAX} characters`)
      n++
      this.#deps.settle(agent, { kind: 'part', intent: id, n, value })
    }
    return {
      parts: { heard, say },
      end() {
        over = true
      },
    }
  }

  /** One try with a deadline: a tool may not be safe to try twice. What it cost is told also when nobody waits any more. */
  async #bounded(
    id: string,
    { agent }: Intent,
    name: string,
    run: () => Promise<Outcome> | Outcome,
    cancellation: Cancellation,
  ): Promise<Outcome> {
    const { breakers, clock } = this.#deps
    const refused = breakers.refuses(name)
    if (refused !== undefined) return { kind: 'failed', error: refused }
    const timeoutMs = own(this.#deps.settings, name)?.timeoutMs ?? CALL_TIMEOUT_MS
    let cancel = () => {}
    let cancelled = false
    const returned = await new Promise<Outcome>((resolve) => {
      let givenUp: string | undefined
      const giveUp = (error: string) => {
        givenUp = error
        resolve(unsure(error))
      }
      cancel = clock.after(timeoutMs, () => {
        cancellation.heard = undefined
        giveUp(`no result within ${timeoutMs / 1000} seconds`)
        cancellation.cancel(new Error('its time has run out'))
      })
      cancellation.heard = () => {
        cancelled = true
        giveUp('cancelled')
      }
      const thrown = (cause: unknown) => unsure(textOf(cause))
      void Promise.resolve()
        .then(run)
        .catch(thrown)
        .then((outcome) => {
          resolve(outcome)
          return givenUp === undefined ? undefined : sound(outcome)
        })
        .catch(thrown)
        .then((late) => {
          if (givenUp === undefined || late?.spent === undefined || this.#closed) return
          this.#deps.settle(agent, { kind: 'failure', intent: id, error: givenUp, spent: late.spent })
        })
    })
    const outcome = sound(returned)
    cancel()
    breakers.went(name, cancelled ? undefined : outcome.kind === 'ok')
    if (outcome.kind === 'ok' && exceeds(outcome.value, RESULT_CHARS_MAX))
      return {
        kind: 'failed',
        error: `the result takes over ${RESULT_CHARS_MAX} characters`,
        cameAbout: 'yes',
      }
    return outcome
  }

  /** Throws when the delivery takes longer; what it does then comes too late, or twice. */
  async #within(timeoutMs: number, delivery: Promise<void>): Promise<void> {
    const late = Promise.withResolvers<void>()
    const cancel = this.#deps.clock.after(timeoutMs, () =>
      late.reject(new Error(`not delivered within ${timeoutMs / 1000} seconds`)),
    )
    await Promise.race([delivery, late.promise]).finally(cancel)
  }

  /** Tries again after a throw: what is delivered bears its key, so a second delivery has no effect. */
  async #delivered(run: () => Promise<Outcome>, cancellation: Cancellation): Promise<Outcome> {
    let error = ''
    for (let attempt = 1; attempt <= DELIVERY_TRIES_MAX && !cancellation.cancelled; attempt++) {
      try {
        return await run()
      } catch (cause) {
        error = textOf(cause)
      }
      await new Promise<void>((resolve) =>
        this.#deps.clock.after(DELIVERY_RETRY_MS * 2 ** (attempt - 1), resolve),
      )
    }
    return unsure(error)
  }
}

/** The rows themselves: a search that is kept gives them to all who ask the same, so that nobody may change them. */
function rowsOf(hits: readonly Hit[]): Outcome {
  const rows = hits.map(({ row }) => row)
  for (const row of rows) freeze(row)
  const value = toJson(rows)
  if (value instanceof NotJson) return { kind: 'failed', error: `a row holds ${value.found}` }
  return { kind: 'ok', value }
}

/** Rows a recall brings back at most; its field `limit` may say fewer. */
const RECALL_MAX = 20

function limitOf({ limit }: JsonObject): number {
  return typeof limit === 'number' && Number.isInteger(limit) && limit > 0
    ? Math.min(limit, RECALL_MAX)
    : RECALL_MAX
}

/** A name may come from a message: only what the world itself holds counts, not what every object inherits. */
function own<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined
}

/** What an executor returned, if it is what it should be: a record keeps JSON and nothing else. */
function sound(outcome: Partial<Outcome> | null | undefined): Outcome {
  const spent = outcome?.spent === undefined ? {} : { spent: outcome.spent }
  if (toJson(spent) instanceof NotJson) return unsure('the executor says it spent what is no number')
  if (outcome?.kind === 'failed')
    return {
      kind: 'failed',
      error: textOf(outcome.error ?? 'no reason given'),
      ...(isDoubt(outcome.cameAbout) && { cameAbout: outcome.cameAbout }),
      ...spent,
    }
  const value = outcome?.kind === 'ok' ? toJson(outcome.value) : undefined
  if (value === undefined) return { ...unsure('the executor returned no outcome'), ...spent }
  if (value instanceof NotJson)
    return {
      kind: 'failed',
      error: `the result holds ${value.found}; only JSON can be kept`,
      cameAbout: 'yes',
      ...spent,
    }
  return { kind: 'ok', value, ...spent }
}

/** Whether it was done nobody can say from here. */
function unsure(error: string): Outcome & { kind: 'failed' } {
  return { kind: 'failed', error, cameAbout: 'unknown' }
}

function isDoubt(said: unknown): said is 'yes' | 'unknown' {
  return said === 'yes' || said === 'unknown'
}

function textOf(thrown: unknown): string {
  return errorText(thrown).slice(0, ERROR_CHARS_MAX)
}

function rowOf(id: string, agent: string, at: number, effect: { what: string; fields: JsonObject }): NewRow {
  const { text, sources, labels, standing, ...rest } = effect.fields
  return {
    id,
    kind: effect.what,
    text: typeof text === 'string' ? text : '',
    fields: rest,
    writer: agent,
    conversation: addressOf(agent).conversation,
    writtenAt: at,
    sources: texts(sources),
    labels: texts(labels),
    // Only what a machine marks as observed counts so; a model's own words are derived.
    standing: standing === 'observed' ? 'observed' : 'derived',
  }
}

function texts(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
