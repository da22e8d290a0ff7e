/** The command that writes who may say what on a shared server. */
import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { PARTITIONS_MAX } from '#runtime/log/limits.ts'
import type { CommandLine } from './policy-commands.ts'

interface Flags {
  readonly jwt?: boolean
  readonly out: string
  readonly fleet?: string
  readonly partitions?: number
}

export function permissionsCommands(program: Command, { write, report }: CommandLine): void {
  program
    .command('nats-permissions')
    .description('write NATS users and permissions from a policy: daemon, reader, people, agents, clients')
    .argument('<file>', 'fleet file, or a policy (*.parapet)')
    .option(
      '--config',
      'as a part of the server’s configuration, with nkeys (this is what it does unless told)',
    )
    .option('--jwt', 'as decentralised JWTs: operator, account, users')
    .option('--out <dir>', 'where to; seeds that are there are used again', 'nats-permissions')
    .option('--fleet <name>', 'name of the fleet, for a policy')
    .option('--partitions <n>', 'of the fleet, for a policy', partitionsOf)
    .addHelpText(
      'after',
      '\nExample:\n  parapet nats-permissions examples/04-refunds/fleet.ts\n\nThe server includes permissions.conf; each process names its own file: NATS_CREDS=nats-permissions/daemon.nk\n',
    )
    .action(async (file: string, flags: Flags) => {
      const { natsPermissions } = await import('./nats-permissions.ts')
      const form = flags.jwt === true ? 'jwt' : 'config'
      const { fleet, partitions } = flags
      const done = await natsPermissions({ file, out: resolve(flags.out), form, fleet, partitions })
      if (!report(done) || done.kind === 'problem') return
      for (const { name, publish } of done.users)
        write(`${name.padEnd(24)} may publish to ${publish.length} subjects`)
      write(`written to ${done.config}; include it in the server’s configuration`)
    })
}

function partitionsOf(text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1 || count > PARTITIONS_MAX)
    throw new InvalidArgumentError(`a whole number from 1 to ${PARTITIONS_MAX}`)
  return count
}
