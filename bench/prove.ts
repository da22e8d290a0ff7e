/**
 * What proving costs, the solver's part at the end: situations a second, as a share of what the kernel alone steps in the same run, and how situations
 * grow with independent limits. Figures are of this machine; shares and growth are what counts.
 */
import { setup } from 'xstate'
import { effects } from '#agents/effects.ts'
import { canBe, conditionOf } from '#dsl/lint/reason/conditions.ts'
import { compile } from '#dsl/pipeline.ts'
import type { Plan } from '#dsl/plan/plan.ts'
import { source } from '#dsl/source.ts'
import { createKernel } from '#runtime/kernel/kernel.ts'
import { groundWith } from '#runtime/prove/inquiry.ts'
import { AT, proveAgent } from '#runtime/prove/prove.ts'
import { loadSolver } from '#runtime/prove/z3.ts'

const LIMITS_MAX = 4
const TIMES = 3

const letters = Array.from({ length: LIMITS_MAX }, (_, i) => String.fromCharCode(97 + i))

/** A machine that calls a tool for each letter it is told, under `limits` limits of three times each. */
const machine = setup({ types: {} as { events: { type: string } }, actions: effects }).createMachine({
  id: 'clerk',
  initial: 'open',
  states: {
    open: {
      on: Object.fromEntries(
        letters.map((letter) => [
          `tell_${letter}`,
          { actions: { type: 'remember', params: { what: letter, fields: {} } } },
        ]),
      ),
    },
  },
})

function policyWith(limits: number): Plan {
  const text = `policy "Bench" version 1
${letters.map((letter) => `message tell_${letter} {}`).join('\n')}
agent clerk { may receive ${letters.map((letter) => `tell_${letter}`).join(', ')} from client  may remember ${letters.join(', ')} }
${letters
  .slice(0, limits)
  .map((letter) => `consistency "${letter}" { clerk receives tell_${letter} at most ${TIMES} times }`)
  .join('\n')}
`
  const { plan, diagnostics } = compile(source(text, 'bench.parapet'))
  if (!plan) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  return plan
}

const kernel = createKernel(machine)
const started = kernel.start({ id: 'c/clerk' }, null)
if (started.kind !== 'stepped') throw new Error(started.message)
const STEPS = 100_000
const began = performance.now()
for (let i = 0; i < STEPS; i++)
  kernel.step({ id: 'c/clerk' }, started.snapshot, { type: 'tell_a' }, 'outside')
const raw = STEPS / ((performance.now() - began) / 1_000)
console.log(`kernel alone: ${Math.round(raw / 1_000)} k steps/s`)

for (let limits = 1; limits <= LIMITS_MAX; limits++) {
  const plan = policyWith(limits)
  const from = performance.now()
  const { states, gaps, answers } = proveAgent(plan, 'clerk', machine, null, { statesMax: 20_000, at: AT })
  const seconds = (performance.now() - from) / 1_000
  // Each situation was tried with every letter, on a kernel and a guard.
  const steps = (states * letters.length) / seconds
  const unknown = answers.filter(({ verdict }) => verdict.kind === 'unknown').length
  console.log(
    `${limits} ${limits === 1 ? 'limit' : 'limits'}: ${states} situations in ${seconds.toFixed(2)} s, ${Math.round(steps / 1_000)} k steps/s, ${((100 * steps) / raw).toFixed(1)} % of the kernel; ${unknown} unknown, ${gaps.length} gaps`,
  )
}

// Conditions that finite reasoning decides by itself, and such as need the solver: the same number of each.
const CONDITIONS = 200

function conditions(of: (limit: number) => string): Plan {
  const text = `policy "Conditions" version 1
tool pay(amount: money in USD, at most 100 USD, fee: money in USD, at most 50 USD)
agent clerk { may call pay }
${Array.from({ length: CONDITIONS }, (_, i) => `rule "r${i}" { when clerk calls pay and ${of(i + 1)} then deny }`).join('\n')}
`
  const { plan, diagnostics } = compile(source(text, 'bench.parapet'))
  if (!plan) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  return plan
}

const loadedFrom = performance.now()
const loaded = await loadSolver()
if (loaded.kind === 'missing') console.log(`no solver: ${loaded.why}`)
else {
  console.log(`solver: ${Math.round(performance.now() - loadedFrom)} ms to load, once for each process`)
  let asked = 0
  const solver = {
    run(commands: string) {
      asked++
      return loaded.solver.run(commands)
    },
  }
  const msEach = (plan: Plan): number => {
    const ground = groundWith(plan, solver)
    const since = performance.now()
    for (const { when } of plan.rules)
      canBe(
        [{ expr: when.where, of: conditionOf(when), wanted: true, certain: true }],
        { kind: 'calls', agent: 'clerk', name: 'pay', peer: undefined },
        'declared',
        ground,
      )
    return (performance.now() - since) / CONDITIONS
  }
  const finite = msEach(conditions((limit) => `amount > ${limit} USD`))
  const askedByFinite = asked
  const solved = msEach(conditions((limit) => `amount + fee > ${limit} USD`))
  console.log(
    `a condition: ${finite.toFixed(3)} ms by finite reasoning (${askedByFinite} asked of the solver), ${solved.toFixed(2)} ms with the solver (${asked - askedByFinite} asked), ${Math.round(solved / finite)} ×`,
  )
}
