/** What becomes of an agent by what happens to it, on the real kernel and the real guard. */
import { Cells } from '#dsl/judge/cells.ts'
import { type Claim, type Grounds, type Need, withGrounds } from '#dsl/judge/grounds.ts'
import { applyRepairs } from '#dsl/judge/repair.ts'
import type { JsonObject, StepKind } from '#dsl/judge/step.ts'
import type { Reason, Verdict } from '#dsl/judge/verdict.ts'
import { type Kept, OwnLedgers } from '#dsl/prove/own-ledgers.ts'
import { withoutHolds } from '#runtime/fleet/ledger/holdings.ts'
import { admit, gate, type Proceedings } from '#runtime/guard/guard.ts'
import { type Actor, asFields, stepOf } from '#runtime/guard/steps.ts'
import type { Effect, StateMove } from '#runtime/kernel/effect.ts'
import type { Origin, Stepped } from '#runtime/kernel/kernel.ts'
import { awaiting } from './awaiting.ts'
import { remember } from './beside.ts'
import { brokenBy, deniedEvent, errorEvent, namesOf, UNPAID } from './events.ts'
import {
  type Awaited,
  type Event,
  type Happening,
  MARK,
  type OtherStep,
  type Outcome,
  type Setting,
  type Situation,
  type Taken,
  type TakeOptions,
  type Wanted,
} from './situation.ts'

export function take(
  setting: Setting,
  before: Situation,
  happening: Happening,
  how: TakeOptions = {},
): Taken {
  return new Take(setting, before, how).run(happening)
}

class Take {
  readonly #setting: Setting
  readonly #before: Situation
  readonly #cells: Cells
  readonly #how: TakeOptions
  readonly #proceedings: Proceedings = { steps: 0, judged: [] }
  readonly #actor: Actor
  readonly #ledgers: OwnLedgers | undefined
  #awaited: readonly Awaited[]
  #grounds: Grounds | undefined
  /** What ledgers hold for this turn, by the key of the need. */
  #held: Readonly<Record<string, Claim>> = {}
  /** The ledgers before anything came of what happens. */
  #asked: Kept

  constructor(setting: Setting, before: Situation, { room = new Cells(), ...how }: TakeOptions) {
    this.#how = { ...how, room }
    this.#setting = setting
    this.#before = before
    this.#awaited = before.awaited
    this.#asked = before.ledgers
    this.#cells = room
    room.rollback(0)
    for (const [cell, value] of before.cells) room.set(cell, value)
    const { role, at, judge } = setting
    const { roles, tenant } = before
    this.#ledgers = judge && new OwnLedgers(judge, before.ledgers)
    this.#actor = {
      agent: role,
      actor: `it/${role}`,
      conversation: 'it',
      turn: before.turn + 1,
      at: at + before.elapsedMs,
      ...(roles && { roles }),
      ...(tenant !== undefined && { tenant }),
    }
  }

  run(happening: Happening): Taken {
    const { kernel, input } = this.#setting
    switch (happening.kind) {
      case 'start':
        if (happening.roles !== undefined || happening.tenant !== undefined) {
          const { roles, tenant } = happening
          const standing = { ...(roles && { roles }), ...(tenant !== undefined && { tenant }) }
          return new Take(this.#setting, { ...this.#before, ...standing }, this.#how).run({ kind: 'start' })
        }
        return this.#settle(
          kernel.start({ id: this.#actor.actor }, input),
          { type: 'parapet.start' },
          'runtime',
        )
      case 'message': {
        const { message, from, fields } = happening
        const let_in = this.#admit(happening, 'receives', message, fields, from)
        if ('outcome' in let_in) return let_in
        return this.#step({ ...let_in.fields, from, type: message }, 'outside')
      }
      case 'result': {
        const { id, tool } = happening
        this.#ledgers?.cameAbout(this.#closed(id))
        const unpaid = this.#pay(happening, { type: 'parapet.failed', id, tool, error: UNPAID })
        if (unpaid) return unpaid
        const let_in = this.#admit(happening, 'result', tool, asFields(happening.value))
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
        const { id, tool, error, unsure = false } = happening
        const holds = this.#closed(id)
        if (!unsure) this.#ledgers?.didNot(holds)
        const told = this.#admit(happening, 'fails', tool, { error })
        if ('outcome' in told && told.outcome !== 'refused') return told
        return this.#step({ type: 'parapet.failed', id, tool, error }, 'runtime')
      }
      case 'recalled':
        this.#closed(happening.id)
        return this.#step({ type: 'parapet.recalled', id: happening.id, rows: happening.rows }, 'runtime')
      case 'done': {
        const { id, output } = happening
        this.#closed(id)
        const unpaid = this.#pay(happening, errorEvent(id, UNPAID))
        if (unpaid) return unpaid
        return this.#step({ type: `xstate.done.actor.${id}`, actorId: id, output }, 'runtime')
      }
      case 'error': {
        const { id, error } = happening
        this.#closed(id)
        return this.#step(errorEvent(id, error), 'runtime')
      }
      case 'timer': {
        const timer = this.#awaited.find((one) => one.kind === 'schedule' && one.id === happening.id)
        this.#closed(happening.id)
        return timer?.kind === 'schedule' ? this.#step(timer.event, 'runtime') : this.#end('unheard')
      }
      case 'time':
        return this.#pass(happening.ms)
      case 'other':
        return this.#beside(happening.step)
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
      case 'looked':
      case 'ledger':
        return this.#learnt(happening)
    }
  }

  /** What something cost is counted before anything comes of it; what the budget does not pay for has failed. */
  #pay(happening: Happening & { readonly kind: 'result' | 'done' }, failed: Event): Taken | undefined {
    if (!happening.spent) return undefined
    const paid = this.#admit(happening, 'spends', '', happening.spent)
    if (!('outcome' in paid)) return undefined
    return paid.outcome === 'refused' ? this.#step(failed, 'runtime') : paid
  }

  /** Whatever the agent waits for, it goes on waiting for. */
  #beside(given: OtherStep): Taken {
    const { judge } = this.#setting
    const { turn, at } = this.#actor
    const { next } = this.#before
    const isLetThrough = judge !== undefined && remember(judge, this.#cells, { ...given, turn, at })
    return this.#end(isLetThrough ? 'beside' : 'unheard', { after: { ...(next && { next }) } })
  }

  /** One of the things that are wanted is known; with the last one, what waits for them is done again. */
  #learnt(happening: Happening & { readonly kind: 'looked' | 'ledger' }): Taken {
    const { next } = this.#before
    const wanted = next?.kind === 'wants' ? next.wanted : undefined
    const need = wanted?.needs[0]
    if (!wanted || !need) return this.#end('unheard', { after: { ...(next && { next }) } })
    this.#held = wanted.held
    let known: Grounds
    if (need.kind === 'evidence' && happening.kind === 'looked') {
      const { says } = happening
      const evidence =
        says === null
          ? ({ kind: 'failed', why: 'it gave no answer' } as const)
          : ({ kind: 'found', value: says } as const)
      known = { evidence: { [need.key]: evidence } }
    } else if (need.kind === 'reservation' && happening.kind === 'ledger') {
      const answered = this.#ledgers?.ask(need, happening.by, this.#actor.at)
      if (!answered) return this.#end('unheard', { after: { next: this.#before.next! } })
      const { answer, claim } = answered
      if (answer.kind === 'granted' && answer.held) this.#held = { ...this.#held, [need.key]: claim }
      known = { reserved: { [need.key]: answer } }
      // One refusal is enough to go on.
      if (answer.kind === 'refused') return this.#again({ ...wanted, needs: [] }, known)
    } else return this.#end('unheard', { after: { next: this.#before.next! } })
    return this.#again({ ...wanted, needs: wanted.needs.slice(1) }, known)
  }

  #again(wanted: Wanted, known: Grounds): Taken {
    const grounds = withGrounds(wanted.grounds, known)
    if (wanted.needs.length > 0)
      return this.#end('passed', {
        after: { next: { kind: 'wants', wanted: { ...wanted, grounds, held: this.#held } } },
      })
    this.#grounds = grounds
    this.#asked = this.#ledgers?.kept ?? []
    const { again } = wanted
    return again.kind === 'event' ? this.#step(again.event, again.origin) : this.run(again.happening)
  }

  /** An obligation is broken once its deadline is over: at the very moment it may still be met. */
  #pass(ms: number): Taken {
    const elapsedMs = this.#before.elapsedMs + ms
    const { judge, at } = this.#setting
    const broken = judge ? brokenBy(judge, this.#cells, at + elapsedMs - 1) : []
    const { next } = this.#before
    const more = { broken, after: { elapsedMs, ...(next && { next }) } }
    const stopping = broken.find(({ kind }) => kind === 'quarantine')
    if (!stopping) return this.#end('passed', more)
    return { ...this.#quarantined(stopping.reasons), broken }
  }

  /** Judges what comes in; a repaired one once more. */
  #admit(
    of: Happening,
    kind: StepKind,
    name: string,
    given: JsonObject,
    peer?: string,
  ): Taken | { readonly fields: JsonObject; readonly repaired: boolean } {
    const { judge } = this.#setting
    if (!judge) return { fields: given, repaired: false }
    // A message is judged by the roles of who says it.
    const { roles: _, ...nobody } = this.#actor
    const told = of.kind === 'message' && of.roles ? { ...nobody, roles: of.roles } : nobody
    const actor = of.kind === 'message' ? told : this.#actor
    const judged = (fields: JsonObject): Verdict =>
      admit(judge, this.#cells, stepOf(actor, kind, name, fields, peer), this.#grounds, this.#proceedings)
    let verdict = judged(given)
    let fields = given
    if (verdict.kind === 'repair') {
      fields = applyRepairs(given, verdict.repairs)
      verdict = judged(fields)
    }
    if (verdict.needs) return this.#wants(verdict.needs, { kind: 'happening', happening: of })
    if (verdict.kind === 'quarantine') return this.#quarantined(verdict.reasons)
    if (verdict.kind === 'allow') this.#ledgers?.cameAbout(this.#use(verdict.holds ?? []))
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
    const { elapsedMs } = this.#before
    const { judge } = this.#setting
    if (judge) {
      const asked = { moves, effects: wanted, finished }
      const passed = gate(judge, this.#cells, this.#actor, asked, this.#grounds, this.#proceedings)
      if (passed.kind === 'denied') return this.#denied(passed.reasons, chosen, moves)
      if (passed.kind === 'quarantined') return this.#quarantined(passed.reasons, chosen)
      if (passed.kind === 'wants') {
        if (this.#before.snapshot) return this.#wants(passed.needs, { kind: 'event', event, origin }, chosen)
        return this.#end('stopped', { why: 'its start waits for a detector or a ledger' })
      }
      if (passed.kind === 'asked') {
        const checks = passed.asks.map(({ check }) => check)
        const next = {
          kind: 'asked',
          asked: { event, origin, grounds: withoutHolds(this.#grounds), checks, reasons: passed.reasons },
        } as const
        if (!this.#before.snapshot) return this.#end('stopped', { why: 'its start asks for a decision' })
        return this.#end('asked', { chosen, moves, after: { next } })
      }
      effects = passed.effects
      for (const effect of effects) {
        const keys = passed.holds.flatMap((hold) => (hold.effect === effect ? hold.keys : []))
        const held = effect.kind === 'call' ? this.#use(keys) : []
        this.#awaited = awaiting(this.#awaited, effect, elapsedMs, held)
      }
      // What has no outcome of its own has come about.
      this.#ledgers?.cameAbout(this.#use(passed.holds.flatMap(({ keys }) => keys)))
    } else for (const effect of effects) this.#awaited = awaiting(this.#awaited, effect, elapsedMs, [])
    const after = {
      snapshot,
      status: finished ? ('done' as const) : ('active' as const),
      denials: wasTold ? this.#before.denials : 0,
      awaited: finished ? [] : this.#awaited,
    }
    const outcome = result.handled || result.events[0]?.type === 'xstate.init' ? 'passed' : 'unheard'
    return this.#end(outcome, { chosen, moves, effects, after })
  }

  /** What ledgers held for it. */
  #closed(id: string): readonly Claim[] {
    const closed = this.#awaited.filter((one) => one.id === id)
    this.#awaited = this.#awaited.filter((one) => one.id !== id)
    return closed.flatMap(({ holds = [] }) => holds)
  }

  #use(keys: readonly string[]): readonly Claim[] {
    const used = keys.flatMap((key) => this.#held[key] ?? [])
    this.#held = Object.fromEntries(Object.entries(this.#held).filter(([key]) => !keys.includes(key)))
    return used
  }

  #denied(reasons: readonly Reason[], chosen: readonly string[], moves: readonly StateMove[]): Taken {
    const denials = this.#before.denials + 1
    const { denialsMax } = this.#setting
    if (!this.#before.snapshot) return this.#stopped('its start is denied', chosen)
    if (denials >= denialsMax) return this.#stopped(`it was denied ${denialsMax} times in a row`, chosen)
    const event = deniedEvent(reasons, denials)
    return this.#end('denied', { chosen, moves, after: { denials, next: { kind: 'told', event } } })
  }

  #stopped(why: string, chosen: readonly string[] = []): Taken {
    return this.#end('stopped', { why, chosen, after: { status: 'stopped', awaited: [] } })
  }

  #quarantined(reasons: readonly Reason[], chosen: readonly string[] = []): Taken {
    return { ...this.#stopped(`quarantined by ${namesOf(reasons)}`, chosen), outcome: 'quarantined' }
  }

  /** Looking comes before reserving, and what was reserved before it is given back. */
  #wants(all: readonly Need[], again: Wanted['again'], chosen: readonly string[] = []): Taken {
    const looks = all.filter(({ kind }) => kind === 'evidence')
    const needs = looks.length > 0 ? looks : all
    // Of what came in nothing has happened yet.
    const isUndone = again.kind === 'happening'
    const ledgers =
      isUndone && this.#ledgers ? new OwnLedgers(this.#setting.judge!, this.#asked) : this.#ledgers
    if (looks.length > 0) ledgers?.didNot(this.#use(Object.keys(this.#held)))
    const grounds = looks.length > 0 ? withoutHolds(this.#grounds) : this.#grounds
    const wanted: Wanted = { needs, grounds, held: this.#held, again }
    const why = needs.map((need) =>
      need.kind === 'evidence' ? `the detector \`${need.detector}\`` : 'a ledger across the fleet',
    )
    const next = { kind: 'wants', wanted } as const
    const { cells, awaited } = this.#before
    return this.#end('wants', {
      why: [...new Set(why)].join(' and '),
      chosen,
      after: { ...(isUndone && { cells, awaited }), ledgers: ledgers?.kept ?? [], next },
    })
  }

  #end(
    outcome: Outcome,
    more: Partial<Omit<Taken, 'after' | 'judged'>> & { readonly after?: Partial<Situation> } = {},
  ): Taken {
    const { next: _, ...before } = this.#before
    const { after, ...told } = more
    // What was held for a turn that did not use it is given back.
    if (after?.next?.kind !== 'wants') this.#ledgers?.didNot(this.#use(Object.keys(this.#held)))
    return {
      outcome,
      judged: this.#proceedings.judged,
      broken: [],
      moves: [],
      effects: [],
      chosen: [],
      ...told,
      after:
        outcome === 'failed' || this.#how.isLast
          ? undefined
          : {
              ...before,
              cells: [...this.#cells.entries()],
              ledgers: this.#ledgers?.kept ?? [],
              awaited: this.#awaited,
              turn: before.turn + 1,
              ...after,
            },
    }
  }
}
