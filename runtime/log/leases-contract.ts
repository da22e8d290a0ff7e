/** What every implementation of leases keeps, as a suite to be run against each of them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LeaseChange, Leases } from './leases.ts'

export interface LeaseBroker extends AsyncDisposable {
  /** Another daemon's view of the same leases. */
  open(): Promise<Leases>
}

/** Collects what a watch hears and lets a test wait for the n-th change. */
class Heard {
  readonly changes: LeaseChange[] = []
  readonly #waiting: { count: number; wake: () => void }[] = []

  readonly listener = (change: LeaseChange): void => {
    this.changes.push(change)
    for (const { count, wake } of this.#waiting) if (this.changes.length >= count) wake()
  }

  async until(count: number): Promise<readonly LeaseChange[]> {
    if (this.changes.length < count) await new Promise<void>((wake) => this.#waiting.push({ count, wake }))
    return this.changes
  }

  said(): (string | undefined)[][] {
    return this.changes.map(({ key, value }) => [key, value])
  }
}

export function leasesContract(name: string, start: () => Promise<LeaseBroker>): void {
  describe(`${name} keep the leases' contract`, () => {
    let broker: LeaseBroker
    let one: Leases
    let two: Leases
    let keys = 0
    const fresh = (): string => `key-${++keys}`
    beforeAll(async () => {
      broker = await start()
      one = await broker.open()
      two = await broker.open()
    })
    afterAll(async () => {
      await broker[Symbol.asyncDispose]()
    })

    /** Hears only of `key`, from what stands on. */
    async function watching(leases: Leases, key: string): Promise<Heard> {
      const heard = new Heard()
      await leases.watch((change) => {
        if (change.key === key) heard.listener(change)
      })
      return heard
    }

    test('of two who take a free key one holds it, and both hear who', async () => {
      const key = fresh()
      const [a, b] = [await watching(one, key), await watching(two, key)]
      const taken = await Promise.all([one.acquire(key, 'one', 0), two.acquire(key, 'two', 0)])
      expect(taken.map(({ kind }) => kind).toSorted()).toEqual(['held', 'lost'])
      const holder = taken[0].kind === 'held' ? 'one' : 'two'
      await a.until(1)
      await b.until(1)
      expect([a.said(), b.said()]).toEqual([[[key, holder]], [[key, holder]]])
    })

    test('a held key is taken over only from where it stands', async () => {
      const key = fresh()
      const heard = await watching(two, key)
      await one.acquire(key, 'one', 0)
      const first = (await heard.until(1))[0]!
      await one.renew(key, 'one, still')
      expect(await two.acquire(key, 'two', first.revision)).toEqual({ kind: 'lost' })
      const second = (await heard.until(2))[1]!
      expect(second.revision).toBeGreaterThan(first.revision)
      expect(await two.acquire(key, 'two', second.revision)).toEqual({ kind: 'held' })
      await heard.until(3)
      expect(heard.said()).toEqual([
        [key, 'one'],
        [key, 'one, still'],
        [key, 'two'],
      ])
    })

    test('a released key is heard of as free and can be taken again; a late release changes nothing', async () => {
      const key = fresh()
      const heard = await watching(two, key)
      await one.acquire(key, 'one', 0)
      const held = (await heard.until(1))[0]!
      expect(await one.release(key, held.revision)).toEqual({ kind: 'held' })
      const free = (await heard.until(2))[1]!
      expect(free.value).toBeUndefined()
      expect(await two.acquire(key, 'two', free.revision)).toEqual({ kind: 'held' })
      expect(await one.release(key, held.revision)).toEqual({ kind: 'lost' })
      await heard.until(3)
      expect(heard.said()).toEqual([
        [key, 'one'],
        [key, undefined],
        [key, 'two'],
      ])
    })

    test('who comes later hears the newest of each key, in the order of writing', async () => {
      const [first, second] = [fresh(), fresh()]
      await one.acquire(first, 'a', 0)
      await one.acquire(second, 'b', 0)
      await one.renew(first, 'c')
      const heard = new Heard()
      await two.watch((change) => {
        if (change.key === first || change.key === second) heard.listener(change)
      })
      await heard.until(2)
      expect(heard.said()).toEqual([
        [second, 'b'],
        [first, 'c'],
      ])
    })

    test('what stands under a key can be asked for', async () => {
      const key = fresh()
      expect(await two.look(key)).toEqual({ kind: 'none' })
      const heard = await watching(two, key)
      await one.acquire(key, 'one', 0)
      const [held] = await heard.until(1)
      expect(await two.look(key)).toEqual({ kind: 'stands', change: held })
      await one.release(key, held!.revision)
      const [, free] = await heard.until(2)
      expect(await two.look(key)).toEqual({ kind: 'stands', change: free })
    })

    test('a forgotten key is as if it had never been written', async () => {
      const key = fresh()
      await one.renew(key, 'one')
      await one.forget(key)
      const heard = await watching(two, key)
      expect(await two.acquire(key, 'two', 0)).toEqual({ kind: 'held' })
      await heard.until(1)
      expect(heard.said()).toEqual([[key, 'two']])
    })

    test('a closed watch hears nothing more', async () => {
      const key = fresh()
      const heard = new Heard()
      const watch = await two.watch(heard.listener)
      const witness = await watching(one, key)
      await watch.close()
      const before = heard.changes.length
      await one.renew(key, 'one')
      await witness.until(1)
      expect(heard.changes.length).toBe(before)
    })

    test('keys and values that cannot be kept are the bug they are', async () => {
      await expect(one.renew('a b', 'x')).rejects.toThrow(RangeError)
      await expect(one.acquire('a', '', 0)).rejects.toThrow(RangeError)
      await expect(one.renew('a', 'x'.repeat(20_000))).rejects.toThrow(RangeError)
    })
  })
}
