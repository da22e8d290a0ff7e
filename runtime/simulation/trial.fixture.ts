/**
 * The fleet that simulations are tried on: two roles that between them use whatever a fleet can do, a policy with a constraint of
 * every kind, tools that remember keys, and what must hold of it besides what holds of every fleet.
 */
import { setup } from 'xstate'
import { createJudge } from '#dsl/judge/create.ts'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import type { AgentDefinition, World } from '#runtime/fleet/definition.ts'
import { actions } from '#runtime/fleet/desk.fixture.ts'
import type { CommitRecord, TurnRecord } from '#runtime/fleet/record.ts'
import type { Faults } from './faults.ts'
import { type Random, randomOf } from './random.ts'
import { type Simulated, simulate, type Told } from './simulate.ts'
import type { Report } from './witness.ts'

export const START = Date.UTC(2026, 0, 1)
export const FOR_MS = 120_000
/** Dollars that the payments of one conversation come to at most. */
const CAP = 400
/** And those of all conversations within an hour. */
const FLEET_CAP = 1_200

const POLICY = `policy "Trial" version 1
tool pay(amount: money in USD) { external, idempotent }
tool look(amount: money in USD) { reads only }
message order { amount: money in USD, note: text }
message note { amount: money in USD }
message thanks { amount: money in USD }
agent clerk {
  may receive order from customer
  may receive thanks from boss
  may call pay, look
  may answer customer
  may send note to boss
  may remember fact
  at most 300 steps per conversation
}
agent boss {
  may receive note from clerk
  may send thanks to clerk
}
rule "Never much" { when clerk calls pay and amount > 90 USD then deny }
rule "Boss decides" { when clerk calls pay and amount > 60 USD then ask boss within 1 minute, otherwise deny }
rule "Thirteen is bad luck" { when clerk calls pay and amount = 13 USD then quarantine }
rule "No shouting" { when clerk receives order and note contains "!" then deny }
rule "Round down" { when clerk calls look and amount > 50 USD then set amount to 50 USD }
consistency "Cap" { total amount of pay at most ${CAP} USD }
consistency "Cap of all" { across the fleet  total amount of pay at most ${FLEET_CAP} USD in any 1 hour }
consistency "Look first" { pay needs an earlier look }
consistency "Not too fast" { pay at most 4 times in any 20 seconds }
consistency "Notes are thanked for" {
  clerk sends note is followed by boss sends thanks within 10 seconds, otherwise alert boss
}
`

const amountOf = ({ event }: { event: Event }) => Number(event['amount'])
interface Event {
  readonly type: string
  readonly [key: string]: Json
}

const role = setup({ types: {} as { context: Record<string, number>; events: Event }, actions })
const count = (what: string) => role.assign(({ context }) => ({ [what]: context[what]! + 1 }))

const clerk = role.createMachine({
  id: 'clerk',
  context: { orders: 0, results: 0, failures: 0, denials: 0, thanks: 0, rang: 0 },
  initial: 'open',
  states: {
    open: {
      after: { 30000: { target: 'open', reenter: true, actions: count('rang') } },
      on: {
        order: {
          actions: [
            { type: 'call', params: (at) => ({ tool: 'look', args: { amount: amountOf(at) } }) },
            { type: 'call', params: (at) => ({ tool: 'pay', args: { amount: amountOf(at) } }) },
            {
              type: 'send',
              params: (at) => ({ to: 'boss', message: 'note', fields: { amount: amountOf(at) } }),
            },
            {
              type: 'remember',
              params: (at) => ({ what: 'fact', fields: { text: `ordered ${amountOf(at)}` } }),
            },
            { type: 'answer', params: (at) => ({ to: 'customer', fields: { amount: amountOf(at) } }) },
            count('orders'),
          ],
        },
        'parapet.result': { actions: count('results') },
        'parapet.failed': { actions: count('failures') },
        'parapet.denied': { actions: count('denials') },
        thanks: [
          { guard: ({ context }) => context['thanks']! >= 12, target: 'closed' },
          { actions: count('thanks') },
        ],
      },
    },
    closed: { type: 'final' },
  },
})

const boss = role.createMachine({
  id: 'boss',
  context: { notes: 0, told: 0 },
  on: {
    note: [
      {
        guard: (at) => amountOf(at) % 3 !== 0,
        actions: [
          {
            type: 'send',
            params: (at) => ({ to: 'clerk', message: 'thanks', fields: { amount: amountOf(at) } }),
          },
          count('notes'),
        ],
      },
      { actions: count('notes') },
    ],
    'parapet.approval': {
      guard: ({ event }) => asked(event) <= 80,
      actions: {
        type: 'decide',
        params: ({ event }) => ({ approval: event['approval'], grant: asked(event) <= 70, note: '' }),
      },
    },
    'parapet.*': { actions: count('told') },
  },
})

function asked(event: Event): number {
  return Number(((event['step'] as JsonObject)['fields'] as JsonObject)['amount'])
}

export const AGENTS: Readonly<Record<string, AgentDefinition>> = {
  clerk: { machine: clerk },
  boss: { machine: boss },
}

const withLedger = createJudge(planOf(POLICY))
/** A ledger parks every order: without one, orders pass in the turn they come in. */
const alone = createJudge(planOf(POLICY.replace(/consistency "Cap of all" .*\n/, '')))

function planOf(text: string) {
  const { plan, diagnostics } = compile(source(text, 'trial.parapet'))
  if (!plan) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  return plan
}

function orders(random: Random): Told[] {
  return Array.from({ length: 80 }, () => ({
    atMs: random.int(FOR_MS),
    conversation: `c${random.int(8)}`,
    to: 'clerk',
    from: 'customer',
    message: 'order',
    fields: { amount: 1 + random.int(100), note: random.chance(0.1) ? 'now!' : 'please' },
  })).toSorted((one, other) => one.atMs - other.atMs)
}

export async function trial(seed: number, faults: Faults): Promise<Simulated> {
  const paid = new Map<string, Json>()
  const told = orders(randomOf(seed).fork('orders'))
  const world: World = {
    tools: {
      pay: (args, { key }) => {
        if (!paid.has(key)) paid.set(key, args['amount']!)
        return { kind: 'ok', value: null }
      },
      look: (args) => ({ kind: 'ok', value: args }),
    },
    outside: { customer: () => {} },
  }
  return simulate({
    definition: { name: 'trial', agents: AGENTS, escalateTo: 'boss', partitions: 3 },
    judge: seed % 2 === 0 ? withLedger : alone,
    seed,
    faults,
    startsAt: START,
    forMs: FOR_MS,
    world,
    told,
    onRecord: lawsOf(told, seed % 2 === 0),
  })
}

/** What the policy means, said again in plain code over what was committed. */
function lawsOf(told: readonly Told[], ledger: boolean): (record: CommitRecord, report: Report) => void {
  const spent = new Map<string, number>()
  const known = new Map<string, number>()
  const lately = new Map<string, number[]>()
  let spentByAll = 0
  /** Payments that count for all until it is known that they did not come about. */
  const counted = new Map<string, number>()
  const orders = new Map(told.map((each) => [`${each.conversation} ${JSON.stringify(each.fields)}`, each]))
  return (record, report) => {
    for (const turn of record.turns) {
      const conversation = turn.agent.slice(0, turn.agent.lastIndexOf('/'))
      const { input } = turn
      if (input.kind === 'message' && input.message === 'order') {
        if (!orders.has(`${conversation} ${JSON.stringify(input.fields)}`))
          report(`${turn.agent} takes an order nobody gave: ${JSON.stringify(input.fields)}`)
        if (turn.outcome === 'passed') {
          const wanted = (turn.effects ?? []).map(({ kind }) => kind).join(' ')
          if (wanted !== 'call call send remember answer')
            report(`${turn.agent} takes an order and does: ${wanted}`)
          const before = known.get(turn.agent) ?? 0
          const after = ordersIn(turn)
          if (after !== before + 1)
            report(`${turn.agent} has taken ${before + 1} orders and knows of ${after}`)
        }
        if (turn.outcome === 'passed' && String(input.fields['note']).includes('!'))
          report(`${turn.agent} lets shouting in`)
      }
      if (input.kind === 'failure' && input.cameAbout === undefined)
        spentByAll -= counted.get(input.intent) ?? 0
      known.set(turn.agent, ordersIn(turn) ?? known.get(turn.agent) ?? 0)
      for (const change of turn.changes) {
        if (change.kind !== 'intent' || change.effect.kind !== 'call') continue
        const amount = Number(change.effect.args['amount'])
        if (change.effect.tool === 'look') {
          if (amount > 50) report(`${turn.agent} looks for ${amount}`)
          continue
        }
        const total = (spent.get(conversation) ?? 0) + amount
        spent.set(conversation, total)
        spentByAll += amount
        counted.set(change.id, amount)
        if (ledger && spentByAll > FLEET_CAP) report(`all have paid ${spentByAll}, over ${FLEET_CAP}`)
        if (total > CAP) report(`${conversation} has paid ${total}, over ${CAP}`)
        if (amount > 90) report(`${turn.agent} pays ${amount}, over 90`)
        if (amount > 70) report(`${turn.agent} pays ${amount}, which nobody grants`)
        if (amount === 13) report(`${turn.agent} pays thirteen`)
        if (amount > 60 && !turn.grounds?.approved?.includes('Boss decides'))
          report(`${turn.agent} pays ${amount} and nobody was asked`)
        const recent = (lately.get(conversation) ?? []).filter((at) => at > record.at - 20_000)
        lately.set(conversation, [...recent, record.at])
        if (recent.length >= 4) report(`${turn.agent} pays ${recent.length + 1} times within 20 seconds`)
      }
    }
  }
}

/** How many orders the clerk knows of after a turn that wrote its state. */
function ordersIn(turn: TurnRecord): number | undefined {
  const written = turn.changes.find((change) => change.kind === 'agent')
  const context = written?.kind === 'agent' ? (written.state['context'] as JsonObject | undefined) : undefined
  return context === undefined ? undefined : Number(context['orders'])
}
