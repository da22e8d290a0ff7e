/** A fleet's own log, written by a real fleet, read back as the steps its judge saw. */
import { expect, test } from 'vitest'
import { setup } from 'xstate'
import { createJudge } from '#dsl/judge/create.ts'
import type { Json, Step } from '#dsl/judge/step.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import { startFleet } from '#runtime/fleet/fleet.fixture.ts'
import { PartitionState } from '#runtime/fleet/partition-state.ts'
import type { CommitRecord } from '#runtime/fleet/record.ts'
import { replayTurn } from '#runtime/fleet/replay.ts'
import { judgeConversation } from './judge-conversation.ts'
import { readTraces } from './read.ts'

const POLICY = `
tool pay(amount: number) { external, idempotent }
message order { amount: number }
agent clerk { may receive order from customer  may call pay  }
rule "Small" { when clerk calls pay and amount > 50 then deny because "too much" }
consistency "Twice at most" { pay at most 2 times }
`

interface Params {
  readonly [key: string]: unknown
}

const clerk = setup({
  types: {} as { events: { type: string; [key: string]: Json } },
  actions: { call: (_: unknown, _p: Params) => {} },
}).createMachine({
  id: 'clerk',
  initial: 'open',
  states: {
    open: {
      on: {
        order: {
          actions: {
            type: 'call',
            params: ({ event }) => ({ tool: 'pay', args: { amount: event['amount'] } }),
          },
        },
        'parapet.result': 'open',
        'parapet.denied': 'open',
        'parapet.failed': 'done',
      },
    },
    done: { type: 'final' },
  },
})

async function recorded() {
  const under = await startFleet({
    policy: POLICY,
    agents: { clerk: { machine: clerk } },
    world: {
      tools: {
        pay: (args) =>
          args['amount'] === 13
            ? { kind: 'failed', error: 'unlucky' }
            : { kind: 'ok', value: { receipt: 'R' } },
      },
    },
  })
  await under.tell('c1', 'clerk', 'order', { amount: 20 })
  await under.tell('c1', 'clerk', 'order', { amount: 80 })
  await under.tell('c2', 'clerk', 'order', { amount: 30 })
  await under.tell('c1', 'clerk', 'order', { amount: 13 })
  return under.records
}

/** As `parapet trace --json` prints it. */
function lines(records: readonly CommitRecord[]): string {
  return records
    .flatMap(({ partition, rev, policy, turns }) =>
      turns.map((turn) => JSON.stringify({ partition, rev, policy, ...turn })),
    )
    .join('\n')
}

test('gives the steps its judge saw, marks those that were stopped, and judged again they get the same verdicts', async () => {
  const records = await recorded()
  const { plan } = compile(source(`policy "Test" version 1\n${POLICY}`, 'test.parapet'))
  if (plan === undefined) throw new Error('the policy has errors')
  const judge = createJudge(plan)
  const seen = new Map<string, { step: Step; verdict: string }[]>()
  const states = new Map<number, PartitionState>()
  for (const record of records) {
    const state = states.get(record.partition) ?? new PartitionState()
    states.set(record.partition, state)
    for (const turn of record.turns) {
      for (const { step, verdict } of replayTurn(judge, state, turn).steps)
        seen.set(step.conversation, [...(seen.get(step.conversation) ?? []), { step, verdict: verdict.kind }])
      state.foldTurn(turn, record.rev)
    }
    state.advance(record)
  }
  const read = readTraces(lines(records), { file: 'log.jsonl', startsAt: 0 })
  if (read.kind !== 'read') throw new Error(read.kind)
  expect(read.format).toBe('fleet')
  expect(read.problems).toEqual([])
  expect(read.conversations.map(({ conversation }) => conversation).sort()).toEqual(['c1', 'c2'])
  for (const each of read.conversations) {
    const expected = seen.get(each.conversation) ?? []
    expect(each.steps).toEqual(expected.map(({ step }) => step))
    expect(judgeConversation(judge, each).verdicts.map(({ kind }) => kind)).toEqual(
      expected.map(({ verdict }) => verdict),
    )
  }
  const [first] = read.conversations.filter(({ conversation }) => conversation === 'c1')
  const stopped = Array.from(first?.proposed ?? [], (i) => first?.steps[i])
  expect(stopped.filter((step) => step?.kind === 'calls')).toMatchObject([
    { name: 'pay', fields: { amount: 80 } },
  ])
  expect(first?.steps.filter(({ kind }) => kind === 'fails')).toMatchObject([
    { fields: { error: 'unlucky' } },
  ])
})

test('what waited for detectors and a ledger counts once, with what they said, and so does what looking cost', async () => {
  const policy = `${POLICY}
detector gloom over text { cost 0.001 USD, within 200 milliseconds, threshold 0.7 }
rule "Gloomy orders" { when clerk receives order and gloom in sender_text then deny }
rule "Gloomy pay" { when clerk calls pay and gloom in agent then deny }
consistency "Day" { across the fleet  total amount of pay at most 1_000 in any 1 day }
`.replace('message order { amount: number }', 'message order { amount: number, sender_text: text }')
  const looked: string[] = []
  const under = await startFleet({
    policy,
    agents: { clerk: { machine: clerk } },
    world: {
      tools: { pay: () => ({ kind: 'ok', value: { receipt: 'R' } }) },
      detectors: {
        gloom: ({ text }) => {
          looked.push(String(text))
          return { kind: 'found', value: { score: 0.1 }, spent: { amount: 0.001, tokens: 3 } }
        },
      },
    },
  })
  await under.tell('c1', 'clerk', 'order', { amount: 20, sender_text: 'hello' })
  expect(looked).toEqual(['hello', 'clerk'])
  const read = readTraces(lines(under.records), { file: 'log.jsonl', startsAt: 0 })
  if (read.kind !== 'read') throw new Error(read.kind)
  const conversation = read.conversations.find(({ conversation }) => conversation === 'c1')
  const steps = conversation?.steps.filter(({ kind }) => kind !== 'enters' && kind !== 'leaves')
  expect(steps?.map(({ kind, name }) => `${kind} ${name}`.trim())).toEqual([
    'spends',
    'receives order',
    'spends',
    'calls pay',
    'result pay',
  ])
  const { verdicts, unknown } = judgeConversation(under.judge, conversation!)
  expect(verdicts.every(({ kind }) => kind === 'allow')).toBe(true)
  expect(unknown.size).toBe(0)
})
