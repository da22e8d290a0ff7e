/** The commands that change which policy a running fleet is judged by. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Plan } from '#dsl/plan/plan.ts'
import { deployed, percent, rolledBack } from '#runtime/deploy/next.ts'
import { type Bound, SHARE_WHOLE, type Stage, type WarmUp } from '#runtime/deploy/rollout.ts'
import { DATA_ROOT } from './command.ts'
import type { SigningKey } from './deploy.ts'
import type { CommandLine } from './policy-commands.ts'
import { type Problem, problem } from './problem.ts'
import type { Reached } from './reach.ts'
import { answerLines } from './show-answers.ts'
import { whoIsHere } from './who.ts'
import { writeOut, writeSecret } from './write-out.ts'

interface Flags {
  readonly data: string
  readonly fleet?: string
  readonly as: string
}

interface KeyFlags {
  readonly key?: string
  readonly signedBy?: string
}

interface DeployFlags extends Flags, KeyFlags {
  readonly to: Stage['stage']
  readonly share: number
  readonly for?: readonly string[]
  readonly atMost?: readonly string[]
  readonly warmUp: WarmUp
  readonly unsigned?: boolean
  readonly backtest: boolean
}

const SHARE_DEFAULT = 1_000

export function deployCommands(program: Command, line: CommandLine): void {
  const { write, paint, report } = line

  const withFlags = (command: Command): Command =>
    command
      .option('--as <name>', 'who you are; it stands in the log (also PARAPET_AS)', whoIsHere())
      .option('--fleet <name>', 'which fleet, when several have data here')
      .option('--data <dir>', 'where data is kept', DATA_ROOT)

  const withKey = (command: Command): Command =>
    command
      .option('--key <file>', 'sign with this private key')
      .option('--signed-by <name>', 'as the fleet file’s `trust` calls the key (default: --as)')

  const reached = async (
    flags: Flags,
    then: (on: Reached) => Promise<Problem | undefined>,
  ): Promise<void> => {
    const { data, fleet, as: by } = flags
    const { reach } = await import('./reach.ts')
    const on = await reach({ dataRoot: resolve(data), fleet, natsUrl: process.env['NATS_URL'], by })
    if (on.kind === 'problem') return void report(on)
    try {
      report(await then(on))
    } finally {
      await on.close()
    }
  }

  withKey(withFlags(program.command('deploy')))
    .description(
      'bring a running fleet under another policy: checked, tested, tried on the log, then in stages',
    )
    .argument('<policy>', 'policy file (*.parapet), or a bundle (*.json)')
    .addOption(
      new Option('--to <stage>', 'how far: judge beside, judge a share of new conversations, judge all')
        .choices(['shadow', 'canary', 'enforce'])
        .default('enforce'),
    )
    .addOption(
      new Option('--share <percent>', 'of the conversations that begin, in the canary')
        .argParser(shareOf)
        .default(SHARE_DEFAULT, percent(SHARE_DEFAULT / SHARE_WHOLE)),
    )
    .option('--for <time...>', 'go through the stages, each for so long: `10 minutes`')
    .option('--at-most <bound...>', '`2% changed` or `5% denied`: beyond it, not begun or taken back')
    .addOption(
      new Option('--warm-up <how>', 'monitors that are new: begin with nothing, or with the recorded steps')
        .choices(['none', 'replay'])
        .default('none'),
    )
    .option('--unsigned', 'without a signature, to a fleet that runs in development')
    .option('--no-backtest', 'do not judge the recorded log first')
    .addHelpText(
      'after',
      '\nExample:\n  parapet deploy refunds.parapet --for 10 minutes --share 10% --at-most 2% changed --unsigned\n',
    )
    .action(async (path: string, flags: DeployFlags, command: Command) => {
      const { bringAll, bundleOf, lookAt, making } = await import('./deploy.ts')
      const stages = stagesOf(flags)
      if (typeof stages === 'string') command.error(`error: ${stages}`)
      const bound = boundOf(flags.atMost)
      if (typeof bound === 'string') command.error(`error: ${bound}`)
      const made = await bundleOf(path, keyIn(flags), paint)
      if (made.kind === 'problem') return void report(made)
      const { bundle, tests } = made
      await reached(flags, async (on) => {
        const seen = await lookAt(on)
        if (seen.kind === 'problem') return seen
        const { standing } = seen
        write(
          `"${bundle.name}" ${bundle.version} ${paint.dim(bundle.hash.slice(0, 12))}: well written, ${tests} tests pass`,
        )
        if (standing.hash === bundle.hash && standing.rollout?.candidate === undefined) {
          write('judges already')
          return undefined
        }
        if (flags.backtest) {
          const fault = await backtested(resolve(flags.data), on.fleet, made.plan, standing.hash, bound)
          if (fault) return fault
        }
        const given = { ...(bound && { bound }), warmUp: flags.warmUp }
        const rollout = deployed(standing, bundle.hash, stages, given, making(flags.as))
        const done = await bringAll(on, rollout, [bundle], flags.unsigned === true)
        if (done.kind === 'problem') return done
        write(
          `rollout ${rollout.number}: ${rollout.why} in ${done.partitions} partitions, after ${done.ms.toFixed(0)} ms`,
        )
        return undefined
      })
    })

  /** Says what would change; a problem when it is more than the bound. */
  const backtested = async (
    dataRoot: string,
    fleet: string,
    candidate: Plan,
    standing: string,
    bound: Bound | undefined,
  ): Promise<Problem | undefined> => {
    const { findPlace } = await import('./place.ts')
    const { backtest } = await import('./backtest.ts')
    const place = findPlace(dataRoot, fleet)
    if (place.kind === 'problem') {
      write(paint.yellow(`no backtest: ${place.message}`))
      return undefined
    }
    const done = await backtest(
      place,
      standing,
      candidate,
      process.env['NATS_URL'],
      process.env['PARAPET_NATS_SERVER'],
    )
    if (done.kind === 'problem') {
      if (bound?.changedMost === undefined) {
        write(paint.yellow(`no backtest: ${done.message}`))
        return undefined
      }
      return problem('D0093', `the log could not be judged: ${done.message}`)
    }
    const { report } = done
    const { showDiff } = await import('./diff.ts')
    showDiff(report, 0, line.out.columns ?? 100, write, paint)
    const most = bound?.changedMost
    const compared = report.steps - report.unknown
    if (most === undefined || report.changed <= most * compared) return undefined
    return problem(
      'D0093',
      `${report.changed} of ${compared} recorded verdicts would be others, over ${percent(most)}; nothing was deployed`,
    )
  }

  withFlags(program.command('rollback'))
    .description('withdraw the candidate or, if there is none, bring back the policy that judged before')
    .option('--why <text>', 'it stands in the log', 'rolled back')
    .addOption(
      new Option('--warm-up <how>', 'monitors that come back: begin with nothing, or with the recorded steps')
        .choices(['none', 'replay'])
        .default('none'),
    )
    .action((flags: Flags & { why: string; warmUp: WarmUp }) =>
      reached(flags, async (on) => {
        const { bringAll, lookAt, making } = await import('./deploy.ts')
        const seen = await lookAt(on)
        if (seen.kind === 'problem') return seen
        const now = seen.standing.rollout
        const rollout = now && rolledBack(now, flags.why, flags.warmUp, making(flags.as))
        if (!rollout) return problem('D0094', 'no policy has been deployed that could be taken back')
        const done = await bringAll(on, rollout, [], false)
        if (done.kind === 'problem') return done
        write(
          `rollout ${rollout.number}: ${rollout.why}; ${rollout.standing.slice(0, 12)} judges in ${done.partitions} partitions, after ${done.ms.toFixed(0)} ms`,
        )
        return undefined
      }),
    )

  withFlags(program.command('policies'))
    .description('show which policies judge, their versions, and what a trial has found')
    .option('--json', 'what the daemons answer, as JSON')
    .action((flags: Flags & { json?: boolean }) =>
      reached(flags, async (on) => {
        const heard = await on.ask({ kind: 'policies' })
        if (heard.kind === 'problem') return heard
        if (flags.json) write(JSON.stringify(heard.answers, null, 2))
        else for (const shown of answerLines(heard.answers, heard.unowned, paint)) write(shown)
        return undefined
      }),
    )

  withKey(program.command('bundle'))
    .description('put a policy with all it uses and its tests into one file that can be deployed elsewhere')
    .argument('<policy>', 'policy file (*.parapet)')
    .argument('<file>', 'where to (*.json)')
    .option('--as <name>', 'who you are (also PARAPET_AS)', whoIsHere())
    .action(async (path: string, file: string, flags: KeyFlags & { as: string }) => {
      const { bundleOf } = await import('./deploy.ts')
      const made = await bundleOf(path, keyIn(flags), paint)
      if (made.kind === 'problem') return void report(made)
      writeOut(file, `${JSON.stringify(made.bundle, null, 2)}\n`)
      write(`${file}: "${made.bundle.name}" ${made.bundle.version} ${made.bundle.hash.slice(0, 12)}`)
    })

  program
    .command('keys')
    .description('make a key pair for signing policies')
    .argument('<file>', 'where the private key goes; it must not be there yet')
    .action(async (file: string) => {
      const { generateKeys } = await import('#runtime/deploy/signature.ts')
      if (existsSync(file)) return void report(problem('D0090', `${file} is there already`))
      const { publicKey, privateKey } = generateKeys()
      writeSecret(file, privateKey)
      write(`the private key is in ${file}; the public one, for \`trust\` in the fleet file:`)
      write(publicKey)
    })
}

function keyIn({ key, signedBy, as }: KeyFlags & { as: string }): SigningKey | undefined {
  return key === undefined ? undefined : { file: key, by: signedBy ?? as }
}

/** With a time, through all stages up to the one named; without, to that one at once. What is no time is told in words. */
function stagesOf({ to, share, for: time }: DeployFlags): Stage[] | string {
  const last: Stage = { stage: to, share: to === 'canary' ? share : 0 }
  if (time === undefined) return [last]
  const forMs = durationOf(time.join(' '))
  if (forMs === undefined) return 'a time is written `10 minutes`: seconds, minutes, hours or days'
  const all: Stage[] = [
    { stage: 'shadow', share: 0, forMs },
    { stage: 'canary', share, forMs },
    { stage: 'enforce', share: 0 },
  ]
  const stages = all.slice(0, all.findIndex(({ stage }) => stage === to) + 1)
  return [...stages.slice(0, -1), last]
}

const UNITS_MS: Readonly<Record<string, number>> = {
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
}

function durationOf(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d+) (second|minute|hour|day)s?$/.exec(text) ?? []
  const unitMs = UNITS_MS[unit]
  return count === undefined || unitMs === undefined ? undefined : Number(count) * unitMs
}

/** What is no bound is told in words. */
function boundOf(words: readonly string[] | undefined): Bound | string | undefined {
  if (words === undefined) return undefined
  const found = words.join(' ').matchAll(/(\d+(?:\.\d+)?)% (changed|denied)/g)
  const bound = Object.fromEntries(
    Array.from(found, ([, count, what]) => [
      what === 'changed' ? 'changedMost' : 'deniedMost',
      Number(count) / 100,
    ]),
  )
  if (Object.keys(bound).length * 2 !== words.length) return 'a bound is written `2% changed` or `5% denied`'
  return bound
}

function shareOf(text: string): number {
  const percents = Number(/^(\d+(?:\.\d+)?)%$/.exec(text)?.[1])
  if (!(percents > 0 && percents <= 100)) throw new InvalidArgumentError('a share is written `10%`')
  return Math.round((percents / 100) * SHARE_WHOLE)
}
