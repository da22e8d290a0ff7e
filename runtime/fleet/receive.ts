/** What came in: judged as a step of its own, then given to the machine as an event. */
import { applyRepairs } from '#dsl/judge/repair.ts'
import type { Verdict } from '#dsl/judge/verdict.ts'
import { asFields } from '#runtime/guard/steps.ts'
import { approvalTimer } from './effect-changes.ts'
import type { Approval, Input } from './record.ts'
import { transition } from './transition.ts'
import type { Turn } from './turn.ts'
import { asJson, settled, shortReason } from './turn-events.ts'

export function receive(turn: Turn): void {
  const { input } = turn
  switch (input.kind) {
    case 'message':
      return message(turn, input)
    case 'result':
    case 'failure':
      return outcome(turn, input)
    case 'timer':
      return timer(turn, input.timer)
    case 'notice':
      return transition(turn, input.event, 'runtime')
    case 'decision': {
      const approval = turn.batch.state.approvals.get(input.approval)
      if (!approval) return turn.end('ignored', 'there is no such pending approval')
      return decide(turn, approval, input.grant, input.by, input.note)
    }
  }
}

function message(turn: Turn, input: Input & { kind: 'message' }): void {
  if (input.runtime) return transition(turn, { ...input.fields, type: input.message }, 'runtime')
  let fields = input.fields
  let verdict = turn.admit('receives', input.message, fields, input.from)
  if (verdict.kind === 'repair') {
    fields = applyRepairs(fields, verdict.repairs)
    verdict = turn.admit('receives', input.message, fields, input.from)
  }
  if (verdict.kind === 'quarantine') return quarantine(turn, verdict)
  if (verdict.kind === 'allow')
    return transition(turn, { ...fields, from: input.from, type: input.message }, 'outside')
  if (turn.deps.kernels.has(input.from) && input.from !== turn.role)
    turn.notify(input.from, 'parapet.refused', {
      to: turn.role,
      message: input.message,
      reasons: asJson(verdict.reasons.map(shortReason)),
    })
  turn.end('refused', 'the policy does not let this message in')
}

function outcome(turn: Turn, input: Input & { kind: 'result' | 'failure' }): void {
  const intent = turn.batch.state.intents.get(input.intent)
  if (!intent) return turn.end('ignored', 'the result is of nothing that is awaited')
  turn.change({ kind: 'intent-done', id: input.intent })
  const { effect } = intent
  const failed = (error: string) => transition(turn, settled(effect, undefined, error), 'runtime')
  if (input.spent) {
    const { amount, tokens } = input.spent
    const spent = turn.admit('spends', '', { amount, tokens })
    if (spent.kind === 'quarantine') return quarantine(turn, spent)
    if (spent.kind !== 'allow') return failed('the budget is spent')
  }
  if (input.kind === 'failure') {
    const verdict =
      effect.kind === 'call' ? turn.admit('fails', effect.tool, { error: input.error }) : undefined
    if (verdict?.kind === 'quarantine') return quarantine(turn, verdict)
    return failed(input.error)
  }
  // What went outside or to memory has nothing to tell the machine.
  if (effect.kind === 'answer' || effect.kind === 'remember') return turn.end('passed')
  let { value } = input
  if (effect.kind === 'call') {
    let verdict = turn.admit('result', effect.tool, asFields(value))
    if (verdict.kind === 'repair') {
      value = applyRepairs(asFields(value), verdict.repairs)
      verdict = turn.admit('result', effect.tool, asFields(value))
    }
    if (verdict.kind === 'quarantine') return quarantine(turn, verdict)
    if (verdict.kind !== 'allow')
      return failed(`the result was refused: ${verdict.reasons.map((reason) => reason.found).join('; ')}`)
  }
  transition(turn, settled(effect, value), 'runtime')
}

function quarantine(turn: Turn, verdict: Verdict): void {
  turn.halt('quarantined', verdict.reasons.map((reason) => reason.check).join(', '))
}

function timer(turn: Turn, id: string): void {
  const { state, at } = turn.batch
  const timer = state.timers.get(id)
  if (!timer) return turn.end('ignored', 'the timer was cancelled')
  if (timer.dueAt > at) return turn.end('ignored', 'the timer was set anew')
  if (timer.kind === 'machine' && turn.agent) {
    const { parked, waiting } = turn.agent
    if (waiting.some((input) => input.kind === 'timer' && input.timer === id))
      return turn.end('ignored', 'the timer has rung and waits its turn')
    // A parked agent's clock waits with it; the timer itself stands, so that what comes before may still cancel it.
    if (parked !== undefined) {
      turn.change({ kind: 'defer', agent: turn.id, input: { kind: 'timer', timer: id } })
      return turn.end('deferred', 'the agent waits for a decision')
    }
  }
  turn.change({ kind: 'timer-done', id })
  if (timer.kind === 'machine') return transition(turn, timer.event, 'runtime')
  if (timer.kind === 'approval') {
    const approval = state.approvals.get(timer.approval)
    if (!approval) return turn.end('ignored', 'the decision was made')
    return decide(turn, approval, approval.otherwise === 'allow', 'parapet', 'nobody decided in time')
  }
  const verdict = turn.deps.judge.overdue(turn.cells, timer.cell, at)
  if (verdict) turn.breach(verdict)
  turn.end('passed')
}

function decide(turn: Turn, approval: Approval, granted: boolean, by: string, note: string): void {
  turn.change({ kind: 'unpark', agent: turn.id, approval: approval.id })
  const id = approvalTimer(approval.id)
  if (turn.batch.state.timers.has(id)) turn.change({ kind: 'timer-done', id })
  if (granted) return transition(turn, approval.event, approval.origin, new Set(approval.checks))
  const found = note === '' ? `${by} said no` : `${by} said no: ${note}`
  turn.deny(approval.reasons.map((reason) => ({ ...reason, found: `${reason.found}; ${found}` })))
  turn.end('denied', found)
}
