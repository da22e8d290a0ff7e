/** `parapet memory …`: what shared memory holds, and what a person wants done to rows. */
import { randomUUID } from 'node:crypto'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Ask } from '#runtime/control/asks.ts'
import type { MemoryChange } from '#runtime/control/memory-change.ts'
import { SEARCH_LIMIT_MAX } from '#runtime/memory/port.ts'

/** How the commands that ask a running fleet are made. */
export interface Asking<Flags> {
  readonly withFlags: (command: Command) => Command
  readonly asked: (flags: Flags, ask: Ask) => Promise<void>
}

interface Found {
  readonly kind?: string
  readonly conversation?: string
  readonly by?: 'words' | 'meaning' | 'both'
  readonly limit: number
}

interface Noted {
  readonly note: string
}

export function memoryCommands<Flags>(program: Command, { withFlags, asked }: Asking<Flags>): void {
  const memory = program
    .command('memory')
    .description('shared memory: look at rows, withdraw them, forget them')

  withFlags(memory.command('search'))
    .description('live rows, the best match first; without words the newest')
    .argument('[words...]', 'what is looked for')
    .option('--kind <kind>', 'only rows of this kind')
    .option('--conversation <id>', 'only rows written in this conversation')
    .addOption(new Option('--by <how>', 'words, meaning or both').choices(['words', 'meaning', 'both']))
    .option('--limit <n>', 'at most so many', limitOf, 10)
    .action((words: string[], flags: Flags & Found) => {
      const { kind, conversation, by, limit } = flags
      return asked(flags, {
        kind: 'memory-search',
        text: words.join(' '),
        limit,
        ...(kind && { of: kind }),
        ...(conversation && { conversation }),
        ...(by && { by }),
      })
    })

  withFlags(memory.command('show'))
    .description('one row, whole, also when it is withdrawn')
    .argument('<row>', 'as `parapet memory search` shows it')
    .action((row: string, flags: Flags) => asked(flags, { kind: 'memory-show', row }))

  withFlags(memory.command('stats'))
    .description('how many rows there are, by kind, standing and writer')
    .action((flags: Flags) => asked(flags, { kind: 'memory-stats' }))

  const change = (flags: Flags & Noted, wanted: MemoryChange) =>
    asked(flags, { kind: 'memory-change', id: randomUUID(), change: wanted, why: flags.note })
  const noted = (command: Command) =>
    withFlags(command).requiredOption('--note <text>', 'why; it stands in the log')

  for (const [what, description] of [
    ['retract', 'withdraw for good what rests on a source, and whatever will'],
    ['hold', 'withdraw it until it is released'],
    ['release', 'end a hold of this very source'],
  ] as const)
    noted(memory.command(what))
      .description(description)
      .argument(
        '<source>',
        'a row, a tool’s call, a place in the log, or CONVERSATION/ROLE: what that agent derived',
      )
      .action((source: string, flags: Flags & Noted) => change(flags, { what, source }))

  noted(memory.command('forget'))
    .description('delete rows of a kind that were written before a time; no replay brings them back')
    .argument('<kind>', 'of rows')
    .requiredOption('--before <time>', 'an instant with its zone, as 2026-05-01T00:00:00Z', instantOf)
    .action((rows: string, flags: Flags & Noted & { before: number }) =>
      change(flags, { what: 'forget', rows, before: flags.before }),
    )
}

function limitOf(text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1 || count > SEARCH_LIMIT_MAX)
    throw new InvalidArgumentError(`a whole number from 1 to ${SEARCH_LIMIT_MAX}`)
  return count
}

/** In ms since the epoch. A time without its zone would mean another instant elsewhere. */
function instantOf(text: string): number {
  const at = Date.parse(text)
  if (Number.isNaN(at) || !/(Z|[+-]\d\d:\d\d)$/.test(text))
    throw new InvalidArgumentError('an instant with its zone, as 2026-05-01T00:00:00Z')
  return at
}
