import { expect, test } from 'vitest'
import { ANY, type Known } from '#dsl/prove/sketch.ts'
import { enqueued, written } from './written.ts'

const is = (value: string | number | boolean | null): Known => ({ kind: 'is', value })
const record = (fields: Readonly<Record<string, Known>>, open = false): Known => ({
  kind: 'record',
  fields,
  open,
})
const helper = (): { tool: string } => ({ tool: 'x' })
const rest = (): Partial<{ id: string; tool: string }> => ({})
const yes = Date.length > 0

test('literals and records of them are read, what is computed may be any value', () => {
  expect(written(() => ({ tool: 'pay', args: { n: 1, to: helper(), deep: { yes: true } } }))).toEqual(
    record({ tool: is('pay'), args: record({ n: is(1), to: ANY, deep: record({ yes: is(true) }) }) }),
  )
  expect(
    written(({ event }: { event: { to: string } }) => {
      return { tool: 'pay', to: event.to }
    }),
  ).toEqual(record({ tool: is('pay'), to: ANY }))
})

test('what is spread in may stand in place of all before it', () => {
  expect(written(() => ({ id: 'b', tool: yes ? 'a' : 'b', ...rest(), to: 'a' }))).toEqual(
    record({ id: ANY, tool: ANY, to: is('a') }, true),
  )
})

test('a function that is written otherwise may give anything', () => {
  const twoWays = () => (yes ? { tool: 'pay' } : { tool: 'look' })
  function named() {
    return { tool: 'pay' }
  }
  const block = () => {
    if (yes) return { tool: 'look' }
    return { tool: 'pay' }
  }
  for (const one of [twoWays, named, block, helper, () => helper(), () => ({ tool: yes ? 'a' : 'b' }).tool])
    if (one !== helper) expect(written(one)).toEqual(ANY)
  expect(written(() => ({ tool: yes ? 'a' : 'b', id: `x${1}` }))).toEqual(ANY)
  expect(written(() => ({ tool: 'a'.concat('b'), id: 'c' }))).toEqual(record({ tool: ANY, id: is('c') }))
})

test('what is enqueued is read where `enqueue` is called with what is written out, and nowhere else', () => {
  type Enqueue = (action: unknown) => void
  const pay = { kind: 'record', fields: { type: { kind: 'is', value: 'pay' } }, open: false }
  expect(
    enqueued(({ enqueue, check }: { enqueue: Enqueue; check: () => boolean }) => {
      if (check()) enqueue({ type: 'pay' })
    }),
  ).toEqual([pay])
  // Handed on, it may enqueue anything.
  expect(enqueued(({ enqueue }: { enqueue: Enqueue }) => [1].forEach(enqueue))).toBeUndefined()
  expect(enqueued(({ enqueue: put }: { enqueue: Enqueue }) => put({ type: 'pay' }))).toBeUndefined()
})
