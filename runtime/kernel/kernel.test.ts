import { describe, expect, test } from 'vitest'
import {
  type AnyStateMachine,
  assign,
  cancel,
  createMachine,
  emit,
  enqueueActions,
  fromCallback,
  fromPromise,
  fromTransition,
  log,
  type MachineContext,
  raise,
  sendParent,
  sendTo,
  setup,
  spawnChild,
  stopChild,
} from 'xstate'
import { source } from '#agents/effects.ts'
import { createKernel, type Kernel, type KernelOptions, type Macrostep, type Stepped } from './kernel.ts'

const AGENT = { id: 'c1/clerk' }

function taken(stepped: Stepped): Macrostep {
  if (stepped.kind === 'refused') throw new Error(`${stepped.code}: ${stepped.message}`)
  return stepped
}

/** Starts the machine and gives it `GO` from outside. */
function go(machine: AnyStateMachine, options?: KernelOptions): Stepped {
  const kernel = createKernel(machine, options)
  return kernel.step(AGENT, taken(kernel.start(AGENT, null)).snapshot, { type: 'GO' }, 'outside')
}

type OnGo = NonNullable<Parameters<typeof createMachine>[0]['entry']>

/** One state that does `actions` on `GO`, and knows the source `task`. */
function doing(actions: OnGo): AnyStateMachine {
  return createMachine({
    id: 'm',
    initial: 'here',
    context: { n: 1 } as MachineContext,
    states: { here: { on: { GO: { actions } } } },
  }).provide({ actors: { task: source<string>() } })
}

describe('nothing acts', () => {
  test('actions, children, timers, emits and sends of a machine leave the world as it was', () => {
    const world: string[] = []
    const act = (what: string) => () => {
      world.push(what)
    }
    const machine = setup({
      actors: {
        promise: fromPromise(async () => act('promise')()),
        callback: fromCallback(() => act('callback')()),
        reducer: fromTransition((state) => state, act('reducer')),
        nested: createMachine({
          entry: act('nested entry'),
          context: () => ({ at: world.push('nested context') }),
        }),
      },
      actions: { declared: act('declared') },
    }).createMachine({
      initial: 'before',
      entry: act('entry'),
      states: {
        before: {
          exit: act('exit'),
          on: { GO: { target: 'after', actions: ['declared', act('transition')] } },
        },
        after: {
          entry: [
            act('entry'),
            log(() => 'a line'),
            emit({ type: 'shout' }),
            raise({ type: 'LATER' }, { delay: 1 }),
            spawnChild('reducer', { id: 'r' }),
          ],
          after: { 1: { actions: act('after') } },
          invoke: [{ src: 'promise' }, { src: 'callback' }, { src: 'nested', id: 'nested' }],
        },
      },
    })
    const step = taken(go(machine))
    expect(world).toEqual([])
    expect(step.effects.map(({ kind }) => kind)).toEqual([
      'unknown',
      'unknown',
      'unknown',
      'unknown',
      'emit',
      'schedule',
      'invoke',
      'schedule',
      'invoke',
      'invoke',
      'invoke',
    ])
  })

  test('children given as code are refused before any of it runs', () => {
    const world: string[] = []
    const code = fromTransition(
      (state) => state,
      () => world.push('ran'),
    )
    const spawned = assign(({ spawn }: { spawn: (logic: typeof code) => unknown }) => {
      spawn(code)
      return {}
    })
    const invoked = createMachine({
      initial: 'a',
      states: { a: { on: { GO: 'b' } }, b: { invoke: { src: code } } },
    })
    for (const machine of [invoked, doing(spawnChild(code, { id: 'x' })), doing(spawned)])
      expect(go(machine)).toMatchObject({
        kind: 'refused',
        code: 'unsupported',
        message: expect.stringContaining('as code'),
      })
    expect(world).toEqual([])
  })

  test('a refused step leaves the snapshot as it was', () => {
    const kernel = createKernel(doing([assign({ n: 2 }), sendParent({ type: 'HI' })]))
    const { snapshot } = taken(kernel.start(AGENT, null))
    const before = JSON.stringify(kernel.pack(snapshot))
    expect(kernel.step(AGENT, snapshot, { type: 'GO' }, 'outside').kind).toBe('refused')
    expect(JSON.stringify(kernel.pack(snapshot))).toBe(before)
  })
})

describe('what a machine wants becomes data', () => {
  test('the six effects carry their params, and calls without an id get one', () => {
    const { effects } = taken(
      go(
        doing([
          { type: 'call', params: { tool: 'look', args: { order: 'A1', note: undefined } } },
          { type: 'call', params: { tool: 'look', id: 'mine' } },
          { type: 'send', params: { to: 'boss', message: 'hello', fields: { n: 1 } } },
          { type: 'answer', params: { to: 'customer', fields: { text: 'hi' } } },
          { type: 'remember', params: { what: 'fact', fields: { a: [1, null] } } },
          { type: 'recall', params: { what: 'fact' } },
          { type: 'decide', params: { approval: 'p1', grant: false } },
        ]),
      ),
    )
    expect(effects).toEqual([
      { kind: 'call', id: 'c0', tool: 'look', args: { order: 'A1' } },
      { kind: 'call', id: 'mine', tool: 'look', args: {} },
      { kind: 'send', to: 'boss', message: 'hello', fields: { n: 1 } },
      { kind: 'answer', to: 'customer', fields: { text: 'hi' } },
      { kind: 'remember', what: 'fact', fields: { a: [1, null] } },
      { kind: 'recall', id: 'c1', what: 'fact', fields: {} },
      { kind: 'decide', approval: 'p1', grant: false, note: '' },
    ])
  })

  test('made-up ids never repeat within an agent, and are the same in every replay', () => {
    const run = (): string[] => {
      const kernel = createKernel(doing({ type: 'call', params: { tool: 'look' } }))
      let { snapshot } = taken(kernel.start(AGENT, null))
      return [1, 2, 3].flatMap(() => {
        const read = kernel.unpack(AGENT, kernel.pack(snapshot))
        if (read.kind === 'refused') throw new Error(read.message)
        const step = taken(kernel.step(AGENT, read.snapshot, { type: 'GO' }, 'outside'))
        snapshot = step.snapshot
        return step.effects.map((effect) => ('id' in effect ? effect.id : ''))
      })
    }
    expect(run()).toEqual(['c0', 'c1', 'c2'])
    expect(run()).toEqual(run())
  })

  test('sendTo by name is a message to that role, also inside enqueueActions', () => {
    const said = { kind: 'send', to: 'boss', message: 'HELP', fields: { why: 'stuck' } }
    const help = sendTo('boss', { type: 'HELP', why: 'stuck' })
    expect(taken(go(doing(help))).effects).toEqual([said])
    expect(taken(go(doing(enqueueActions(({ enqueue }) => enqueue(help))))).effects).toEqual([said])
    const toSelf = sendTo(({ self }) => self, { type: 'AGAIN' })
    expect(taken(go(doing(toSelf))).effects).toEqual([
      { kind: 'schedule', id: 't0', delayMs: 0, event: { type: 'AGAIN' } },
    ])
  })

  test('what starts and ends within one macrostep never was', () => {
    const { effects } = taken(
      go(
        doing([
          spawnChild('task', { id: 'x' }),
          stopChild('x'),
          raise({ type: 'LATER' }, { id: 'nudge', delay: 5 }),
          cancel('nudge'),
        ]),
      ),
    )
    expect(effects).toEqual([{ kind: 'cancel', id: 'nudge' }])
  })

  test('a child that has ended by itself is not stopped again', () => {
    const machine = setup({ actors: { task: source<string>() } }).createMachine({
      initial: 'busy',
      states: { busy: { invoke: { id: 'task', src: 'task', onDone: 'idle' }, on: { GO: 'idle' } }, idle: {} },
    })
    const kernel = createKernel(machine)
    const { snapshot, effects } = taken(kernel.start(AGENT, null))
    expect(effects).toEqual([{ kind: 'invoke', id: 'task', src: 'task', input: null }])
    const done = { type: 'xstate.done.actor.task', actorId: 'task', output: 'ok' }
    expect(taken(kernel.step(AGENT, snapshot, done, 'runtime')).effects).toEqual([])
    const left = taken(kernel.step(AGENT, snapshot, { type: 'GO' }, 'outside'))
    expect(left.effects).toEqual([{ kind: 'stop', id: 'task' }])
    const late = { type: 'xstate.error.actor.task', actorId: 'task', error: { message: 'late' } }
    expect(taken(kernel.step(AGENT, left.snapshot, late, 'runtime'))).toMatchObject({
      status: 'active',
      handled: false,
    })
    expect(taken(kernel.step(AGENT, snapshot, late, 'runtime'))).toMatchObject({
      status: 'error',
      error: 'late',
    })
  })
})

describe('moves and microsteps', () => {
  const machine = createMachine({
    initial: 'a',
    states: {
      a: { on: { GO: { target: 'b', actions: raise({ type: 'NEXT' }) } } },
      b: { initial: 'x', states: { x: { on: { NEXT: '#far' } } } },
      c: { id: 'far', always: 'd' },
      d: { on: { AGAIN: { target: 'd', reenter: true }, END: 'e', NOTHING: {} } },
      e: { type: 'final' },
    },
  })
  const kernel: Kernel = createKernel(machine)
  const gone = taken(kernel.step(AGENT, taken(kernel.start(AGENT, null)).snapshot, { type: 'GO' }, 'outside'))

  test('every state passed through is told, in order, raised events and always included', () => {
    expect(gone.moves.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
      'leaves a',
      'enters b',
      'enters b.x',
      'leaves b.x',
      'leaves b',
      'enters c',
      'leaves c',
      'enters d',
    ])
    expect(gone.events).toEqual([{ type: 'GO' }, { type: 'NEXT' }])
  })

  test('a state entered again is left and entered', () => {
    const again = taken(kernel.step(AGENT, gone.snapshot, { type: 'AGAIN' }, 'outside'))
    expect(again.moves).toEqual([
      { kind: 'leaves', state: 'd' },
      { kind: 'enters', state: 'd' },
    ])
  })

  test('a finished machine stays in its final state and hears nothing more', () => {
    const end = taken(kernel.step(AGENT, gone.snapshot, { type: 'END' }, 'outside'))
    expect(end).toMatchObject({ status: 'done', moves: [{ state: 'd' }, { kind: 'enters', state: 'e' }] })
    expect(taken(kernel.step(AGENT, end.snapshot, { type: 'GO' }, 'outside'))).toMatchObject({
      status: 'done',
      handled: false,
      effects: [],
    })
  })

  test('an event nobody hears changes nothing', () => {
    const step = taken(kernel.step(AGENT, gone.snapshot, { type: 'toString' }, 'outside'))
    expect(step).toMatchObject({ handled: false, moves: [], effects: [] })
    expect(step.snapshot).toBe(gone.snapshot)
  })
})

describe('refused', () => {
  test.each([
    'xstate.done.actor.task',
    'xstate.error.actor.task',
    'xstate.after.1.m.here',
    'xstate.stop',
    'xstate.route',
    'parapet.result',
  ])('`%s` from outside', (type) => {
    const kernel = createKernel(doing([]))
    const { snapshot } = taken(kernel.start(AGENT, null))
    expect(kernel.step(AGENT, snapshot, { type }, 'outside')).toMatchObject({
      kind: 'refused',
      code: 'forged',
    })
  })

  test.each(['xstate.stop', 'xstate.init', 'xstate.route', 'xstate.done.state.m'])(
    '`%s` even from the runtime',
    (type) => {
      const kernel = createKernel(doing([]))
      const { snapshot } = taken(kernel.start(AGENT, null))
      expect(kernel.step(AGENT, snapshot, { type }, 'runtime')).toMatchObject({ code: 'forged' })
    },
  )

  test('transitions that go in a circle', () => {
    const circle = createMachine({
      initial: 'a',
      states: { a: { on: { GO: 'b' } }, b: { always: 'c' }, c: { always: 'b' } },
    })
    expect(go(circle, { maxMicrosteps: 50 })).toMatchObject({
      code: 'endless',
      message: expect.stringContaining('50'),
    })
  })

  test('a machine that throws, with what it said', () => {
    const broken = assign(() => {
      throw new Error('no such order')
    })
    expect(go(doing(broken))).toEqual({ kind: 'refused', code: 'threw', message: 'no such order' })
    const kernel = createKernel(
      createMachine({
        context: () => {
          throw new Error('no input')
        },
      }),
    )
    expect(kernel.start(AGENT, null)).toEqual({ kind: 'refused', code: 'threw', message: 'no input' })
  })

  test.each<[string, OnGo, string]>([
    [
      'a date in params',
      { type: 'call', params: { tool: 'x', args: { at: new Date(0) } } },
      '`args.at` in the params of `call` is an instance of Date',
    ],
    [
      'a function in params',
      { type: 'send', params: { to: 'a', message: 'b', fields: { f: [() => 1] } } },
      '`fields.f[0]` in the params of `send` is a function',
    ],
    ['NaN in an emit', emit(() => ({ type: 'e', n: Number.NaN })), '`n` in the event `e` is the number NaN'],
    ['a call without a tool', { type: 'call', params: {} }, 'the action `call` needs `tool`'],
    [
      'an unnamed child in the context',
      assign(({ spawn }) => ({ child: spawn('task' as never) })),
      '`child` in the context is an instance of Actor',
    ],
    [
      'a map in the context',
      assign({ deep: [{ m: new Map() }] }),
      '`deep[0].m` in the context is an instance of Map',
    ],
    ['a parent', sendParent({ type: 'HI' }), 'an agent has none'],
    ['a delayed message', sendTo('boss', { type: 'HI' }, { delay: 1 }), 'delay a `raise`'],
    ['a child without an id', spawnChild('task'), 'has no `id`'],
    ['a child nobody named', spawnChild('other', { id: 'x' }), 'not named'],
    ['a systemId', spawnChild('task', { id: 'x', systemId: 's' }), 'systemId'],
    ['acting in an assign', assign(({ self }) => ({ sent: self.send({ type: 'GO' }) })), 'sends to itself'],
    ['a negative delay', raise({ type: 'X' }, { delay: -1 }), 'the delay of `X` is -1'],
  ])('%s', (_, actions, message) => {
    expect(go(doing(actions))).toMatchObject({ kind: 'refused', message: expect.stringContaining(message) })
  })

  test('state of another machine, another version, or of states that are gone', () => {
    const of = (id: string, version: string, state: string) =>
      createKernel(createMachine({ id, version, initial: state, states: { [state]: {} } }))
    const kernel = of('m', '1', 'a')
    const packed = kernel.pack(taken(kernel.start(AGENT, null)).snapshot)
    expect(kernel.unpack(AGENT, packed).kind).toBe('unpacked')
    expect(of('m', '2', 'a').unpack(AGENT, packed)).toMatchObject({
      message: 'the state is of `m 1`, the machine is `m 2`',
    })
    expect(of('n', '1', 'a').unpack(AGENT, packed)).toMatchObject({ code: 'other-machine' })
    expect(of('m', '1', 'b').unpack(AGENT, packed)).toMatchObject({ message: '`m` has no state "a"' })
    expect(kernel.unpack(AGENT, { ...packed, value: 'toString' }).kind).toBe('refused')
  })
})

test('a context shared by all agents cannot be changed in place', () => {
  const add = assign(({ context }) => ({ n: context.list.push('secret of c1') }))
  const machine = createMachine({
    context: { list: [], n: 0 } as MachineContext,
    on: { GO: { actions: add } },
  })
  expect(go(machine)).toMatchObject({ kind: 'refused', code: 'threw' })
})

describe('purity, checked', () => {
  test.each<[string, OnGo, string]>([
    ['a context changed in place', assign(({ context }) => ({ n: context.list.push(1) })), 'in place'],
    [
      'chance in params',
      { type: 'call', params: () => ({ tool: 'x', args: { n: Math.random() } }) },
      'differ in their effects',
    ],
    ['a counter outside', assign(() => ({ n: ++calls })), 'differ in their context'],
  ])('%s is found', (_, actions, message) => {
    const machine = createMachine({
      context: (): MachineContext => ({ list: [], n: 0 }),
      on: { GO: { actions } },
    })
    expect(go(machine, { checkPurity: true })).toMatchObject({
      code: 'impure',
      message: expect.stringContaining(message),
    })
    expect(go(machine).kind).toBe('stepped')
  })
})
let calls = 0
