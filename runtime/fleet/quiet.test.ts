import { expect, test } from 'vitest'
import { SimulatedProcess } from '#runtime/simulation/process.ts'
import { VirtualTime } from '#runtime/simulation/virtual-time.ts'
import { WhileQuiet } from './quiet.ts'

/** Times at which it looks, where something happens at the times of `stirs`. */
async function looksAt(untilMs: number, stirs: readonly number[], endMs = untilMs): Promise<number[]> {
  const time = new VirtualTime(0)
  const looks: number[] = []
  const quiet = new WhileQuiet(
    new SimulatedProcess('owner', time),
    5,
    40,
    async () => void looks.push(time.now),
  )
  quiet.begin()
  for (const at of stirs) time.after(at, () => quiet.stir())
  time.after(endMs, () => quiet.end())
  time.after(untilMs, () => {})
  await time.run(() => time.now >= untilMs)
  return looks
}

test('it looks less and less often while nothing happens', async () => {
  expect(await looksAt(200, [])).toEqual([5, 15, 35, 75, 115, 155, 195])
})

test('it does not look while something happens', async () => {
  expect(await looksAt(40, [1, 6, 11, 16, 21, 26, 31, 36])).toEqual([])
})

test('once quiet again it begins anew', async () => {
  expect(await looksAt(80, [36])).toEqual([5, 15, 35, 46, 56, 76])
})

test('what happens while it looks sets no second timer, and it begins anew', async () => {
  const time = new VirtualTime(0)
  const looks: number[] = []
  const quiet = new WhileQuiet(new SimulatedProcess('owner', time), 5, 40, async () => {
    looks.push(time.now)
    await new Promise<void>((resolve) => time.after(3, resolve))
  })
  quiet.begin()
  time.after(19, () => quiet.stir())
  time.after(60, () => quiet.end())
  await time.run(() => time.now >= 60)
  expect(looks).toEqual([5, 18, 31, 44])
})

test('it looks no more once it has ended', async () => {
  expect(await looksAt(200, [], 20)).toEqual([5, 15])
})
