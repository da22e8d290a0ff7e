/**
 * One turn under construction: what was judged, what changed, and how it ends. What came in is taken up in
 * `receive.ts`, the machine's transition in `transition.ts`; `turns.ts` runs one after the other.
 */
import type { Cells } from '#dsl/judge/cells.ts'
import type { Grounds } from '#dsl/judge/grounds.ts'
import type { Judge } from '#dsl/judge/judge.ts'
import type { JsonObject } from '#dsl/judge/step.ts'
import type { Reason, Verdict } from '#dsl/judge/verdict.ts'
import type { ClaimsOf } from '#runtime/guard/claims.ts'
import { admit, type Proceedings } from '#runtime/guard/guard.ts'
import { type Actor, asSender, inStanding, type Standing, stepOf } from '#runtime/guard/steps.ts'
import type { Curation, Effect, StateMove } from '#runtime/kernel/effect.ts'
import type { Kernel } from '#runtime/kernel/kernel.ts'
import { agentId, type Instance } from './address.ts'
import type { Batch } from './batch.ts'
import { judgeBeside } from './beside.ts'
import type { Stopwatch } from './clock.ts'
import type { AgentState } from './conversation-state.ts'
import type { Directory, Reminders, Supervision } from './definition.ts'
import {
  dropMet,
  dropObligations,
  dropWork,
  pendingTimer,
  reminderTimer,
  writeObligations,
} from './effect-changes.ts'
import { keeperOf } from './keeper-name.ts'
import { Holdings } from './ledger/holdings.ts'
import { tellBecame } from './ledger/words.ts'
import { spendsOf, underway } from './look-costs.ts'
import type { Policies } from './policies.ts'
import type { Beside, Change, Gathering, Input, Parked, TurnOutcome, TurnRecord } from './record.ts'
import { standingOf } from './standing.ts'
import { asJson, type Event, shortReason } from './turn-events.ts'

/** Denials in a row after which an agent is stopped and its supervisor told. */
export const DENIALS_MAX = 5

export interface Measured {
  judging(ns: number, steps: number): void
}

export interface TurnDeps {
  readonly kernels: ReadonlyMap<string, Kernel>
  readonly inputs: ReadonlyMap<string, (conversation: string) => JsonObject[string]>
  readonly policies: Policies
  readonly escalateTo?: string | undefined
  /** Who can be reached outside, by name. */
  readonly outside: ReadonlySet<string>
  readonly supervision: ReadonlyMap<string, Supervision>
  readonly reminders?: Reminders | undefined
  readonly directory?: Directory | undefined
  readonly stopwatch: Stopwatch
  readonly measured: Measured
}

export class Turn {
  readonly deps: TurnDeps
  readonly batch: Batch
  readonly who: Instance
  /** Instance id of the agent. */
  readonly id: string
  readonly role: string
  readonly conversation: string
  readonly input: Input
  readonly cells: Cells
  /** Who has the say in this conversation. */
  readonly judge: Judge
  /** Who judges beside, without a say. */
  readonly beside: Judge | undefined
  readonly proceedings: Proceedings
  moves: readonly StateMove[] | undefined
  effects: readonly Effect[] | undefined
  /** Events to give to the machine in turns of their own, right after this one. */
  readonly notices: Event[] = []
  /** Inputs this turn made for other agents of the conversation. */
  readonly decisions: { readonly agent: string; readonly input: Input }[] = []
  readonly #standing: Standing | undefined
  readonly #number: number
  readonly #mark: number
  readonly #changes: Change[] = []
  #over = false

  /** Where `retract` goes back to: nothing but the taking of the input stands, and what looks have cost. */
  #taken: { state: number; changes: number; cells: number }
  grounds: Grounds | undefined
  /** What is being done: the input, or what was parked and is done again. */
  doing: Parked
  /** How often that has failed before. */
  tries = 0
  /** What ledgers hold for this turn. */
  holdings = new Holdings()

  constructor(deps: TurnDeps, batch: Batch, who: Instance, input: Input) {
    this.deps = deps
    this.batch = batch
    const { id, conversation, role } = who
    this.who = who
    this.id = id
    this.input = input
    this.doing = { kind: 'input', input }
    this.conversation = conversation
    this.role = role
    const state = batch.state.conversation(conversation)
    this.cells = state.cells
    const { judge, beside } = deps.policies.seatOf(batch.state, conversation)
    this.judge = judge
    this.beside = beside
    this.proceedings = { steps: 0, judged: [], ...(beside && { trail: [] }) }
    this.#mark = state.cells.mark()
    this.#number = ++state.turns
    this.#standing = standingOf(deps.directory, id, input)
    this.#taken = { state: batch.state.mark(), changes: this.#changes.length, cells: state.cells.mark() }
  }

  get agent(): AgentState | undefined {
    return this.batch.state.agent(this.id)
  }

  /** The machine begins, or begins anew. */
  get starting(): boolean {
    return this.input.kind === 'notice' && this.input.event.type === 'parapet.start'
  }

  get actor(): Actor {
    const { role, id, conversation } = this
    const actor = { agent: role, actor: id, conversation, turn: this.#number, at: this.batch.at }
    return inStanding(actor, this.#standing)
  }

  change(change: Change): void {
    this.batch.change(this.#changes, change)
  }

  /** For code that writes changes of its own (`effect-changes.ts`). */
  get changes(): Change[] {
    return this.#changes
  }

  /** Judges a step that has happened to the agent already. */
  admit(
    kind: 'receives' | 'result' | 'recalled' | 'fails' | 'spends',
    name: string,
    fields: JsonObject,
    {
      peer,
      labels,
      of,
    }: {
      readonly peer?: string
      readonly labels?: readonly string[] | undefined
      readonly of?: ClaimsOf
    } = {},
  ): Verdict {
    const actor = kind === 'receives' ? asSender(this.actor, this.#standing) : this.actor
    const told = stepOf(actor, kind, name, fields, peer)
    const step = labels === undefined ? told : { ...told, labels }
    const began = this.deps.stopwatch.nowNs()
    const verdict = admit(this.judge, this.cells, step, this.grounds, this.proceedings, of)
    this.deps.measured.judging(this.deps.stopwatch.nowNs() - began, 1)
    if (verdict.kind === 'allow' && !verdict.needs) this.settle(verdict.holds ?? [])
    if (verdict.kind === 'allow' && !verdict.needs)
      writeObligations(this.batch, this.#changes, this.id, verdict.obligations)
    return verdict
  }

  /** What rested on these reservations has come about with this turn. */
  settle(keys: readonly string[]): void {
    tellBecame(this.batch, this.#changes, this.holdings.use(keys), { kind: 'came about' })
  }

  /** The input is taken; what follows can be taken back. */
  taken(): void {
    this.#taken = {
      state: this.batch.state.mark(),
      changes: this.#changes.length,
      cells: this.cells.mark(),
    }
  }

  /** Takes back all since `taken`: nothing of it has happened yet. */
  retract(): void {
    this.batch.state.rollback(this.#taken.state)
    this.cells.rollback(this.#taken.cells)
    this.#changes.length = this.#taken.changes
    this.holdings.retract()
  }

  /** What was parked is given up, and with it what ledgers hold for it. */
  giveUp(id: string): void {
    const pending = this.batch.state.pending.get(id)
    if (pending?.kind === 'gathering') this.#abandon(pending)
    this.unpark(id)
  }

  /** Nobody waits for it any more; looks that are under way are paid for all the same. */
  #abandon(gathering: Gathering): void {
    const spent = underway(gathering)
    if (spent) this.judge.advance(this.cells, spendsOf(this.actor, spent), this.grounds)
    const became = spent ? ({ kind: 'came about' } as const) : ({ kind: 'did not' } as const)
    tellBecame(this.batch, this.#changes, Object.values(gathering.held ?? {}), became)
  }

  unpark(pending: string): void {
    this.change({ kind: 'unpark', agent: this.id, pending })
    const id = pendingTimer(pending)
    const reminder = reminderTimer(pending)
    for (const timer of [id, reminder])
      if (this.batch.state.timers.has(timer)) this.change({ kind: 'timer-done', id: timer })
  }

  /** The runtime's own word to another agent of the conversation. */
  notify(role: string, message: string, fields: JsonObject): void {
    this.batch.notify(this.#changes, this.conversation, agentId(this.conversation, role), message, fields)
  }

  /** False when there is nobody to tell. */
  tellSupervisor(message: string, fields: JsonObject): boolean {
    const { escalateTo } = this.deps
    if (escalateTo === undefined || escalateTo === this.role) return false
    return this.tell(escalateTo, message, fields)
  }

  /** The machine is told what was denied; one denied too often is stopped. An agent that never started has nobody to tell. */
  deny(reasons: readonly Reason[]): void {
    const { agent } = this
    if (!agent) return
    const attempts = agent.denials + 1
    this.change({ kind: 'denials', agent: this.id, count: attempts })
    if (attempts >= DENIALS_MAX) return this.stop(`it was denied ${attempts} times in a row`)
    this.notices.push({
      type: 'parapet.denied',
      what: reasons.map((reason) => reason.check).join(', '),
      reasons: asJson(reasons.map(shortReason)),
      next: asJson(reasons.flatMap((reason) => reason.next)),
      attempts,
    })
  }

  stop(why: string): void {
    if (!this.agent) this.change({ kind: 'agent', agent: this.id, state: {}, done: false })
    this.change({ kind: 'halt', agent: this.id, why })
    const parked = this.agent?.parked
    if (parked !== undefined) this.giveUp(parked)
    dropWork(this.batch, this.#changes, this.id)
    const told = this.tellSupervisor('parapet.escalated', { agent: this.id, why })
    // Whoever was told may still want to do something about it.
    if (!told) this.perhapsOver()
  }

  halt(outcome: TurnOutcome, why: string): void {
    if (outcome === 'quarantined') this.#hold(why)
    this.stop(why)
    this.end(outcome, why)
  }

  /** Once this turn is committed; its outcome goes to the keeper, for this agent may have been stopped. */
  curate(curation: Curation): void {
    const { batch } = this
    const effect = { kind: 'curate', curation } as const
    this.change({ kind: 'intent', id: batch.id(), agent: keeperOf(this.conversation), at: batch.at, effect })
  }

  /** Nobody shall build on what a quarantined agent has derived, or derives before it has stopped. */
  #hold(why: string): void {
    this.curate({ what: 'hold', source: this.id, by: 'parapet', why: `quarantined: ${why}` })
  }

  /** When no agent is left, the conversation ends: what is still owed is broken, and nothing of it is kept. */
  perhapsOver(): void {
    if (this.#over || !this.#deserted) return
    const verdict = this.judge.close(this.cells, this.batch.at)
    if (verdict.reasons.length > 0) this.breach(verdict)
    dropObligations(this.batch, this.#changes, this.conversation)
    // Whoever was told of a breach is in time to do something about it.
    this.#over = this.#deserted
  }

  /** No agent is left, and no message is on its way that could start one. */
  get #deserted(): boolean {
    const { state } = this.batch
    return state.conversation(this.conversation).active === 0 && !state.coming.has(this.conversation)
  }

  /**
   * Tells a role: an agent of the conversation, or else someone outside. False when there is nobody of that name, or the agent
   * can take nothing any more.
   */
  tell(who: string, message: string, fields: JsonObject): boolean {
    const { kernels, outside } = this.deps
    if (kernels.has(who)) {
      const agent = this.batch.state.agent(agentId(this.conversation, who))
      if (agent?.done || agent?.halted !== undefined) return false
      this.notify(who, message, fields)
      return true
    }
    if (!outside.has(who)) return false
    const effect = { kind: 'answer', to: who, fields: { ...fields, type: message } } as const
    this.change({ kind: 'intent', id: this.batch.id(), agent: this.id, at: this.batch.at, effect })
    return true
  }

  /** Alerts of what was judged reach those they are for, when the judging is done and not before. */
  #alert(): void {
    for (const { step, verdict } of this.proceedings.judged) {
      if (step.name === 'obligation') continue
      for (const { action, who, shadow, check, found } of verdict.reasons)
        if (action === 'alert' && who !== undefined && !shadow)
          this.tell(who, 'parapet.alert', { check, found, agent: this.id, step: asJson(step) })
    }
  }

  /** A broken obligation: it cannot be denied any more, so it is recorded and told. */
  breach(verdict: Verdict): void {
    const step = stepOf(this.actor, 'finishes', 'obligation', {})
    this.proceedings.judged.push({ step, verdict })
    for (const reason of verdict.reasons) {
      if (reason.shadow) continue
      const { action, check, found, who } = reason
      const said = { check, found, agent: this.id }
      if (action === 'quarantine') {
        this.#hold(`${check} was broken`)
        this.stop(`${check} was broken`)
      } else if (who === undefined || !this.tell(who, 'parapet.overdue', said))
        this.tellSupervisor('parapet.overdue', said)
    }
  }

  /** Writes the turn down; the last thing done to it. */
  end(outcome: TurnOutcome, why?: string): void {
    // What is parked is judged again, and speaks then.
    if (outcome !== 'gathering' && outcome !== 'asked') this.#alert()
    const { input, conversation } = this
    const known = this.batch.state.known(conversation)
    // The last message on its way has started nobody.
    if (input.kind === 'message' && known?.ended === false && known.agents.size > 0) this.perhapsOver()
    tellBecame(this.batch, this.#changes, this.holdings.left, { kind: 'did not' })
    const beside = this.#judgedBeside(outcome)
    const cells = this.cells.since(this.#mark)
    if (cells.length > 0) this.#changes.push({ kind: 'cells', conversation, cells })
    if (this.beside) dropMet(this.batch, this.#changes, conversation, cells)
    if (this.#over) this.change({ kind: 'end', conversation: this.conversation })
    const { steps, judged } = this.proceedings
    // Spread together from its parts it takes seven times as long.
    const turn: { -readonly [Part in keyof TurnRecord]: TurnRecord[Part] } = {
      agent: this.id,
      turn: this.#number,
      at: this.batch.at,
      input,
      outcome,
      steps,
      changes: this.#changes,
    }
    if (why !== undefined) turn.why = why
    if (this.moves?.length) turn.moves = this.moves
    if (this.effects?.length) turn.effects = this.effects
    if (this.#standing !== undefined) turn.standing = this.#standing
    if (this.grounds !== undefined) turn.grounds = this.grounds
    if (this.judge.hash !== this.deps.policies.standing(this.batch.state)) turn.policy = this.judge.hash
    if (beside !== undefined) turn.beside = beside
    if (judged.length > 0) turn.judged = judged
    this.batch.add(turn)
  }

  /** Nothing where it waits: all of it is judged again. A conversation that is over has no cells left to follow. */
  #judgedBeside(outcome: TurnOutcome): Beside | undefined {
    const { trail, steps } = this.proceedings
    if (this.beside === undefined || trail === undefined || steps === 0) return undefined
    if (outcome === 'gathering' || outcome === 'asked') return undefined
    const { cells, grounds } = this
    const passed = outcome === 'passed'
    return judgeBeside(this.judge, this.beside, { cells, mark: this.#taken.cells, trail, grounds, passed })
  }
}
