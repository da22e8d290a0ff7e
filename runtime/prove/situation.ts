/**
 * One agent alone under a policy: what may happen to it, and what becomes of it, on the real kernel and the real guard.
 * The other agents and the world are whoever says what the policy lets in.
 */
import { Cells } from '#dsl/judge/cells.ts'
import type { Grounds, Need } from '#dsl/judge/grounds.ts'
import type { Judge } from '#dsl/judge/judge.ts'
import { applyRepairs } from '#dsl/judge/repair.ts'
import type { Json, JsonObject, StepKind } from '#dsl/judge/step.ts'
import type { Reason, Verdict } from '#dsl/judge/verdict.ts'
import { admit, gate, type Judged, type Proceedings } from '#runtime/guard/guard.ts'
import { type Actor, asFields, stepOf } from '#runtime/guard/steps.ts'
import type { Effect, StateMove } from '#runtime/kernel/effect.ts'
import type { Kernel, KernelSnapshot, Origin, Stepped } from '#runtime/kernel/kernel.ts'

export type Event = JsonObject & { readonly type: string }

/** What may happen to an agent. */
export type Happening =
  | { readonly kind: 'start' }
  | { readonly kind: 'message'; readonly from: string; readonly message: string; readonly fields: JsonObject }
  | { readonly kind: 'result'; readonly id: string; readonly tool: string; readonly value: Json }
  | { readonly kind: 'failure'; readonly id: string; readonly tool: string; readonly error: string }
  | { readonly kind: 'recalled'; readonly id: string; readonly what: string; readonly rows: Json[] }
  | { readonly kind: 'done'; readonly id: string; readonly src: string; readonly output: Json }
  | { readonly kind: 'error'; readonly id: string; readonly src: string; readonly error: string }
  | { readonly kind: 'timer'; readonly id: string }
  /** Time passes, and nothing else happens. */
  | { readonly kind: 'time'; readonly ms: number }
  /** The runtime's word on what was denied just now. */
  | { readonly kind: 'told'; readonly event: Event }
  /** Somebody decides on what was asked just now. */
  | { readonly kind: 'decided'; readonly grant: boolean }

/** What an agent waits for: results, sources it invoked, timers it set. */
export type Awaited = Effect & { readonly kind: 'call' | 'recall' | 'invoke' | 'schedule' } & {
  /** When it was asked for, in milliseconds since all began. */
  readonly sinceMs: number
}

interface Asked {
  readonly event: Event
  readonly origin: Origin
  readonly grounds: Grounds | undefined
  readonly checks: readonly string[]
  readonly reasons: readonly Reason[]
}

export interface Situation {
  /** Absent before the start. */
  readonly snapshot: KernelSnapshot | undefined
  readonly cells: readonly (readonly [string, Json])[]
  readonly awaited: readonly Awaited[]
  /** Denials in a row. */
  readonly denials: number
  readonly turn: number
  /** Milliseconds since all began. */
  readonly elapsedMs: number
  readonly status: 'active' | 'done' | 'stopped' | 'quarantined'
  /** What comes next, before anything else. */
  readonly next?:
    | { readonly kind: 'told'; readonly event: Event }
    | { readonly kind: 'asked'; readonly asked: Asked }
}

export interface Setting {
  readonly role: string
  readonly kernel: Kernel
  /** Undefined: nothing is judged. */
  readonly judge: Judge | undefined
  readonly input: Json
  /** When all begins, in milliseconds since the epoch. */
  readonly at: number
  /** Denials in a row after which an agent is stopped. */
  readonly denialsMax: number
  /** After a turn that failed it may begin anew. */
  readonly restarts: boolean
}

export type Outcome =
  | 'passed'
  | 'denied'
  | 'asked'
  | 'stopped'
  | 'quarantined'
  | 'unheard'
  | 'refused'
  | 'failed'
  | 'waits'

export interface Taken {
  readonly outcome: Outcome
  /** Absent where nothing can be said of what comes after (`waits`, `failed`). */
  readonly after: Situation | undefined
  readonly judged: readonly Judged[]
  /** What was said of obligations whose deadline passed. */
  readonly broken: readonly Verdict[]
  readonly moves: readonly StateMove[]
  readonly effects: readonly Effect[]
  /** Transitions that were chosen, whether or not they passed, as marked. */
  readonly chosen: readonly string[]
  /** Why it was stopped, failed or waits. */
  readonly why?: string
}

/** The name of actions that mark transitions; nothing else knows them. */
export const MARK = 'parapet.prove.mark'

export const BEFORE: Situation = {
  snapshot: undefined,
  cells: [],
  awaited: [],
  denials: 0,
  turn: 0,
  elapsedMs: 0,
  status: 'active',
}

export function take(setting: Setting, before: Situation, happening: Happening): Taken {
  return new Take(setting, before).run(happening)
}

class Take {
  readonly #setting: Setting
  readonly #before: Situation
  readonly #cells = new Cells()
  readonly #proceedings: Proceedings = { steps: 0, judged: [] }
  readonly #actor: Actor
  #awaited: readonly Awaited[]
  #grounds: Grounds | undefined

  constructor(setting: Setting, before: Situation) {
    this.#setting = setting
    this.#before = before
    this.#awaited = before.awaited
    this.#cells.apply(before.cells.map(([cell, value]) => ({ cell, value })))
    const { role, at } = setting
    this.#actor = {
      agent: role,
      actor: `it/${role}`,
      conversation: 'it',
      turn: before.turn + 1,
      at: at + before.elapsedMs,
    }
  }

  run(happening: Happening): Taken {
    const { kernel, input } = this.#setting
    switch (happening.kind) {
      case 'start':
        return this.#settle(
          kernel.start({ id: this.#actor.actor }, input),
          { type: 'parapet.start' },
          'runtime',
        )
      case 'message': {
        const { message, from, fields } = happening
        const let_in = this.#admit('receives', message, fields, from)
        if ('outcome' in let_in) return let_in
        return this.#step({ ...let_in.fields, from, type: message }, 'outside')
      }
      case 'result': {
        const { id, tool } = happening
        this.#closed(id)
        const let_in = this.#admit('result', tool, asFields(happening.value))
        if ('outcome' in let_in) {
          if (let_in.outcome !== 'refused') return let_in
          return this.#step({ type: 'parapet.failed', id, tool, error: 'the result was refused' }, 'runtime')
        }
        const value = let_in.fields === asFields(happening.value) ? happening.value : let_in.fields
        return this.#step(
          { type: 'parapet.result', id, tool, value: let_in.repaired ? value : happening.value },
          'runtime',
        )
      }
      case 'failure': {
        const { id, tool, error } = happening
        this.#closed(id)
        const told = this.#admit('fails', tool, { error })
        if ('outcome' in told && told.outcome !== 'refused') return told
        return this.#step({ type: 'parapet.failed', id, tool, error }, 'runtime')
      }
      case 'recalled':
        this.#closed(happening.id)
        return this.#step({ type: 'parapet.recalled', id: happening.id, rows: happening.rows }, 'runtime')
      case 'done': {
        const { id, output } = happening
        this.#closed(id)
        return this.#step({ type: `xstate.done.actor.${id}`, actorId: id, output }, 'runtime')
      }
      case 'error': {
        const { id, error } = happening
        this.#closed(id)
        return this.#step(
          { type: `xstate.error.actor.${id}`, actorId: id, error: { message: error } },
          'runtime',
        )
      }
      case 'timer': {
        const timer = this.#awaited.find((one) => one.kind === 'schedule' && one.id === happening.id)
        this.#closed(happening.id)
        return timer?.kind === 'schedule' ? this.#step(timer.event, 'runtime') : this.#end('unheard')
      }
      case 'time':
        return this.#pass(happening.ms)
      case 'told':
        return this.#step(happening.event, 'runtime')
      case 'decided': {
        const { next } = this.#before
        if (next?.kind !== 'asked') return this.#end('unheard')
        const { event, origin, grounds, checks, reasons } = next.asked
        if (!happening.grant) return this.#denied(reasons, [], [])
        this.#grounds = { ...grounds, approved: [...(grounds?.approved ?? []), ...checks] }
        return this.#step(event, origin)
      }
    }
  }

  /** An obligation is broken once its deadline is over: at the very moment it may still be met. */
  #pass(ms: number): Taken {
    const elapsedMs = this.#before.elapsedMs + ms
    const { judge, at } = this.#setting
    const broken = [...this.#cells.entries()].flatMap(
      ([cell]) => judge?.overdue(this.#cells, cell, at + elapsedMs - 1) ?? [],
    )
    const { next } = this.#before
    const more = { broken, after: { elapsedMs, ...(next && { next }) } }
    const stopping = broken.find(({ kind }) => kind === 'quarantine')
    if (!stopping) return this.#end('passed', more)
    return { ...this.#quarantined(stopping.reasons), broken }
  }

  /** Judges what comes in; a repaired one once more. */
  #admit(
    kind: StepKind,
    name: string,
    given: JsonObject,
    peer?: string,
  ): Taken | { readonly fields: JsonObject; readonly repaired: boolean } {
    const { judge } = this.#setting
    if (!judge) return { fields: given, repaired: false }
    const judged = (fields: JsonObject): Verdict =>
      admit(judge, this.#cells, stepOf(this.#actor, kind, name, fields, peer), undefined, this.#proceedings)
    let verdict = judged(given)
    let fields = given
    if (verdict.kind === 'repair') {
      fields = applyRepairs(given, verdict.repairs)
      verdict = judged(fields)
    }
    if (verdict.needs) return this.#waits(verdict.needs)
    if (verdict.kind === 'quarantine') return this.#quarantined(verdict.reasons)
    return verdict.kind === 'allow' ? { fields, repaired: fields !== given } : this.#end('refused')
  }

  #step(event: Event, origin: Origin): Taken {
    const { kernel } = this.#setting
    const { snapshot } = this.#before
    if (!snapshot) return this.#end('unheard')
    return this.#settle(kernel.step({ id: this.#actor.actor }, snapshot, event, origin), event, origin)
  }

  #settle(result: Stepped, event: Event, origin: Origin): Taken {
    if (result.kind === 'refused') return this.#end('failed', { why: result.message })
    if (result.status === 'error') return this.#end('failed', { why: result.error ?? 'the machine failed' })
    const wasTold = event.type === 'parapet.denied'
    if (wasTold && !result.handled) return this.#stopped('it was denied and has no answer to that')
    const { moves, snapshot } = result
    const marks = result.effects.filter((effect) => effect.kind === 'unknown' && effect.action === MARK)
    const chosen = marks.flatMap((effect) => (effect.kind === 'unknown' ? [String(effect.params)] : []))
    const wanted = result.effects.filter((effect) => !marks.includes(effect))
    const finished = result.status === 'done'
    let effects: readonly Effect[] = wanted
    const { judge } = this.#setting
    if (judge) {
      const asked = { moves, effects: wanted, finished }
      const passed = gate(judge, this.#cells, this.#actor, asked, this.#grounds, this.#proceedings)
      if (passed.kind === 'denied') return this.#denied(passed.reasons, chosen, moves)
      if (passed.kind === 'quarantined') return this.#quarantined(passed.reasons, chosen)
      if (passed.kind === 'wants') return this.#waits(passed.needs, chosen)
      if (passed.kind === 'asked') {
        const checks = passed.asks.map(({ check }) => check)
        const next = {
          kind: 'asked',
          asked: { event, origin, grounds: this.#grounds, checks, reasons: passed.reasons },
        } as const
        if (!this.#before.snapshot) return this.#end('stopped', { why: 'its start asks for a decision' })
        return this.#end('asked', { chosen, moves, after: { next } })
      }
      effects = passed.effects
    }
    for (const effect of effects) this.#note(effect)
    const after = {
      snapshot,
      status: finished ? ('done' as const) : ('active' as const),
      denials: wasTold ? this.#before.denials : 0,
      awaited: finished ? [] : this.#awaited,
    }
    const outcome = result.handled || result.events[0]?.type === 'xstate.init' ? 'passed' : 'unheard'
    return this.#end(outcome, { chosen, moves, effects, after })
  }

  #note(effect: Effect): void {
    if (effect.kind === 'stop' || effect.kind === 'cancel') this.#closed(effect.id)
    if (effect.kind === 'schedule') this.#closed(effect.id)
    if (
      effect.kind === 'call' ||
      effect.kind === 'recall' ||
      effect.kind === 'invoke' ||
      effect.kind === 'schedule'
    )
      this.#awaited = [...this.#awaited, { ...effect, sinceMs: this.#before.elapsedMs }]
  }

  #closed(id: string): void {
    this.#awaited = this.#awaited.filter((one) => one.id !== id)
  }

  #denied(reasons: readonly Reason[], chosen: readonly string[], moves: readonly StateMove[]): Taken {
    const denials = this.#before.denials + 1
    const { denialsMax } = this.#setting
    if (!this.#before.snapshot) return this.#stopped('its start is denied', chosen)
    if (denials >= denialsMax) return this.#stopped(`it was denied ${denialsMax} times in a row`, chosen)
    const event: Event = {
      type: 'parapet.denied',
      what: namesOf(reasons),
      reasons: reasons.map(({ check, found, because, remedy }) => ({
        check,
        found,
        ...(because !== undefined && { because }),
        ...(remedy !== undefined && { remedy }),
      })),
      next: reasons.flatMap(({ next }) => next.map((one) => ({ ...one, with: { ...one.with } }))),
      attempts: denials,
    }
    return this.#end('denied', { chosen, moves, after: { denials, next: { kind: 'told', event } } })
  }

  #stopped(why: string, chosen: readonly string[] = []): Taken {
    return this.#end('stopped', { why, chosen, after: { status: 'stopped', awaited: [] } })
  }

  #quarantined(reasons: readonly Reason[], chosen: readonly string[] = []): Taken {
    return { ...this.#stopped(`quarantined by ${namesOf(reasons)}`, chosen), outcome: 'quarantined' }
  }

  #waits(needs: readonly Need[], chosen: readonly string[] = []): Taken {
    const [need] = needs
    const why =
      need?.kind === 'evidence'
        ? `the detector \`${need.detector}\` decides`
        : 'a ledger across the fleet decides'
    return { ...this.#end('waits', { why, chosen }), after: undefined }
  }

  #end(
    outcome: Outcome,
    more: Partial<Omit<Taken, 'after' | 'judged'>> & { readonly after?: Partial<Situation> } = {},
  ): Taken {
    const { next: _, ...before } = this.#before
    const { after, ...told } = more
    return {
      outcome,
      judged: this.#proceedings.judged,
      broken: [],
      moves: [],
      effects: [],
      chosen: [],
      ...told,
      after:
        outcome === 'failed'
          ? undefined
          : {
              ...before,
              cells: [...this.#cells.entries()],
              awaited: this.#awaited,
              turn: before.turn + 1,
              ...after,
            },
    }
  }
}

function namesOf(reasons: readonly Reason[]): string {
  return [...new Set(reasons.map(({ check }) => check))].join(', ')
}
