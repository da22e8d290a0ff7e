/** What came in: judged as a step of its own, then given to the machine as an event. */

import { type Evidence, type Need, withGrounds } from '#dsl/judge/grounds.ts'
import { applyRepairs } from '#dsl/judge/repair.ts'
import type { Json } from '#dsl/judge/step.ts'
import type { Verdict } from '#dsl/judge/verdict.ts'
import { asFields, asRecalled, asRow } from '#runtime/guard/steps.ts'
import type { Effect } from '#runtime/kernel/effect.ts'
import { isPartitionSource } from './address.ts'
import type { Spent } from './definition.ts'
import { Holdings } from './ledger/holdings.ts'
import { closeOutcome, settleHere } from './ledger/settling.ts'
import { type Answer, answerIn } from './ledger/words.ts'
import { spentOrNone, unanswered } from './look-costs.ts'
import { leaveBy, settleLooks, unpaid } from './looks.ts'
import { groundsOf, look, parkForNeeds, remind } from './parking.ts'
import type { Approval, Gathering, Input, Parked } from './record.ts'
import { drop } from './supervision.ts'
import { start, transition } from './transition.ts'
import type { Turn } from './turn.ts'
import { asJson, settled, shortReason } from './turn-events.ts'

export function receive(turn: Turn, input: Input): void {
  switch (input.kind) {
    case 'message':
      return message(turn, input)
    case 'result':
    case 'failure':
      return outcome(turn, input)
    case 'part':
      return part(turn, input)
    case 'timer':
      return timer(turn, input)
    case 'notice':
      return turn.starting ? start(turn) : transition(turn, input.event, 'runtime')
    case 'retry': {
      const letter = turn.batch.state.dead.get(input.letter)
      if (!letter) return turn.end('ignored', 'there is no such dead letter')
      turn.change({ kind: 'dead-done', id: letter.id })
      if (turn.agent?.halted !== undefined) turn.change({ kind: 'revive', agent: turn.id })
      return goOn(turn, letter)
    }
    case 'drop': {
      const letter = turn.batch.state.dead.get(input.letter)
      if (!letter) return turn.end('ignored', 'there is no such dead letter')
      drop(turn, letter)
      return turn.end('passed')
    }
    case 'decision': {
      const approval = turn.batch.state.pending.get(input.approval)
      if (approval?.kind !== 'approval') return turn.end('ignored', 'there is no such pending approval')
      return input.grant
        ? agree(turn, approval, input.by)
        : decide(turn, approval, false, input.by, input.note)
    }
    case 'found': {
      const gathering = turn.batch.state.pending.get(input.pending)
      if (gathering?.kind !== 'gathering') return turn.end('ignored', 'nobody waits for this evidence')
      return found(turn, gathering, input.cutOff ? {} : answered(gathering, input.evidence), input.spent)
    }
    case 'curate':
      return turn.end('refused', 'only the keeper of memory is told what to do with rows')
  }
}

function message(turn: Turn, input: Input & { kind: 'message' }): void {
  const answer = answerIn(input)
  if (answer) return reserved(turn, answer)
  if (input.runtime) return transition(turn, { ...input.fields, type: input.message }, 'runtime')
  if (turn.deps.kernels.has(input.from) && !isPartitionSource(input.source))
    return turn.end('refused', `\`${input.from}\` is an agent of the fleet, and this did not come from it`)
  let fields = input.fields
  const admit = () =>
    turn.admit('receives', input.message, fields, { peer: input.from, labels: input.labels })
  let verdict = admit()
  if (verdict.kind === 'repair') {
    fields = applyRepairs(fields, verdict.repairs)
    verdict = admit()
  }
  if (verdict.needs) return wait(turn, verdict.needs, input)
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
  if (!intent) return late(turn, input)
  closeOutcome(turn, input)
  settleHere(turn.judge, turn.cells, turn.actor, intent, input)
  const { effect } = intent
  const failed = (error: string) => transition(turn, settled(effect, undefined, error), 'runtime')
  if (input.spent) {
    const { amount, tokens } = input.spent
    const spent = turn.admit('spends', '', { amount, tokens })
    if (spent.needs) return wait(turn, spent.needs, input)
    if (spent.kind === 'quarantine') return quarantine(turn, spent)
    if (spent.kind !== 'allow') return failed('the budget is spent')
  }
  if (input.kind === 'failure') {
    const verdict =
      effect.kind === 'call' ? turn.admit('fails', effect.tool, { error: input.error }) : undefined
    if (verdict?.needs) return wait(turn, verdict.needs, input)
    if (verdict?.kind === 'quarantine') return quarantine(turn, verdict)
    // What failed has failed: a refusal cannot undo it, so that it is told beside the error.
    const refused = verdict === undefined || verdict.kind === 'allow' ? [] : verdict.reasons
    const told = refused.flatMap(({ shadow, check, found }) => (shadow ? [] : [`${check}: ${found}`]))
    return failed([input.error, ...told].join('; '))
  }
  // What went outside or to memory has nothing to tell the machine.
  if (['answer', 'remember', 'curate'].includes(effect.kind)) return turn.end('passed')
  if (effect.kind === 'recall') return recalled(turn, effect, input)
  let { value } = input
  if (effect.kind === 'call') {
    let verdict = turn.admit('result', effect.tool, asFields(value))
    if (verdict.kind === 'repair') {
      value = applyRepairs(asFields(value), verdict.repairs)
      verdict = turn.admit('result', effect.tool, asFields(value))
    }
    if (verdict.needs) return wait(turn, verdict.needs, input)
    if (verdict.kind === 'quarantine') return quarantine(turn, verdict)
    if (verdict.kind !== 'allow')
      return failed(`the result was refused: ${verdict.reasons.map((reason) => reason.found).join('; ')}`)
  }
  transition(turn, settled(effect, value), 'runtime')
}

/** The machine waits for it no more, and hears nothing of it. What it cost was spent all the same. */
function late(turn: Turn, input: Input & { kind: 'result' | 'failure' }): void {
  const why = 'the result is of nothing that is awaited'
  if (!input.spent) return turn.end('ignored', why)
  const { amount, tokens } = input.spent
  const spent = turn.admit('spends', '', { amount, tokens })
  if (spent.needs) return wait(turn, spent.needs, input)
  if (spent.kind === 'quarantine') return quarantine(turn, spent)
  turn.end('passed', why)
}

/** What a source says under way; what the machine makes of it is judged, as all it does. */
function part(turn: Turn, { intent: id, n, value }: Input & { kind: 'part' }): void {
  const intent = turn.batch.state.intents.get(id)
  if (intent?.effect.kind !== 'invoke') return turn.end('ignored', 'it is a part of nothing that is awaited')
  if (n !== (intent.heard ?? 0) + 1) return turn.end('ignored', 'the part has come in before')
  turn.change({ kind: 'heard', id, parts: n })
  // Whatever becomes of it, the source does not say it again.
  turn.taken()
  const event = { type: 'parapet.part', id: intent.effect.id, n, value }
  turn.doing = { kind: 'event', event, origin: 'runtime' }
  transition(turn, event, 'runtime')
}

/** Each row is a step of its own. What the policy does not let in is withheld, and the machine told how many. */
function recalled(turn: Turn, effect: Effect & { kind: 'recall' }, input: Input & { kind: 'result' }): void {
  const found = Array.isArray(input.value) ? input.value : []
  const rows: Json[] = []
  const needs: Need[] = []
  for (const row of found) {
    let fields = asRecalled(row)
    let verdict = turn.admit('recalled', effect.what, fields)
    if (verdict.kind === 'repair') {
      fields = applyRepairs(fields, verdict.repairs)
      verdict = turn.admit('recalled', effect.what, fields)
    }
    if (verdict.kind === 'quarantine') return quarantine(turn, verdict)
    needs.push(...(verdict.needs ?? []))
    if (verdict.kind === 'allow') rows.push(asRow(row, fields))
  }
  if (needs.length > 0) return wait(turn, [...new Map(needs.map((need) => [need.key, need])).values()], input)
  transition(turn, settled(effect, rows, '', found.length - rows.length), 'runtime')
}

/** It is not let in before more is known: nothing of this turn has happened yet but that the input was taken. */
function wait(turn: Turn, needs: readonly Need[], input: Input): void {
  const { step } = turn.proceedings.judged.at(-1)!
  turn.retract()
  // Looking costs less than reserving, and may make it needless.
  const looks = needs.filter((need) => need.kind === 'evidence')
  // An agent that has finished or was stopped has no place to wait in, and nothing that could come of it.
  parkForNeeds(turn, looks.length > 0 ? looks : needs, step, { kind: 'input', input })
}

function answered(
  { needs }: Gathering,
  evidence: Readonly<Record<string, Evidence>>,
  otherwise = 'no answer came',
): Readonly<Record<string, Evidence>> {
  const none: Evidence = { kind: 'failed', why: otherwise }
  return Object.fromEntries(needs.map(({ key }) => [key, evidence[key] ?? none]))
}

/** What nobody has answered is asked again, if it is still wanted. */
function found(
  turn: Turn,
  gathering: Gathering,
  evidence: Readonly<Record<string, Evidence>>,
  spent: Spent | undefined,
): void {
  turn.unpark(gathering.id)
  turn.grounds = groundsOf(gathering, { evidence })
  settleLooks(turn, gathering, spent)
  pay(turn, gathering, spent && { spent, keys: Object.keys(evidence) })
}

/** Counts what looks have cost, and goes on. What the budget does not pay for was not seen. */
function pay(turn: Turn, gathering: Gathering, due: Gathering['unpaid']): void {
  if (due) {
    const { amount, tokens } = due.spent
    const spent = turn.admit('spends', '', { amount, tokens }, { of: 'look' })
    if (spent.needs)
      return parkForNeeds(turn, spent.needs, turn.proceedings.judged.at(-1)!.step, gathering.parked, due)
    if (spent.kind === 'quarantine') return quarantine(turn, spent)
    if (spent.kind !== 'allow') turn.grounds = withGrounds(turn.grounds, { evidence: unpaid(due.keys) })
  }
  goOn(turn, gathering)
}

/** A ledger has answered. One refusal is enough to go on; otherwise all have to be in. */
function reserved(turn: Turn, { pending, key, answer }: Answer): void {
  const gathering = turn.batch.state.pending.get(pending)
  if (gathering?.kind !== 'gathering')
    return turn.end('ignored', 'nobody waits for this reservation any more')
  const claim = gathering.needs.find((need) => need.kind === 'reservation' && need.key === key)
  if (claim?.kind !== 'reservation') return turn.end('ignored', 'nobody waits for this reservation any more')
  const { [key]: hold, ...others } = gathering.held ?? {}
  const holds = answer.kind === 'granted' && answer.held && hold !== undefined
  const held = holds ? { ...others, [key]: hold } : others
  const grounds = groundsOf(gathering, { reserved: { [key]: answer } })
  const open = gathering.needs.some((need) => grounds.reserved?.[need.key] === undefined)
  if (open && answer.kind === 'granted') {
    turn.change({ kind: 'park', agent: turn.id, pending: { ...gathering, grounds, held } })
    return turn.end('gathering')
  }
  turn.unpark(pending)
  const { looks, step, parked } = gathering
  if (looks !== undefined) {
    const leave = leaveBy(turn, claim, answer)
    if (leave.kind === 'given') return look(turn, { looks, step, parked, grounds, held }, leave)
    turn.holdings = new Holdings(held)
    return look(
      turn,
      { looks, step, parked, ...(gathering.grounds && { grounds: gathering.grounds }) },
      leave,
    )
  }
  turn.grounds = grounds
  turn.holdings = new Holdings(held)
  pay(turn, gathering, gathering.unpaid)
}

/** Does again what was parked. */
function goOn(turn: Turn, { parked }: { readonly parked: Parked }): void {
  turn.taken()
  turn.doing = parked
  if (parked.kind === 'event') transition(turn, parked.event, parked.origin)
  else receive(turn, parked.input)
}

function quarantine(turn: Turn, verdict: Verdict): void {
  turn.halt('quarantined', verdict.reasons.map((reason) => reason.check).join(', '))
}

function timer(turn: Turn, { timer: id }: Input & { kind: 'timer' }): void {
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
  if (timer.kind === 'pending') {
    const pending = state.pending.get(timer.pending)
    if (!pending) return turn.end('ignored', 'it was settled in time')
    if (pending.kind === 'rest') {
      turn.unpark(pending.id)
      turn.grounds = pending.grounds
      turn.tries = pending.tries
      return goOn(turn, pending)
    }
    if (pending.kind === 'gathering')
      return found(
        turn,
        pending,
        answered(pending, {}, 'no answer in time'),
        spentOrNone(unanswered(pending)),
      )
    return decide(turn, pending, pending.otherwise === 'allow', 'parapet', 'nobody decided in time')
  }
  if (timer.kind === 'reminder') {
    const pending = state.pending.get(timer.pending)
    if (pending?.kind !== 'approval') return turn.end('ignored', 'it was settled in time')
    remind(turn, pending, timer.count)
    return turn.end('passed')
  }
  // A ledger's own timer rings in the ledger.
  if (timer.kind === 'ledger') return turn.end('ignored')
  const verdict = turn.judge.overdue(turn.cells, timer.cell, at)
  if (verdict) turn.breach(verdict)
  turn.end('passed')
}

/** It may take several: each is counted once, and the last of them decides. */
function agree(turn: Turn, approval: Approval, by: string): void {
  const { id, people = 1, granted = [] } = approval
  if (granted.includes(by)) return turn.end('ignored', `${by} has granted it already`)
  if (granted.length + 1 >= people) return decide(turn, approval, true, by, '')
  turn.change({ kind: 'granted', pending: id, by })
  turn.end('asked', `${granted.length + 1} of ${people} have granted it`)
}

function decide(turn: Turn, approval: Approval, granted: boolean, by: string, note: string): void {
  turn.unpark(approval.id)
  if (granted) {
    turn.grounds = groundsOf(approval, { approved: approval.checks })
    return goOn(turn, approval)
  }
  const found = note === '' ? `${by} said no` : `${by} said no: ${note}`
  turn.deny(approval.reasons.map((reason) => ({ ...reason, found: `${reason.found}; ${found}` })))
  turn.end('denied', found)
}
