/** `parapet simulate FLEET.ts`: a fleet in a simulated world, on seed after seed. */
import type { Command } from 'commander'
import { above0, wholeOf } from './numbers.ts'
import type { CommandLine } from './policy-commands.ts'

const SEEDS_DEFAULT = 100

interface Flags {
  readonly seeds: number
  readonly from: number
  readonly seed?: number
  readonly steps?: number
  readonly minutes?: number
  readonly calm?: boolean
  readonly json?: boolean
}

export function simulateCommand(
  program: Command,
  { out, paint, write, report, stop, setCode }: CommandLine,
): void {
  program
    .command('simulate')
    .description('run a fleet in a simulated world where everything goes wrong, and say what did not hold')
    .argument('<fleet>', 'fleet file (TypeScript, `export default defineFleet({ … })`)')
    .option('--seeds <n>', 'how many seeds', wholeOf, SEEDS_DEFAULT)
    .option('--from <seed>', 'the first of them', wholeOf, 1)
    .option('--seed <seed>', 'only this one, with its story', wholeOf)
    .option('--steps <n>', 'messages that clients say in each run', wholeOf)
    .option('--minutes <n>', 'of the fleet’s time, over which they say them (default: 10)', above0)
    .option('--calm', 'nothing goes wrong')
    .option('--json', 'the report as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  parapet simulate examples/04-refunds/fleet.ts --seeds 1000\n\nNo real time passes and nothing leaves this process, but for what the fleet’s own tools do. A run is a function of its seed.\n',
    )
    .action(async (fleet: string, flags: Flags) => {
      const { simulateFleet } = await import('./simulate.ts')
      stop.listen(undefined)
      const { seeds, from, seed: one, steps, minutes, calm = false, json = false } = flags
      const result = await simulateFleet(
        {
          fleet,
          from: one ?? from,
          seeds: one === undefined ? seeds : 1,
          steps,
          forMs: minutes === undefined ? undefined : minutes * 60_000,
          calm,
          story: one !== undefined,
        },
        {
          write: json ? () => {} : write,
          paint,
          progress: out.isTTY && !json ? (line) => void out.write(`\r\x1b[K${line}`) : () => {},
          milestone: out.isTTY || json ? () => {} : write,
        },
        stop.signal,
      )
      if (!report(result) || result.kind === 'problem') return
      if (json) write(JSON.stringify(result.report, null, 2))
      if (result.failed > 0) setCode(1)
      if (stop.signal.aborted) setCode(130)
    })
}
