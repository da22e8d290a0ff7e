/**
 * Hunts fresh seeds for as long as it is given, over the trial fleet and the fleets of the examples, and writes down what it did
 * (`npm run nightly -- --help`). Ends with 1 when something did not hold; each finding is shrunk and stands with the one command that runs it again.
 */

import { randomInt } from 'node:crypto'
import { existsSync, globSync, writeFileSync } from 'node:fs'
import { Command } from 'commander'
import { above0, wholeOf } from '#runtime/daemon/numbers.ts'
import { ALL_FAULTS, type Faults } from '#runtime/simulation/faults.ts'
import type { Simulated, Told } from '#runtime/simulation/simulate.ts'
import { toldIn, trial } from '#runtime/simulation/trial.fixture.ts'
import { failureOf, fewerFaults, fewest, inShort, shrink } from './shrink.ts'
import { commandFor } from './simulate.ts'
import { readSubject } from './subject.ts'

/** Runs that shrinking one finding may take. */
const SHRINK_MAX = 60
/** What is found in one world is mostly one mistake: after so many it is not run on. */
const FINDINGS_MAX = 3
const SAID_EVERY_MS = 30_000

interface Finding {
  readonly world: string
  readonly seed: number
  readonly what: string
  readonly again: string
  /** Messages and kinds of trouble that are left of it. */
  readonly left: string
}

/** A fleet to hunt in: what is wrong with the run of a seed, if anything is, and how many turns it took. */
interface Hunted {
  readonly name: string
  readonly hunt: (seed: number) => Promise<{ readonly turns: number; readonly finding?: Finding }>
}

interface Tally {
  runs: number
  turns: number
  readonly findings: Finding[]
}

const TRIAL: Hunted = {
  name: 'trial fleet',
  async hunt(seed) {
    const wrong = async (faults: Faults, told?: readonly Told[]) => {
      try {
        return wrongWith(await trial(seed, faults, told))
      } catch (cause) {
        return { what: `thrown: ${cause}`, turns: 0 }
      }
    }
    const { what, turns } = await wrong(ALL_FAULTS)
    if (what === undefined) return { turns }
    let tries = 0
    const fails = async (faults: Faults, told: readonly Told[]) =>
      tries++ < SHRINK_MAX && (await wrong(faults, told)).what !== undefined
    const told = await fewest(toldIn(seed), (fewer) => fails(ALL_FAULTS, fewer))
    const faults = await fewerFaults(ALL_FAULTS, (fewer) => fails(fewer, told))
    const again = `node runtime/simulation/hunt.ts --seeds ${seed}..${seed}`
    return { turns, finding: { world: TRIAL.name, seed, what, again, left: inShort({ told, faults }) } }
  },
}

function wrongWith({ records, faults: [fault], settled }: Simulated): { what?: string; turns: number } {
  const turns = records.reduce((sum, record) => sum + record.turns.length, 0)
  if (fault) return { what: `${fault.invariant}: ${fault.what}`, turns }
  return settled ? { turns } : { what: 'the fleet does not come to rest', turns }
}

/** A fleet file's; undefined when it cannot be read here. */
async function exampleIn(file: string): Promise<Hunted | undefined> {
  const subject = await readSubject(file)
  if ('kind' in subject) {
    console.log(`${file} is left out: ${subject.message}`)
    return undefined
  }
  const nothing = () => undefined
  return {
    name: file,
    async hunt(seed) {
      let turns = 0
      const failure = await failureOf(subject, { seed }, (run) => {
        turns = run.turns.length
        return nothing()
      })
      if (!failure) return { turns }
      const { what, options } = await shrink(subject, failure, nothing, SHRINK_MAX)
      const again = commandFor(subject, { seed }) ?? ''
      return { turns, finding: { world: file, seed, what, again, left: inShort(options) } }
    },
  }
}

interface Options {
  readonly minutes: number
  readonly from?: number
  readonly report?: string
  readonly fleets?: string
}

const command = new Command('npm run nightly --')
  .description(
    'simulates the trial fleet and the examples on seeds nobody has tried; ends with 1 when something did not hold',
  )
  .option('--minutes <n>', 'for how long', above0, 60)
  .option('--from <seed>', 'the first seed; a random one unless given', wholeOf)
  .option('--report <file>', 'write what was done and found there, as Markdown')
  .option('--fleets <word>', 'only fleets with this in their name')
  .addHelpText('after', '\nFor example: npm run nightly -- --minutes 60 --fleets refunds --report found.md')
  .showHelpAfterError()
  .parse()
const options = command.opts<Options>()
const { minutes, from = randomInt(1, 2 ** 30) } = options

const files = globSync('examples/*/fleet.ts').toSorted()
const examples = (await Promise.all(files.filter(existsSync).map(exampleIn))).filter(
  (each) => each !== undefined,
)
const fleets = [TRIAL, ...examples]
const worlds = fleets.filter(({ name }) => name.includes(options.fleets ?? ''))
if (worlds.length === 0)
  command.error(
    `error: no fleet has '${options.fleets}' in its name: ${fleets.map(({ name }) => name).join(', ')}`,
  )
const tallies = new Map<Hunted, Tally>(worlds.map((world) => [world, { runs: 0, turns: 0, findings: [] }]))
const began = performance.now()
const passedMs = () => performance.now() - began
console.log(`seeds from ${from}, ${minutes} minutes, ${worlds.length} fleets`)
let saidAt = 0
let seed = from
for (; passedMs() < minutes * 60_000; seed++) {
  for (const [world, tally] of tallies) {
    if (passedMs() > minutes * 60_000 || tally.findings.length >= FINDINGS_MAX) continue
    const { turns, finding } = await world.hunt(seed)
    tally.runs++
    tally.turns += turns
    if (!finding) continue
    tally.findings.push(finding)
    console.log(shown(finding))
  }
  if (passedMs() - saidAt < SAID_EVERY_MS) continue
  saidAt = passedMs()
  console.log(`${(saidAt / 60_000).toFixed(1)} min: ${summed()}`)
}
const findings = Array.from(tallies.values()).flatMap((tally) => tally.findings)
const report = [
  `# Hunted for ${(passedMs() / 60_000).toFixed(1)} minutes, seeds ${from} to ${seed - 1}`,
  '',
  '| fleet | runs | turns | found |',
  '| --- | --- | --- | --- |',
  ...Array.from(
    tallies,
    ([{ name }, tally]) => `| ${name} | ${tally.runs} | ${tally.turns} | ${tally.findings.length} |`,
  ),
  '',
  ...findings.map(shown),
].join('\n')
console.log(report)
if (options.report !== undefined) writeFileSync(options.report, `${report}\n`)
process.exitCode = findings.length > 0 ? 1 : 0

function shown({ world, seed, what, again, left }: Finding): string {
  return `seed ${seed} of ${world}: ${what}\n  left of it: ${left}\n  again: ${again}`
}

function summed(): string {
  const all = Array.from(tallies.values())
  const sum = (of: (tally: Tally) => number) => all.reduce((total, tally) => total + of(tally), 0)
  return `${sum(({ runs }) => runs)} runs, ${sum(({ turns }) => turns)} turns, ${sum((tally) => tally.findings.length)} found`
}
