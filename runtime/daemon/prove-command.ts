/** `parapet prove FLEET.ts`: what a fleet's agents cannot do under its policy, and what the policy keeps them from. */
import type { Command } from 'commander'
import { wholeOf } from './numbers.ts'
import type { CommandLine } from './policy-commands.ts'

interface Flags {
  readonly agent?: string
  readonly states?: number
  readonly all?: boolean
  readonly json?: boolean
  readonly stories?: string
}

export function proveCommand(program: Command, { paint, write, report, setCode }: CommandLine): void {
  program
    .command('prove')
    .description(
      'say what agents can never do under their policy, and show the shortest way to what they can',
    )
    .argument(
      '<file>',
      'fleet file (TypeScript, `export default defineFleet({ … })`), or a policy (*.parapet)',
    )
    .option('--agent <role>', 'only this agent')
    .option('--states <n>', 'situations looked at for each agent before the rest is unknown', wholeOf)
    .option('--all', 'every answer, also those that find nothing wrong')
    .option('--json', 'the answers as JSON, paths included')
    .option('--stories <dir>', 'write each path as a test that vitest runs')
    .addHelpText(
      'after',
      '\nExample:\n  parapet prove examples/04-refunds/fleet.ts --agent clerk\n\nExits with 1 when something is always denied, cut off, stuck, or never speaks.\n',
    )
    .action(async (file: string, flags: Flags) => {
      const { prove } = await import('./prove.ts')
      const { agent, states, all = false, json = false, stories } = flags
      const result = await prove({ file, agent, statesMax: states, all, json, stories }, write, paint)
      if (!report(result) || result.kind === 'problem') return
      if (result.wrong > 0) setCode(1)
    })
}
