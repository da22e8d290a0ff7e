import { expect, test } from 'vitest'
import { concernsPolicy } from './test-policies.ts'
import { QUIET_MS, watchFiles } from './watch.ts'

/** A clock that is moved by hand. */
function handClock() {
  let now = 0
  let timers: { at: number; call: () => void }[] = []
  return {
    after(ms: number, call: () => void) {
      const timer = { at: now + ms, call }
      timers.push(timer)
      return () => {
        timers = timers.filter((one) => one !== timer)
      }
    },
    move(ms: number) {
      now += ms
      const due = timers.filter(({ at }) => at <= now)
      timers = timers.filter(({ at }) => at > now)
      for (const { call } of due) call()
    },
  }
}

function watched() {
  const clock = handClock()
  let runs = 0
  let tell: (name: string) => void = () => {}
  let open = 0
  const stop = watchFiles(
    ['/p/refunds.parapet'],
    concernsPolicy,
    () => runs++,
    clock,
    (_, changed) => {
      open++
      tell = changed
      return () => open--
    },
  )
  return { clock, tell: (name: string) => tell(name), runs: () => runs, stop, open: () => open }
}

test('a burst of changes runs once, after it', () => {
  const { clock, tell, runs } = watched()
  tell('refunds.parapet')
  clock.move(QUIET_MS - 1)
  tell('refunds.cases.yaml')
  clock.move(QUIET_MS - 1)
  expect(runs()).toBe(0)
  clock.move(1)
  expect(runs()).toBe(1)
  tell('refunds.limits.cases.yaml')
  clock.move(QUIET_MS)
  expect(runs()).toBe(2)
})

test('changes of other files are none', () => {
  const { clock, tell, runs } = watched()
  tell('other.parapet')
  tell('refunds.md')
  clock.move(QUIET_MS)
  expect(runs()).toBe(0)
})

test('after stopping nothing is watched or run', () => {
  const { clock, tell, runs, stop, open } = watched()
  tell('refunds.parapet')
  stop()
  clock.move(QUIET_MS)
  expect([runs(), open()]).toEqual([0, 0])
})
