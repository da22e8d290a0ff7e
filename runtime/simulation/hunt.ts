/**
 * Tries the trial fleet on seed after seed: `node runtime/simulation/hunt.ts [--seeds 1..100] [--json] [--every-knob]`. Ends with 1 at
 * the first fault; with `--every-knob` also when something that is to go wrong never has.
 */
import { parseArgs } from 'node:util'
import { ALL_FAULTS } from './faults.ts'
import type { Knob } from './knobs.ts'
import { trial } from './trial.fixture.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1..100' },
    json: { type: 'boolean', default: false },
    'every-knob': { type: 'boolean', default: false },
  },
})
const range = /^(\d+)\.\.(\d+)$/.exec(values.seeds)
if (!range) throw new TypeError(`--seeds is FIRST..LAST; got ${values.seeds}`)
const [first, last] = [Number(range[1]), Number(range[2])]
let turns = 0
const idle = new Set(Object.keys(ALL_FAULTS).filter((knob) => ALL_FAULTS[knob as Knob] > 0))
const began = performance.now()
let found: { seed: number; invariant: string; what: string } | undefined
for (let seed = first; seed <= last && !found; seed++) {
  found = await faultOf(seed)
}
const seconds = (performance.now() - began) / 1_000
if (values.json) console.log(JSON.stringify({ found, turns }))
else if (found)
  console.log(
    `seed ${found.seed}: ${found.invariant}\n  ${found.what}\nagain: node runtime/simulation/hunt.ts --seeds ${found.seed}..${found.seed}`,
  )
else console.log(`${last - first + 1} seeds, ${turns} turns in ${seconds.toFixed(1)} s: nothing found`)
const missing = values['every-knob'] ? Array.from(idle) : []
if (missing.length > 0) console.log(`never went wrong: ${missing.join(', ')}`)
process.exitCode = found || missing.length > 0 ? 1 : 0

async function faultOf(seed: number): Promise<typeof found> {
  try {
    const end = await trial(seed, ALL_FAULTS)
    turns += end.records.reduce((sum, record) => sum + record.turns.length, 0)
    for (const knob of Object.keys(end.struck)) idle.delete(knob)
    const [fault] = end.faults
    if (fault) return { seed, ...fault }
    return end.settled
      ? undefined
      : { seed, invariant: 'the fleet settles', what: 'something is still under way' }
  } catch (cause) {
    return { seed, invariant: 'nothing throws', what: String(cause) }
  }
}
