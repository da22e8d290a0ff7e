/** What is claimed is held against every path of small machines under small policies, run on the real kernel and guard. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createJudge } from '#dsl/judge/create.ts'
import { groundOf } from '#dsl/lint/reason/conditions.ts'
import type { Plan } from '#dsl/plan/plan.ts'
import type { Machine } from '#runtime/kernel/kernel.ts'
import { reachOf } from './bounds.ts'
import { checkKey } from './checks.ts'
import { freeMachine } from './free-machine.ts'
import { createWorld, happeningsIn, type World } from './happenings.ts'
import { markMachine, shownTransition } from './machine.ts'
import { AT, proveAgent } from './prove.ts'
import { BEFORE, type Happening, type Setting, type Situation } from './situation.ts'
import { machineOf, machines, planOf, policies } from './small-machines.fixture.ts'
import { take } from './take.ts'
import { isTimed } from './time.ts'

// ------------------------------------------------------------------ all paths

const DEPTH = 6
const PATHS_MAX = 300

interface Seen {
  readonly passed: Set<string>
  readonly chosen: Set<string>
  readonly entered: Set<string>
  readonly spoke: Set<string>
  stopped: boolean
}

/** Times that no search would choose. */
function passing({ clock }: World, { snapshot, next }: Situation): Happening[] {
  if (!isTimed(clock) || !snapshot || next?.kind === 'told') return []
  return [1, 3 * 60_000, 11 * 60_000, 10 * 3_600_000].map((ms) => ({ kind: 'time', ms }))
}

/** Every path up to the depth, none left out because another came to the same. */
function allPaths(plan: Plan, machine: Machine): Seen {
  const marked = markMachine(machine)
  const setting: Setting = {
    role: 'clerk',
    kernel: marked.kernel,
    judge: createJudge(plan),
    input: null,
    at: AT,
    denialsMax: 5,
    restarts: false,
  }
  const alone = createWorld(plan, 'clerk', marked.hears, { at: AT })
  const world: World = { ...alone, ...alone.besideOthers }
  const seen: Seen = {
    passed: new Set(),
    chosen: new Set(),
    entered: new Set(),
    spoke: new Set(),
    stopped: false,
  }
  let level: Situation[] = [BEFORE]
  let paths = 0
  for (let depth = 0; depth < DEPTH; depth++) {
    const next: Situation[] = []
    for (const situation of level)
      for (const happening of [...happeningsIn(world, situation, new Set()), ...passing(world, situation)]) {
        if (++paths > PATHS_MAX) return seen
        const taken = take(setting, situation, happening)
        for (const mark of taken.chosen) {
          seen.chosen.add(mark)
          if (taken.outcome === 'passed') seen.passed.add(mark)
        }
        if (taken.outcome === 'passed')
          for (const { kind, state } of taken.moves) if (kind === 'enters') seen.entered.add(state)
        for (const verdict of taken.broken)
          for (const reason of verdict.reasons) seen.spoke.add(checkKey(reason))
        for (const { verdict } of taken.judged)
          for (const reason of verdict.reasons) seen.spoke.add(checkKey(reason))
        seen.stopped ||= taken.outcome === 'stopped'
        if (taken.after) next.push(taken.after)
      }
    level = next
  }
  return seen
}

const LATER = 'it may be broken by a deadline or the end'
const RUNS = 100

test('nothing happens on any path that is said never to happen, and small machines leave nothing unknown', () => {
  let decided = 0
  fc.assert(
    fc.property(policies, machines, (policy, drawn) => {
      const plan = planOf(policy)
      const machine = machineOf(drawn)
      const seen = allPaths(plan, machine)
      const { answers, gaps } = proveAgent(plan, 'clerk', machine, null, { statesMax: 150 })
      const entered = new Set([...seen.entered])
      const { transitions } = markMachine(machine)
      const passed = transitions.flatMap((one) => (seen.passed.has(one.mark) ? [shownTransition(one)] : []))
      for (const { claim, about, verdict, at } of answers) {
        if (verdict.kind === 'unknown') {
          expect(verdict.why).not.toContain('its path does not replay')
          // The machine alone may go further than was looked at.
          const other = verdict.why.filter((why) => why !== LATER && !why.startsWith('over '))
          if (gaps.length === 0) expect(other).toEqual([])
        }
        if (verdict.kind !== 'proved') continue
        decided++
        if (claim === 'cut-off' || claim === 'never-entered') expect(entered).not.toContain(about)
        if (claim === 'always-denied' || claim === 'out-of-reach' || claim === 'never-taken')
          expect(passed).not.toContain(about)
        if (claim === 'no-deadlock') expect(seen.stopped).toBe(false)
        if (claim === 'never-speaks') {
          const check = [...seen.spoke].find((key) => key.startsWith(`${about}@`))
          expect(check, `${about} at line ${at?.line}`).toBeUndefined()
        }
      }
    }),
    { numRuns: RUNS, seed: 1, endOnFailure: true },
  )
  expect(decided).toBeGreaterThan(RUNS)
})

test('all that happens on any path is within what a machine that is only read may do', () => {
  let followed = 0
  fc.assert(
    fc.property(policies, machines, (policy, drawn) => {
      const plan = planOf(policy)
      const machine = machineOf(drawn)
      const reach = reachOf(freeMachine(machine), groundOf(plan), 'clerk')
      if (!reach) return
      followed++
      const seen = allPaths(plan, machine)
      for (const mark of seen.chosen) expect(reach.chosen).toContain(mark)
      for (const mark of seen.passed) expect(reach.passed).toContain(mark)
      for (const state of seen.entered) expect(reach.entered).toContain(state)
      const checks = [...plan.rules, ...plan.consistencies].map(({ name }) => name)
      for (const key of seen.spoke)
        if (checks.includes(key.slice(0, key.indexOf('@')))) expect(reach.speaks).toContain(key)
      if (seen.stopped) expect(reach.denies).toBe(true)
    }),
    { numRuns: RUNS, seed: 2, endOnFailure: true },
  )
  expect(followed).toBe(RUNS)
})
