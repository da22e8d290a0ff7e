import { expect, test } from 'vitest'
import { type Committed, openBatches } from './batches.ts'

const limits = { rowsMax: 4, bytesMax: 100, queueRowsMax: 8 }

/** A commit that waits until it is let go, and remembers what it was given. */
function aStore(result: Committed = { kind: 'committed' }) {
  const batches: (readonly string[])[] = []
  let letGo = () => {}
  const held = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const commit = async (items: readonly string[]) => {
    batches.push(items)
    await held
    return result
  }
  return { batches, letGo: () => letGo(), commit }
}

test('what arrives during one write makes the next', async () => {
  const store = aStore()
  const lane = openBatches(limits, store.commit)
  const first = lane.add(['a'], 1)
  await Promise.resolve()
  const rest = ['b', 'c', 'd'].map((item) => lane.add([item], 1))
  store.letGo()
  expect(await Promise.all([first, ...rest])).toEqual(Array(4).fill({ kind: 'committed' }))
  expect(store.batches).toEqual([['a'], ['b', 'c', 'd']])
})

test('a batch keeps to its rows and bytes, and never splits one write', async () => {
  const store = aStore()
  const lane = openBatches(limits, store.commit)
  const all = [
    lane.add(['a', 'b', 'c'], 1),
    lane.add(['d', 'e'], 1),
    lane.add(['f'], 100),
    lane.add(['g'], 200),
    lane.add(['h'], 1),
  ]
  store.letGo()
  await Promise.all(all)
  expect(store.batches).toEqual([['a', 'b', 'c'], ['d', 'e'], ['f'], ['g'], ['h']])
})

test('a full queue turns writes away until it has room', async () => {
  const store = aStore()
  const lane = openBatches(limits, store.commit)
  const kept = lane.add(Array(8).fill('x'), 1)
  expect(lane.add(['y'], 1)).toBeUndefined()
  store.letGo()
  await kept
  expect(await lane.add(['y'], 1)).toEqual({ kind: 'committed' })
})

test('work alone runs after what came before it and before what came after', async () => {
  const order: string[] = []
  const lane = openBatches<string>(limits, async (items) => {
    order.push(...items)
    return { kind: 'committed' }
  })
  void lane.add(['before'], 1)
  const alone = lane.alone(async () => {
    order.push('alone')
    return 7
  })
  await lane.add(['after'], 1)
  expect(order).toEqual(['before', 'alone', 'after'])
  expect(await alone).toBe(7)
})

test('a failure reaches every write of its batch and the lane goes on', async () => {
  const cause = new Error('disk full')
  let fail = true
  const lane = openBatches<string>(limits, async () => {
    const result: Committed = fail ? { kind: 'failed', cause } : { kind: 'committed' }
    fail = false
    return result
  })
  expect(await Promise.all([lane.add(['a'], 1), lane.add(['b'], 1)])).toEqual([
    { kind: 'failed', cause },
    { kind: 'failed', cause },
  ])
  await expect(lane.alone(() => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug')
  expect(await lane.add(['c'], 1)).toEqual({ kind: 'committed' })
})
