/**
 * One input becomes one or more turns of one agent.
 *
 * Order within a turn (runtime.md, "One turn"): what came in is judged as a step of its own; the kernel computes the
 * transition; the guard judges all of it; what passed is written down as changes. Nothing here acts.
 */
import type { Cells } from '#dsl/judge/cells.ts'
import type { Judge } from '#dsl/judge/judge.ts'
import { applyRepairs } from '#dsl/judge/repair.ts'
import type { JsonObject } from '#dsl/judge/step.ts'
import type { Reason, Verdict } from '#dsl/judge/verdict.ts'
import { admit, gate, type Proceedings } from '#runtime/guard/guard.ts'
import { type Actor, asFields, stepOf } from '#runtime/guard/steps.ts'
import type { Effect, StateMove } from '#runtime/kernel/effect.ts'
import { isReserved, type Kernel } from '#runtime/kernel/kernel.ts'
import { addressOf, agentId } from './address.ts'
import type { Batch } from './batch.ts'
import type { Stopwatch } from './clock.ts'
import { approvalTimer, dropObligations, dropWork, writeEffect, writeObligations } from './effect-changes.ts'
import type { AgentState } from './partition-state.ts'
import type { Approval, Change, Input, TurnOutcome } from './record.ts'
import { exceeds } from './size.ts'
import { asJson, type Event, forged, settled, shortReason } from './turn-events.ts'

/** Denials in a row after which an agent is stopped and its supervisor told. */
export const DENIALS_MAX = 5
/** Inputs that may wait while an agent is parked; one more is refused. */
export const WAITING_MAX = 1_000
/** Effects of one transition, as JSON. */
export const EFFECTS_CHARS_MAX = 40_000
/** An agent's packed state, as JSON. */
export const STATE_CHARS_MAX = 100_000

export interface Measured {
  judging(ns: number, steps: number): void
}

export interface TurnDeps {
  readonly kernels: ReadonlyMap<string, Kernel>
  readonly inputs: ReadonlyMap<string, (conversation: string) => JsonObject[string]>
  readonly judge: Judge
  readonly escalateTo?: string | undefined
  readonly stopwatch: Stopwatch
  readonly measured: Measured
}

export class Turns {
  readonly #deps: TurnDeps

  constructor(deps: TurnDeps) {
    this.#deps = deps
  }

  /** Runs an input and whatever it lets loose: notices of denial, inputs that waited for a decision. */
  take(batch: Batch, id: string, input: Input): void {
    new Turn(this.#deps, batch, id, input).run()
    let agent = batch.state.agents.get(id)
    while (agent && agent.parked === undefined && agent.waiting.length > 0) {
      const next = agent.waiting[0]!
      new Turn(this.#deps, batch, id, next, true).run()
      agent = batch.state.agents.get(id)
    }
  }
}

class Turn {
  readonly #deps: TurnDeps
  readonly #batch: Batch
  readonly #id: string
  readonly #input: Input
  readonly #conversation: string
  readonly #role: string
  readonly #cells: Cells
  readonly #wasWaiting: boolean
  #mark = 0
  #turn = 0
  readonly #changes: Change[] = []
  readonly #proceedings: Proceedings = { steps: 0, judged: [] }
  #moves: readonly StateMove[] | undefined
  #effects: readonly Effect[] | undefined
  /** Notices to give to the machine in turns of their own, after this one. */
  readonly #after: Event[] = []

  constructor(deps: TurnDeps, batch: Batch, id: string, input: Input, wasWaiting = false) {
    this.#deps = deps
    this.#batch = batch
    this.#id = id
    this.#input = input
    const { conversation, role } = addressOf(id)
    this.#conversation = conversation
    this.#role = role
    this.#cells = batch.state.conversation(conversation).cells
    this.#wasWaiting = wasWaiting
  }

  /** Numbers the turn; a start that goes before has the number before. */
  #begin(): void {
    this.#mark = this.#cells.mark()
    this.#turn = ++this.#batch.state.conversation(this.#conversation).turns
  }

  run(): void {
    const { kernels } = this.#deps
    const { state } = this.#batch
    const input = this.#input
    const isMessage = input.kind === 'message'
    const forgedName = isMessage && isReserved(input.message) && !input.runtime
    if (
      isMessage &&
      !forgedName &&
      kernels.has(this.#role) &&
      !this.#gone(state.agents.get(this.#id)) &&
      !state.agents.has(this.#id)
    )
      new Turn(this.#deps, this.#batch, this.#id, {
        kind: 'notice',
        event: { type: 'parapet.start' },
      }).#start()
    this.#begin()
    if (this.#wasWaiting) this.#change({ kind: 'undefer', agent: this.#id })
    else if (isMessage) this.#change({ kind: 'seen', source: input.source, seq: input.seq })
    if (!kernels.has(this.#role)) return this.#end('refused', `the fleet has no agent \`${this.#role}\``)
    if (forgedName) return this.#end('refused', forged(input.message))
    const agent = state.agents.get(this.#id)
    const blocked = this.#blocked(agent)
    if (blocked) return this.#end(blocked[0], blocked[1])
    if (!agent) return this.#end('ignored', 'the agent could not start')
    this.#dispatch()
  }

  #blocked(agent: AgentState | undefined): [TurnOutcome, string] | undefined {
    const input = this.#input
    const gone = this.#gone(agent)
    if (gone !== undefined) {
      if (input.kind === 'timer') this.#change({ kind: 'timer-done', id: input.timer })
      if (input.kind === 'result' || input.kind === 'failure')
        this.#change({ kind: 'intent-done', id: input.intent })
      return ['ignored', gone]
    }
    if (!agent) return undefined
    if (agent.parked === undefined || input.kind === 'decision' || input.kind === 'timer') return undefined
    if (agent.waiting.length >= WAITING_MAX)
      return ['refused', `more than ${WAITING_MAX} inputs wait for a decision`]
    this.#change({ kind: 'defer', agent: this.#id, input })
    return ['deferred', 'the agent waits for a decision']
  }

  /** Why there is nobody left to take the input. Obligations outlive their agent, not their conversation. */
  #gone(agent: AgentState | undefined): string | undefined {
    const input = this.#input
    const { state } = this.#batch
    if (state.conversation(this.#conversation).ended) return 'the conversation has ended'
    if (input.kind === 'timer' && state.timers.get(input.timer)?.kind === 'obligation') return undefined
    if (!agent) return input.kind === 'message' ? undefined : 'there is no such agent'
    if (agent.halted !== undefined) return `the agent was stopped: ${agent.halted}`
    return agent.done ? 'the agent has finished' : undefined
  }

  #dispatch(): void {
    const input = this.#input
    switch (input.kind) {
      case 'message':
        return this.#message(input)
      case 'result':
      case 'failure':
        return this.#outcome(input)
      case 'timer':
        return this.#timer(input.timer)
      case 'notice':
        return this.#transition(input.event, 'runtime')
      case 'decision':
        return this.#decision(input)
    }
  }

  // ------------------------------------------------------------------ what came in

  #message(input: Input & { kind: 'message' }): void {
    if (input.runtime) return this.#transition({ ...input.fields, type: input.message }, 'runtime')
    let fields = input.fields
    let verdict = this.#admit('receives', input.message, fields, input.from)
    if (verdict.kind === 'repair') {
      fields = applyRepairs(fields, verdict.repairs)
      verdict = this.#admit('receives', input.message, fields, input.from)
    }
    if (verdict.kind !== 'allow') {
      if (this.#deps.kernels.has(input.from) && input.from !== this.#role)
        this.#batch.notify(
          this.#changes,
          this.#conversation,
          agentId(this.#conversation, input.from),
          'parapet.refused',
          {
            to: this.#role,
            message: input.message,
            reasons: asJson(verdict.reasons.map(shortReason)),
          },
        )
      return this.#end('refused', 'the policy does not let this message in')
    }
    this.#transition({ ...fields, from: input.from, type: input.message }, 'outside')
  }

  #outcome(input: Input & { kind: 'result' | 'failure' }): void {
    const intent = this.#batch.state.intents.get(input.intent)
    if (!intent) return this.#end('ignored', 'the result is of nothing that is awaited')
    this.#change({ kind: 'intent-done', id: input.intent })
    const { effect } = intent
    if (input.spent) {
      const spends = this.#admit('spends', '', { amount: input.spent.amount, tokens: input.spent.tokens })
      if (spends.kind !== 'allow')
        return this.#transition(settled(effect, undefined, 'the budget is spent'), 'runtime')
    }
    if (input.kind === 'failure') {
      if (effect.kind === 'call') this.#admit('fails', effect.tool, { error: input.error })
      return this.#transition(settled(effect, undefined, input.error), 'runtime')
    }
    // What went outside or to memory has nothing to tell the machine.
    if (effect.kind === 'answer' || effect.kind === 'remember') return this.#end('passed')
    let value = input.value
    if (effect.kind === 'call') {
      let verdict = this.#admit('result', effect.tool, asFields(value))
      if (verdict.kind === 'repair') {
        value = applyRepairs(asFields(value), verdict.repairs)
        verdict = this.#admit('result', effect.tool, asFields(value))
      }
      if (verdict.kind !== 'allow') {
        const found = verdict.reasons.map((reason) => reason.found).join('; ')
        return this.#transition(settled(effect, undefined, `the result was refused: ${found}`), 'runtime')
      }
    }
    this.#transition(settled(effect, value), 'runtime')
  }

  #timer(id: string): void {
    const timer = this.#batch.state.timers.get(id)
    if (!timer) return this.#end('ignored', 'the timer was cancelled')
    if (timer.kind === 'machine') {
      const agent = this.#batch.state.agents.get(this.#id)
      // A parked agent's clock waits with it: the timer stands until the decision.
      if (agent?.parked !== undefined) {
        this.#change({ kind: 'timer', id, timer: { ...timer, dueAt: this.#batch.at + PARKED_TIMER_MS } })
        return this.#end('deferred', 'the agent waits for a decision')
      }
      this.#change({ kind: 'timer-done', id })
      return this.#transition(timer.event, 'runtime')
    }
    this.#change({ kind: 'timer-done', id })
    if (timer.kind === 'approval') {
      const approval = this.#batch.state.approvals.get(timer.approval)
      if (!approval) return this.#end('ignored', 'the decision was made')
      return this.#decide(approval, approval.otherwise === 'allow', 'parapet', 'nobody decided in time')
    }
    const verdict = this.#deps.judge.overdue(this.#cells, timer.cell, this.#batch.at)
    if (verdict) this.#breach(verdict)
    this.#end('passed')
  }

  #decision(input: Input & { kind: 'decision' }): void {
    const approval = this.#batch.state.approvals.get(input.approval)
    if (!approval) return this.#end('ignored', 'there is no such pending approval')
    this.#decide(approval, input.grant, input.by, input.note)
  }

  #decide(approval: Approval, grant: boolean, by: string, note: string): void {
    this.#change({ kind: 'unpark', agent: this.#id, approval: approval.id })
    if (this.#batch.state.timers.has(approvalTimer(approval.id)))
      this.#change({ kind: 'timer-done', id: approvalTimer(approval.id) })
    if (grant) return this.#transition(approval.event, approval.origin, new Set(approval.checks))
    const found = note === '' ? `${by} said no` : `${by} said no: ${note}`
    this.#deny(approval.reasons.map((reason) => ({ ...reason, found: `${reason.found}; ${found}` })))
    this.#end('denied', found)
  }

  // ------------------------------------------------------------------ the transition

  #start(): void {
    this.#begin()
    const kernel = this.#deps.kernels.get(this.#role)!
    const input = this.#deps.inputs.get(this.#role)?.(this.#conversation) ?? null
    this.#settle(kernel.start({ id: this.#id }, input), { type: 'parapet.start' }, 'runtime')
  }

  #transition(event: Event, origin: 'outside' | 'runtime', approved?: ReadonlySet<string>): void {
    const kernel = this.#deps.kernels.get(this.#role)!
    const agent = this.#batch.state.agents.get(this.#id)!
    if (!agent.live) {
      const unpacked = kernel.unpack({ id: this.#id }, agent.packed)
      if (unpacked.kind === 'refused') return this.#halt('failed', unpacked.message)
      agent.live = unpacked.snapshot
    }
    this.#settle(kernel.step({ id: this.#id }, agent.live, event, origin), event, origin, approved)
  }

  #settle(
    result: ReturnType<Kernel['step']>,
    event: Event,
    origin: 'outside' | 'runtime',
    approved?: ReadonlySet<string>,
  ): void {
    if (result.kind === 'refused') return this.#halt('failed', result.message)
    if (result.status === 'error') return this.#halt('failed', result.error ?? 'the machine failed')
    const unheard =
      this.#input.kind === 'notice' && this.#input.event.type === 'parapet.denied' && !result.handled
    if (unheard) return this.#halt('denied', 'it was denied and has no answer to that')
    this.#moves = result.moves
    this.#effects = result.effects
    if (exceeds(result.effects, EFFECTS_CHARS_MAX))
      return this.#halt('failed', `its effects take over ${EFFECTS_CHARS_MAX} characters`)
    const packed = this.#deps.kernels.get(this.#role)!.pack(result.snapshot)
    if (exceeds(packed, STATE_CHARS_MAX))
      return this.#halt('failed', `its state takes over ${STATE_CHARS_MAX} characters`)
    const began = this.#deps.stopwatch.nowNs()
    const stepsBefore = this.#proceedings.steps
    const passed = gate(
      this.#deps.judge,
      this.#cells,
      this.#actor(),
      { moves: result.moves, effects: result.effects, finished: result.status === 'done' },
      approved,
      this.#proceedings,
    )
    this.#deps.measured.judging(this.#deps.stopwatch.nowNs() - began, this.#proceedings.steps - stepsBefore)
    switch (passed.kind) {
      case 'passed': {
        this.#effects = passed.effects
        const done = result.status === 'done'
        this.#change({ kind: 'agent', agent: this.#id, state: packed, done })
        const agent = this.#batch.state.agents.get(this.#id)!
        agent.live = result.snapshot
        if (agent.denials > 0 && this.#input.kind !== 'notice')
          this.#change({ kind: 'denials', agent: this.#id, count: 0 })
        writeObligations(this.#batch, this.#changes, this.#id, passed.obligations)
        for (const effect of passed.effects) {
          if (effect.kind === 'decide') this.#grant(effect)
          else writeEffect(this.#batch, this.#changes, this.#id, effect)
        }
        if (done) this.#finished()
        return this.#end('passed')
      }
      case 'asked':
        return this.#park(passed, event, origin)
      case 'quarantined':
        return this.#halt('quarantined', passed.reasons.map((reason) => reason.check).join(', '))
      case 'denied':
        this.#deny(passed.reasons)
        return this.#end('denied')
    }
  }

  #deny(reasons: readonly Reason[]): void {
    const agent = this.#batch.state.agents.get(this.#id)
    if (!agent) return
    const attempts = agent.denials + 1
    this.#change({ kind: 'denials', agent: this.#id, count: attempts })
    if (attempts >= DENIALS_MAX) {
      this.#stop(`it was denied ${attempts} times in a row`)
      return
    }
    this.#after.push({
      type: 'parapet.denied',
      what: reasons.map((reason) => reason.check).join(', '),
      reasons: asJson(reasons.map(shortReason)),
      next: asJson(reasons.flatMap((reason) => reason.next)),
      attempts,
    })
  }

  #park(
    asked: {
      asks: readonly { check: string; who: string; withinMs: number; otherwise: 'deny' | 'allow' }[]
      step: Approval['step']
      reasons: readonly Reason[]
    },
    event: Event,
    origin: 'outside' | 'runtime',
  ): void {
    const first = asked.asks[0]!
    const id = this.#batch.id()
    const withinMs = Math.min(...asked.asks.map((ask) => ask.withinMs))
    const approval: Approval = {
      id,
      who: first.who,
      checks: asked.asks.map((ask) => ask.check),
      dueAt: this.#batch.at + withinMs,
      otherwise: asked.asks.every((ask) => ask.otherwise === 'allow') ? 'allow' : 'deny',
      event,
      origin,
      step: asked.step,
      reasons: asked.reasons,
    }
    this.#change({ kind: 'park', agent: this.#id, approval })
    this.#change({
      kind: 'timer',
      id: approvalTimer(id),
      timer: { kind: 'approval', agent: this.#id, approval: id, dueAt: approval.dueAt },
    })
    if (this.#deps.kernels.has(first.who) && first.who !== this.#role)
      this.#batch.notify(
        this.#changes,
        this.#conversation,
        agentId(this.#conversation, first.who),
        'parapet.approval',
        {
          approval: id,
          who: first.who,
          agent: this.#id,
          step: asJson(asked.step),
          reasons: asJson(asked.reasons.map(shortReason)),
          dueAt: approval.dueAt,
        },
      )
    this.#end('asked', `${first.who} decides`)
  }

  // ------------------------------------------------------------------ what follows

  /** An approver has spoken: only the role that was asked, and never for itself. */
  #grant(effect: Effect & { kind: 'decide' }): void {
    const approval = this.#batch.state.approvals.get(effect.approval)
    if (!approval || approval.who !== this.#role || approval.step.actor === this.#id) return
    this.#decisions.push({
      agent: approval.step.actor,
      input: {
        kind: 'decision',
        approval: effect.approval,
        grant: effect.grant,
        by: this.#id,
        note: effect.note,
      },
    })
  }
  readonly #decisions: { agent: string; input: Input }[] = []

  /** Nothing of a finished agent lives on; when it was the last, the conversation ends. */
  #finished(): void {
    dropWork(this.#batch, this.#changes, this.#id)
    this.#perhapsOver()
  }

  #perhapsOver(): void {
    const { state } = this.#batch
    if (state.conversation(this.#conversation).active > 0) return
    const verdict = this.#deps.judge.close(this.#cells, this.#batch.at)
    if (verdict.reasons.length > 0) this.#breach(verdict)
    dropObligations(this.#batch, this.#changes, this.#conversation)
    this.#over = true
  }
  #over = false

  #breach(verdict: Verdict): void {
    const step = stepOf(this.#actor(), 'finishes', 'obligation', {})
    this.#proceedings.judged.push({ step, verdict })
    for (const reason of verdict.reasons) {
      if (reason.shadow) continue
      if (reason.action === 'quarantine') this.#stop(`${reason.check} was broken`)
      else
        this.#tellSupervisor('parapet.overdue', { check: reason.check, found: reason.found, agent: this.#id })
    }
  }

  #halt(outcome: TurnOutcome, why: string): void {
    this.#stop(why)
    this.#end(outcome, why)
  }

  #stop(why: string): void {
    if (!this.#batch.state.agents.has(this.#id))
      this.#change({ kind: 'agent', agent: this.#id, state: {}, done: false })
    this.#change({ kind: 'halt', agent: this.#id, why })
    const told = this.#tellSupervisor('parapet.escalated', { agent: this.#id, why })
    // Whoever was told may still want to do something about it.
    if (!told) this.#perhapsOver()
  }

  /** False when there is nobody to tell. */
  #tellSupervisor(message: string, fields: JsonObject): boolean {
    const { escalateTo } = this.#deps
    if (escalateTo === undefined || escalateTo === this.#role) return false
    const id = agentId(this.#conversation, escalateTo)
    const supervisor = this.#batch.state.agents.get(id)
    if (supervisor?.done || supervisor?.halted !== undefined) return false
    this.#batch.notify(this.#changes, this.#conversation, id, message, fields)
    return true
  }

  // ------------------------------------------------------------------ bookkeeping

  #admit(
    kind: 'receives' | 'result' | 'fails' | 'spends',
    name: string,
    fields: JsonObject,
    peer?: string,
  ): Verdict {
    const step = stepOf(this.#actor(), kind, name, fields, peer)
    const began = this.#deps.stopwatch.nowNs()
    const verdict = admit(this.#deps.judge, this.#cells, step, this.#proceedings)
    this.#deps.measured.judging(this.#deps.stopwatch.nowNs() - began, 1)
    if (verdict.kind === 'allow') writeObligations(this.#batch, this.#changes, this.#id, verdict.obligations)
    return verdict
  }

  #actor(): Actor {
    return {
      agent: this.#role,
      actor: this.#id,
      conversation: this.#conversation,
      turn: this.#turn,
      at: this.#batch.at,
    }
  }

  #change(change: Change): void {
    this.#batch.change(this.#changes, change)
  }

  #end(outcome: TurnOutcome, why?: string): void {
    const cells = this.#cells.since(this.#mark)
    if (cells.length > 0) this.#changes.push({ kind: 'cells', conversation: this.#conversation, cells })
    if (this.#over) this.#change({ kind: 'end', conversation: this.#conversation })
    this.#cells.settle()
    this.#batch.add({
      agent: this.#id,
      turn: this.#turn,
      at: this.#batch.at,
      input: this.#input,
      outcome,
      ...(why === undefined ? {} : { why }),
      ...(this.#moves?.length ? { moves: this.#moves } : {}),
      ...(this.#effects?.length ? { effects: this.#effects } : {}),
      steps: this.#proceedings.steps,
      ...(this.#proceedings.judged.length > 0 ? { judged: this.#proceedings.judged } : {}),
      changes: this.#changes,
    })
    for (const event of this.#after)
      new Turn(this.#deps, this.#batch, this.#id, { kind: 'notice', event }).run()
    for (const { agent, input } of this.#decisions) new Turns(this.#deps).take(this.#batch, agent, input)
  }
}

/** How long a machine's timer is put off when it falls due while the agent waits for a decision. */
const PARKED_TIMER_MS = 1_000
