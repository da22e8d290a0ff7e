import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import type { Effect } from '#runtime/kernel/effect.ts'
import { createKernel, type Kernel, type KernelSnapshot, type Stepped } from '#runtime/kernel/kernel.ts'
import { TURN_CHECKS } from './agents/clerk.ts'
import { clerk, gateway, supervisor } from './agents.ts'
import { POLICY_FILE } from './policy.ts'
import { answerAsModel, type Conversation, customerSays, readRecordings } from './recorded.ts'
import { type Airline, openAirline } from './tools.ts'

type Event = JsonObject & { readonly type: string }

/** One machine under its kernel: says what it asks for after each event. */
class Agent {
  readonly #kernel: Kernel
  readonly #id: string
  #snapshot: KernelSnapshot
  done = false
  /** What it asked for on starting. */
  readonly first: readonly Effect[]

  constructor(role: string, kernel: Kernel) {
    this.#kernel = kernel
    this.#id = `test/${role}`
    const started = this.#stepped(kernel.start({ id: this.#id }, null))
    this.#snapshot = started.snapshot
    this.first = started.effects
  }

  /** A transition whose effects are refused is dropped, and the agent hears of it. */
  hear(event: Event, refuses: (effects: readonly Effect[]) => boolean = () => false): readonly Effect[] {
    const origin = event.type.includes('.') ? 'runtime' : 'outside'
    const stepped = this.#stepped(this.#kernel.step({ id: this.#id }, this.#snapshot, event, origin))
    if (refuses(stepped.effects)) return this.hear(denied(...TURN_CHECKS))
    this.#snapshot = stepped.snapshot
    this.done = stepped.status === 'done'
    return stepped.effects
  }

  #stepped(stepped: Stepped) {
    if (stepped.kind !== 'stepped') throw new Error(stepped.message)
    return stepped
  }
}

const kernels = {
  gateway: createKernel(gateway),
  clerk: createKernel(clerk),
  supervisor: createKernel(supervisor),
}
const told = (text: string): Event => ({ type: 'customer_message', from: 'gateway', text })
const modelSays = (output: Json): Event => ({ type: 'xstate.done.actor.model', actorId: 'model', output })
const denied = (...checks: string[]): Event => ({
  type: 'parapet.denied',
  what: checks.join(', '),
  reasons: checks.map((check) => ({ check, found: 'so it is', remedy: `Mind ${check}.` })),
  next: [],
  attempts: 1,
})
const cancel = { tool: 'cancel_reservation', args: { reservation_id: 'ABC123' } }
const only = (effects: readonly Effect[], ...kinds: Effect['kind'][]) =>
  effects.filter((e) => kinds.includes(e.kind))

describe('the clerk', () => {
  const listening = () => new Agent('clerk', kernels.clerk)

  test('asks the model when the customer speaks, and again with each result', () => {
    const agent = listening()
    expect(agent.hear(told('hello'))).toMatchObject([
      { kind: 'invoke', src: 'model', input: { heard: 1, turn: 0 } },
    ])
    expect(only(agent.hear(modelSays({ calls: [cancel], parts: 1 })), 'call', 'send')).toMatchObject([
      { kind: 'call', ...cancel },
    ])
    const next = agent.hear({ type: 'parapet.result', id: 'c', tool: cancel.tool, value: {} })
    expect(next).toMatchObject([{ kind: 'invoke', input: { heard: 1, turn: 1 } }])
  })

  test('shows the policy all of a turn, calls and words', () => {
    const agent = listening()
    agent.hear(told('hello'))
    const effects = agent.hear(modelSays({ text: 'Done!', calls: [cancel, cancel], parts: 2 }))
    expect(only(effects, 'call', 'send').map((e) => e.kind)).toEqual(['call', 'call', 'send'])
  })

  test('does a turn again call by call when it did too much at once', () => {
    const agent = listening()
    agent.hear(told('hello'))
    expect(only(agent.hear(denied(...TURN_CHECKS)), 'invoke')).toMatchObject([
      { input: { heard: 1, turn: 0, part: 0 } },
    ])
    agent.hear(modelSays({ calls: [cancel], parts: 2 }))
    const result: Event = { type: 'parapet.result', id: 'c', tool: cancel.tool, value: {} }
    expect(agent.hear(result)).toMatchObject([{ input: { heard: 1, turn: 0, part: 1 } }])
    agent.hear(modelSays({ calls: [cancel], parts: 2 }))
    expect(agent.hear(result)).toMatchObject([{ input: { heard: 1, turn: 1, part: null } }])
  })

  test('tells the customer the remedy of what was refused, and listens', () => {
    const agent = listening()
    agent.hear(told('hello'))
    expect(only(agent.hear(denied('a rule', 'another')), 'send')).toMatchObject([
      {
        message: 'reply',
        to: 'gateway',
        fields: { text: 'I cannot do that as asked. Mind a rule. Mind another.' },
      },
    ])
    expect(agent.hear(told('then what?'))).toMatchObject([
      { kind: 'invoke', input: { heard: 2, turn: 0, part: null } },
    ])
  })

  test('hands over to a person when it is refused three times in a row', () => {
    const agent = listening()
    for (const words of ['one', 'two']) {
      agent.hear(told(words))
      agent.hear(denied('a rule'))
    }
    agent.hear(told('three'))
    expect(only(agent.hear(denied('a rule')), 'call')).toMatchObject([{ tool: 'transfer_to_human_agents' }])
    const last = agent.hear({
      type: 'parapet.result',
      id: 'c',
      tool: 'transfer_to_human_agents',
      value: 'Transfer successful',
    })
    expect(last).toMatchObject([{ kind: 'send', message: 'handed_over', to: 'gateway' }])
    expect(agent.done).toBe(true)
  })

  test('takes up a message that came while it was busy', () => {
    const agent = listening()
    agent.hear(told('hello'))
    expect(agent.hear(told('one more thing'))).toEqual([])
    expect(only(agent.hear(modelSays({ text: 'Hi.', calls: [], parts: 0 })), 'send', 'invoke')).toMatchObject(
      [
        { kind: 'send', message: 'reply' },
        { kind: 'invoke', input: { heard: 2, turn: 0 } },
      ],
    )
  })

  test('remembers what it read of a reservation as observed, with its source', () => {
    const agent = listening()
    agent.hear(told('hello'))
    agent.hear(modelSays({ calls: [cancel], parts: 1 }))
    const value = {
      reservation_id: 'ABC123',
      cabin: 'economy',
      origin: 'JFK',
      destination: 'SEA',
      created_at: '2024-05-01T00:00:00',
      insurance: 'no',
    }
    const effects = agent.hear({
      type: 'parapet.result',
      id: 'call-7',
      tool: 'get_reservation_details',
      value,
    })
    expect(only(effects, 'remember')).toMatchObject([
      {
        what: 'reservation',
        fields: { standing: 'observed', sources: ['call-7'], reservation_id: 'ABC123' },
      },
    ])
  })

  test('hands over when its model fails or has nothing to say', () => {
    for (const event of [
      modelSays({ calls: [], parts: 0 }),
      modelSays('nonsense'),
      { type: 'xstate.error.actor.model', actorId: 'model', error: { message: 'down' } },
    ]) {
      const agent = listening()
      agent.hear(told('hello'))
      expect(only(agent.hear(event), 'send')).toMatchObject([{ message: 'handed_over' }])
      expect(agent.done).toBe(true)
    }
  })

  test('knows the policy’s checks on doing too much by their names', () => {
    const policy = readFileSync(POLICY_FILE, 'utf8')
    for (const check of TURN_CHECKS) expect(policy).toContain(`consistency "${check}"`)
  })
})

describe('the supervisor', () => {
  const asked = (approval: string, name: string, fields: JsonObject): Event => ({
    type: 'parapet.approval',
    approval,
    step: { name, fields },
    reasons: [],
    dueAt: 0,
  })

  test('decides after a moment, in order, by the desk’s fixed rules', () => {
    const agent = new Agent('supervisor', kernels.supervisor)
    const [timer] = only(agent.hear(asked('a1', 'send_certificate', { amount: 100 })), 'schedule')
    expect(timer).toMatchObject({ kind: 'schedule', delayMs: 2_000 })
    expect(agent.hear(asked('a2', 'send_certificate', { amount: 900 }))).toEqual([])
    const decisions: unknown[] = []
    let due = timer
    while (due?.kind === 'schedule') {
      const effects = agent.hear(due.event)
      decisions.push(...only(effects, 'decide'))
      due = only(effects, 'schedule')[0]
    }
    expect(decisions).toMatchObject([
      { kind: 'decide', approval: 'a1', grant: true },
      { kind: 'decide', approval: 'a2', grant: false },
    ])
  })

  test('finishes when the case is closed', () => {
    const agent = new Agent('supervisor', kernels.supervisor)
    agent.hear({ type: 'case_closed', from: 'gateway' })
    expect(agent.done).toBe(true)
  })

  test('has the gateway take leave of a customer whose clerk was stopped', () => {
    const agent = new Agent('supervisor', kernels.supervisor)
    const effects = agent.hear({ type: 'parapet.escalated', agent: 'c/clerk', why: 'denied too often' })
    expect(effects).toMatchObject([{ kind: 'send', to: 'gateway', message: 'handed_over' }])
  })
})

describe('the desk', () => {
  const dataDir = join(import.meta.dirname, 'data')
  const recordings = readRecordings(join(dataDir, 'conversations.jsonl.gz'))
  if (recordings.kind === 'unreadable') throw recordings.cause
  const everyone = [...recordings.conversations.values()]

  test('serves every recorded customer to the end, with the writes that were recorded', () => {
    const airline = openAirline({ dataDir, file: ':memory:' })
    onTestFinished(() => airline.close())
    for (const conversation of everyone) {
      const { id, events } = conversation
      const { gateway, clerk, supervisor } = serve(airline, conversation)
      expect({ id, gateway: gateway.done, clerk: clerk.done, supervisor: supervisor.done }).toEqual({
        id,
        gateway: true,
        clerk: true,
        supervisor: true,
      })
      const effective = events.filter((e) => e.kind === 'tool_call' && e.effect === true)
      expect(airline.effects(id).map((e) => [e.tool, e.args])).toEqual(effective.map((e) => [e.tool, e.args]))
    }
  })
})

/** A call and words to the customer in one turn. */
const doesTooMuch = (effects: readonly Effect[]): boolean =>
  effects.some((e) => e.kind === 'call') && effects.some((e) => e.kind === 'send' && e.message === 'reply')

/** A desk whose only policy is one thing at a time: what agents ask for happens at once, in order. */
function serve(airline: Airline, conversation: Conversation) {
  const agents = {
    gateway: new Agent('gateway', kernels.gateway),
    clerk: new Agent('clerk', kernels.clerk),
    supervisor: new Agent('supervisor', kernels.supervisor),
  }
  type Role = keyof typeof agents
  const isRole = (to: string): to is Role => Object.hasOwn(agents, to)
  const queue: { to: Role; event: Event }[] = []
  let serial = 0
  const customer = (n: number): void => {
    const text = customerSays(conversation, n)
    const event = text === undefined ? { type: 'customer_left' } : { type: 'customer_message', text }
    queue.push({ to: 'gateway', event: { ...event, from: 'customer' } })
  }
  const carryOut = (role: Role, effect: Effect): void => {
    if (effect.kind === 'send' && isRole(effect.to))
      queue.push({ to: effect.to, event: { ...effect.fields, type: effect.message, from: role } })
    if (effect.kind === 'answer' && effect.fields['final'] !== true)
      customer(Number(effect.fields['number']) + 1)
    if (effect.kind === 'invoke') {
      const answer = answerAsModel(conversation, effect.input)
      if (answer.kind === 'ok') queue.push({ to: role, event: modelSays(answer.value) })
    }
    if (effect.kind === 'call') {
      const { id, tool, args } = effect
      const outcome = airline.call(conversation.id, tool, args, `${conversation.id}#${serial++}`)
      const event: Event =
        outcome.kind === 'ok'
          ? { type: 'parapet.result', id, tool, value: outcome.value }
          : { type: 'parapet.failed', id, tool, error: outcome.error }
      queue.push({ to: role, event })
    }
  }
  customer(0)
  for (let next = queue.shift(); next !== undefined; next = queue.shift())
    for (const effect of agents[next.to].hear(next.event, doesTooMuch)) carryOut(next.to, effect)
  return agents
}
