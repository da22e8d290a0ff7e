/** Machines the kernel's tests run: between them, everything a statechart can do. */
import { and, assign, enqueueActions, fromPromise, not, raise, setup, stateIn } from 'xstate'
import { effects } from '#agents/effects.ts'
import type { Machine } from './kernel.ts'

interface Count {
  count: number
  seen: string[]
}
type Letters = { type: 'A' } | { type: 'B' } | { type: 'C' } | { type: 'D'; n: number }

const kit = setup({
  types: { context: {} as Count, events: {} as Letters },
  actions: {
    ...effects,
    sawDone: assign(({ context }: { context: Count }) => ({ seen: [...context.seen, 'done'] })),
  },
  actors: { task: fromPromise<string, { n: number }>(() => new Promise(() => {})) },
  delays: { soon: ({ context }) => 10 + context.count },
  guards: {
    every: ({ context }, n: number) => context.count % n === 0,
    isOver: ({ context }, { max }: { max: number }) => context.count > max,
  },
})
const count = (by = 1) => kit.assign(({ context }) => ({ count: context.count + by }))
const see = (what: string) => kit.assign(({ context }) => ({ seen: [...context.seen.slice(-9), what] }))

const context: Count = { count: 0, seen: [] }

/** Regions entered in any order, each with its own `always`: the order of their actions is observable. */
const parallel = kit.createMachine({
  id: 'parallel',
  context,
  type: 'parallel',
  states: {
    left: {
      initial: 'one',
      states: {
        one: { entry: see('left.one'), on: { A: 'two', D: { target: 'two', actions: count(2) } } },
        two: { on: { B: 'one' }, always: { guard: ({ context }) => context.count % 3 === 2, target: 'one' } },
      },
    },
    right: {
      initial: 'one',
      states: {
        one: { entry: see('right.one'), on: { A: { target: 'two', actions: count() }, C: '#parallel.left' } },
        two: {
          exit: see('right.two'),
          on: { A: 'one', B: { target: 'two', reenter: true, actions: count() } },
        },
      },
    },
    outer: {
      initial: 'in',
      on: { C: { target: '.in', actions: see('outer') } },
      states: { in: { entry: see('in'), on: { D: 'out' } }, out: { on: { A: 'in' } } },
    },
  },
})

const history = kit.createMachine({
  id: 'history',
  context,
  initial: 'work',
  states: {
    work: {
      initial: 'easy',
      on: { C: 'pause' },
      states: {
        easy: { on: { A: 'hard' } },
        hard: {
          initial: 'x',
          states: { x: { on: { A: 'y' } }, y: { entry: count(), on: { B: 'x' } } },
          on: { D: '#history.work.easy' },
        },
        back: { type: 'history' },
        deep: { type: 'history', history: 'deep' },
      },
    },
    pause: { on: { A: 'work.back', B: 'work.deep', C: 'work' } },
  },
})

const invoking = kit.createMachine({
  id: 'invoking',
  context,
  initial: 'idle',
  states: {
    idle: { on: { A: 'busy', B: { target: 'busy', actions: count() } } },
    busy: {
      invoke: {
        id: 'task',
        src: 'task',
        input: ({ context }) => ({ n: context.count }),
        onDone: { target: 'idle', actions: 'sawDone' },
        onError: 'idle',
      },
      on: {
        B: { target: 'busy', reenter: true },
        C: 'idle',
        D: {
          actions: enqueueActions(({ enqueue }) =>
            enqueue.spawnChild('task', { id: 'side', input: { n: 1 } }),
          ),
        },
      },
    },
  },
})

const timed = kit.createMachine({
  id: 'timed',
  context,
  initial: 'wait',
  states: {
    wait: {
      after: { 1000: { target: 'late', actions: see('late') }, soon: { actions: see('soon') } },
      on: { A: 'late', B: { target: 'wait', reenter: true } },
    },
    late: {
      entry: raise({ type: 'C' }, { delay: 50, id: 'nudge' }),
      on: { A: 'wait', C: { actions: count() }, B: { actions: kit.cancel('nudge') } },
    },
  },
})

const raising = kit.createMachine({
  id: 'raising',
  context,
  initial: 'a',
  on: { D: { actions: [count(3), raise({ type: 'B' })] } },
  states: {
    a: { on: { A: { target: 'b', actions: raise({ type: 'B' }) } } },
    b: { entry: see('b'), on: { B: { target: 'c', actions: [raise({ type: 'C' }), count()] } } },
    c: { on: { C: { target: 'd', actions: count() } } },
    d: {
      always: [
        { guard: ({ context }) => context.count > 12, target: 'z' },
        { target: 'a', actions: see('d') },
      ],
    },
    z: { type: 'final', output: ({ context }) => context.count },
  },
  output: ({ context }) => ({ count: context.count }),
})

const enqueuing = kit.createMachine({
  id: 'enqueuing',
  version: '2',
  context,
  initial: 'on',
  states: {
    on: {
      on: {
        A: {
          actions: enqueueActions(({ context, enqueue, check }) => {
            enqueue.assign({ count: context.count + 1 })
            if (check(({ context }) => context.count > 2)) enqueue.raise({ type: 'B' })
            enqueue({ type: 'call', params: { tool: 'look', args: { n: context.count } } })
          }),
        },
        B: {
          target: 'off',
          actions: { type: 'answer', params: { to: 'customer', fields: { text: 'off' } } },
        },
        D: { actions: { type: 'remember', params: ({ event }) => ({ what: 'n', fields: { n: event.n } }) } },
      },
    },
    off: {
      entry: {
        type: 'send',
        params: ({ context }) => ({ to: 'boss', message: 'off', fields: { n: context.count } }),
      },
      on: { '*': { target: 'on', actions: see('any') }, C: undefined },
    },
  },
})

/** What goes by table (`runtime/kernel/table.ts`), beside what looks like it and does not. */
const plain = kit.createMachine({
  id: 'plain',
  context,
  initial: 'out',
  on: { D: { target: '.in.deep', actions: [count(2), { type: 'answer', params: { to: 'a' } }] } },
  states: {
    out: {
      entry: [
        see('out'),
        { type: 'recall', params: ({ context }) => ({ what: 'n', fields: { n: context.count } }) },
      ],
      exit: count(),
      on: { A: 'in', B: { actions: ['sawDone', ({ event }) => event.type] } },
    },
    in: {
      initial: 'shallow',
      entry: see('in'),
      exit: { type: 'call', params: ({ context }) => ({ tool: 'leave', args: { n: context.count } }) },
      on: { C: { target: 'in', reenter: true, actions: count() }, B: undefined },
      states: {
        shallow: {
          on: { A: 'deep', B: [{ guard: ({ context }) => context.count % 2 === 0, target: '#plain.out' }] },
        },
        deep: {
          initial: 'deeper',
          states: {
            deeper: { exit: see('deeper'), on: { A: '#plain.spawning', '*': { actions: count() } } },
          },
        },
      },
    },
    spawning: {
      entry: ({ context }) => context,
      on: {
        A: {
          actions: kit.assign(({ spawn, context }) => ({
            count: context.count + Number(spawn('task', { id: 'x', input: { n: 1 } }).id === 'x'),
          })),
        },
        B: {
          target: 'out',
          actions: kit.assign({ seen: () => ['b'], count: ({ context }) => context.count + 1 }),
        },
      },
    },
  },
})

/** Guards of every kind, and states that are left as soon as they are entered, or would be left for ever. */
const deciding = kit.createMachine({
  id: 'deciding',
  context,
  initial: 'free',
  entry: count(),
  on: {
    D: [
      { guard: ({ event }) => event.type === 'D' && event.n > 9, target: '.free' },
      {
        guard: { type: 'isOver', params: { max: 6 } },
        target: '.free',
        reenter: true,
        actions: see('again'),
      },
      { guard: not({ type: 'every', params: 2 }), target: '.busy.sorting', actions: count(2) },
      { actions: count() },
    ],
  },
  states: {
    free: {
      always: [
        {
          guard: { type: 'isOver', params: ({ context }) => ({ max: 20 - context.seen.length }) },
          target: 'over',
        },
        {
          guard: and([{ type: 'every', params: 3 }, ({ context }) => context.count > 0]),
          target: 'busy',
          actions: [
            count(),
            { type: 'answer', params: ({ context }) => ({ to: 'a', fields: { n: context.count } }) },
          ],
        },
      ],
      on: {
        A: [
          { guard: { type: 'every', params: 2 }, target: 'busy', actions: see('even') },
          { target: 'busy.sorting', actions: [see('odd'), count()] },
        ],
        B: { guard: stateIn('free'), actions: count() },
        C: { guard: ({ context }) => context.count < 0, target: 'busy' },
      },
    },
    busy: {
      initial: 'working',
      entry: see('busy'),
      exit: count(),
      always: { guard: ({ event }) => event.type === 'C', target: 'free' },
      on: { A: { target: 'free', actions: raise({ type: 'B' }) } },
      states: {
        working: { on: { B: 'sorting', C: 'ended' } },
        sorting: {
          always: [
            { guard: { type: 'every', params: 5 }, target: 'working', actions: see('five') },
            { guard: ({ context }) => context.count % 7 === 1, actions: [see('seven'), count()] },
            {
              guard: ({ context }) => context.count % 7 === 2,
              target: 'sorting',
              reenter: true,
              actions: { type: 'recall', params: { what: 'n' } },
            },
          ],
          on: { A: { actions: count() }, B: '#deciding.free' },
        },
        ended: { type: 'final' },
      },
      onDone: { target: 'free', actions: 'sawDone' },
    },
    over: { on: { A: 'busy' }, always: { guard: ({ context }) => context.count > 40, target: 'full' } },
    full: { type: 'final' },
  },
})

/** Its functions throw now and then; a running actor would end. */
export const THROWING: Machine = kit.createMachine({
  id: 'throwing',
  context,
  initial: 'one',
  states: {
    one: {
      on: {
        A: {
          target: 'two',
          actions: kit.assign(({ context }) => {
            if (context.count % 3 === 1) throw new Error('an assign')
            return { count: context.count + 1 }
          }),
        },
        B: { guard: () => JSON.parse('a guard') === 1, actions: count() },
        C: 'three',
      },
    },
    two: {
      exit: count(),
      on: {
        A: 'one',
        B: {
          actions: {
            type: 'answer',
            params: ({ context }) => {
              if (context.count % 2 === 0) throw new Error('params')
              return { to: 'customer' }
            },
          },
        },
        C: { actions: { type: 'answer', params: { to: '' } } },
        D: { target: 'one', actions: kit.assign({ seen: () => [JSON.parse('NaN')] }) },
      },
    },
    three: {
      always: { guard: ({ context }) => context.count % 2 === 0 || JSON.parse('odd') === 1, target: 'two' },
    },
  },
})

export const MACHINES: readonly Machine[] = [
  parallel,
  history,
  invoking,
  timed,
  raising,
  enqueuing,
  plain,
  deciding,
]

/** Everything the machines listen to, and something none of them does. */
export const EVENTS = [
  { type: 'A' },
  { type: 'B' },
  { type: 'C' },
  { type: 'D', n: 7 },
  { type: 'unheard of' },
  { type: 'xstate.done.actor.task', output: 'ok', actorId: 'task' },
  { type: 'xstate.after.1000.timed.wait' },
  { type: 'xstate.after.soon.timed.wait' },
] as const
