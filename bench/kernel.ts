/**
 * The kernel against XState alone: the same machine, the same events, in one process, in turns.
 * `raw` is `machine.transition` on a reused scope that drops everything; `kernel` captures effects and state moves.
 *
 *   node --expose-gc bench/kernel.ts
 */
import { assign, createActor, setup } from 'xstate'
import { effects } from '#agents/effects.ts'
import { createKernel, type KernelSnapshot } from '#runtime/kernel/kernel.ts'

const ROUNDS = 15
const STEPS = 20_000
const AGENT = { id: 'bench/clerk' }

const machine = setup({
  types: {
    context: {} as { turns: number; open: number },
    events: {} as { type: 'ask'; text: string } | { type: 'result'; value: number } | { type: 'tick' },
  },
  actions: effects,
}).createMachine({
  id: 'clerk',
  context: { turns: 0, open: 0 },
  initial: 'idle',
  states: {
    idle: {
      on: {
        ask: {
          target: 'busy',
          actions: [
            assign({ turns: ({ context }) => context.turns + 1 }),
            { type: 'call', params: ({ event }) => ({ tool: 'lookup', args: { text: event.text } }) },
          ],
        },
      },
    },
    busy: {
      on: {
        result: {
          target: 'idle',
          actions: {
            type: 'send',
            params: ({ event }) => ({ to: 'gateway', message: 'reply', fields: { value: event.value } }),
          },
        },
      },
    },
  },
})

const events = [
  { type: 'ask', text: 'where is my order?' },
  { type: 'result', value: 7 },
] as const

// ------------------------------------------------------------------ the two ways

const idle = createActor(machine)
const scope = {
  self: idle,
  id: idle.id,
  sessionId: idle.sessionId,
  logger: () => {},
  defer: () => {},
  emit: () => {},
  system: idle.system,
  stopChild: () => {},
  actionExecutor: () => {},
}
let rawState = machine.getInitialSnapshot(scope)
function raw(): void {
  for (let i = 0; i < STEPS; i++) rawState = machine.transition(rawState, events[i & 1]!, scope)
}

const kernel = createKernel(machine)
const started = kernel.start(AGENT, null)
if (started.kind === 'refused') throw new Error(started.message)
let snapshot: KernelSnapshot = started.snapshot
let captured = 0
function kerneled(): void {
  for (let i = 0; i < STEPS; i++) {
    const stepped = kernel.step(AGENT, snapshot, events[i & 1]!, 'outside')
    if (stepped.kind === 'refused') throw new Error(stepped.message)
    captured += stepped.effects.length + stepped.moves.length
    snapshot = stepped.snapshot
  }
}

const packed = kernel.pack(snapshot)
function packing(): void {
  for (let i = 0; i < STEPS; i++) JSON.stringify(kernel.pack(snapshot))
}
const text = JSON.stringify(packed)
function unpacking(): void {
  for (let i = 0; i < STEPS; i++) kernel.unpack(AGENT, JSON.parse(text))
}

// ------------------------------------------------------------------ measuring

function nanoseconds(run: () => void): number {
  globalThis.gc?.()
  const began = process.hrtime.bigint()
  run()
  return Number(process.hrtime.bigint() - began) / STEPS
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

const ways = { raw, kernel: kerneled, 'pack + stringify': packing, 'parse + unpack': unpacking }
const taken = new Map<string, number[]>()
for (let round = -3; round < ROUNDS; round++)
  for (const [name, run] of Object.entries(ways)) {
    const ns = nanoseconds(run)
    if (round >= 0) taken.set(name, [...(taken.get(name) ?? []), ns])
  }

for (const [name, ns] of taken) {
  const middle = median(ns)
  console.log(`${name.padEnd(18)} ${(middle / 1000).toFixed(2)} µs  ${Math.round(1e6 / middle)} k/s`)
}
const ratios = taken.get('kernel')!.map((ns, i) => ns / taken.get('raw')![i]!)
console.log(`kernel / raw       ${median(ratios).toFixed(2)} ×  (${captured} effects and moves captured)`)
console.log(`packed             ${text.length} characters`)
