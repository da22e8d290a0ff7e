/**
 * The command line, each command loaded when it is used: `parapet check | fmt | test | up | status | trace | explain | audit | …`. Exit codes:
 * 0 well, 1 the work found fault or could not be done, 2 wrong use, 130 stopped before its end.
 */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { VERDICT_KINDS, type VerdictKind } from '#dsl/judge/verdict.ts'
import { FORMATS, type Format } from '#runtime/traces/formats.ts'
import { CODES } from './codes.ts'
import { DATA_ROOT, dataFlag, launcher } from './command.ts'
import { deployCommands } from './deploy-commands.ts'
import { fleetCommands } from './fleet-commands.ts'
import { harmless } from './harmless.ts'
import { type Paint, paintFor } from './paint.ts'
import { permissionsCommands } from './permissions-commands.ts'
import { type CommandLine, policyCommands } from './policy-commands.ts'
import { httpPlaceOf, portOf } from './ports.ts'
import { type Problem, ProblemError } from './problem.ts'
import { proveCommand } from './prove-command.ts'
import type { TraceOptions } from './read-traces.ts'
import { simulateCommand } from './simulate-command.ts'
import { spansCommand } from './spans-command.ts'
import { roomFor, stopSignal } from './stopping.ts'
import { toolsCommands } from './tools-commands.ts'

export async function main(argv: readonly string[]): Promise<number> {
  const out = process.stdout
  const paint = paintFor(out)
  const write = (line: string) => out.write(`${harmless(line)}\n`)
  const warn = (line: string) => process.stderr.write(`${harmless(line)}\n`)
  const now = () => performance.now()
  let code = 0
  const stop = stopSignal(out)
  const report = (result: Problem | { readonly kind: string } | undefined): boolean => {
    if (result?.kind !== 'problem') return true
    showProblem(result as Problem, paintFor(process.stderr))
    code = 1
    return false
  }

  const program = new Command('parapet')
    .description(
      'Bounded autonomy for fleets of agents: every transition is judged by policy before it has an effect.',
    )
    .showHelpAfterError('(parapet help COMMAND explains it)')
    .version(version(), '-V, --version', 'print the version')
    .exitOverride()
    .addHelpText('after', FIRST_STEPS)

  const line: CommandLine = {
    out,
    paint,
    write,
    report,
    stop,
    version: version(),
    setCode: (to) => {
      code = to
    },
  }
  policyCommands(program, line)
  fleetCommands(program, line)
  toolsCommands(program, line)
  deployCommands(program, line)
  permissionsCommands(program, line)
  simulateCommand(program, line)
  proveCommand(program, line)
  spansCommand(program, line)

  program
    .command('lsp')
    .description('run the language server for editors, over stdin and stdout')
    .option('--stdio', 'as editors say; there is no other way')
    .addHelpText('after', '\nThe extension for Visual Studio Code in editors/vscode starts it.\n')
    .action(async () => {
      const { serveLsp } = await import('./lsp.ts')
      serveLsp(process.stdin, process.stdout)
    })

  program
    .command('up')
    .description('run a fleet: its agents, its policy, a nats-server of its own unless NATS_URL names one')
    .argument('<fleet>', 'fleet file (TypeScript, `export default defineFleet({ … })`)')
    .option('--once', 'stop when every conversation the fleet started has ended')
    .option('--again', 'if the last run came to its end, put its data aside and start anew')
    .option('--data <dir>', 'where data is kept', DATA_ROOT)
    .option('--port <port>', 'port of the fleet’s own nats-server (default: a free one)', portOf)
    .option('--memory', 'run on the in-memory broker; nothing survives the process')
    .option(
      '--http <place>',
      'also answer over HTTP: PORT on this machine, or HOST:PORT with tokens',
      httpPlaceOf,
    )
    .addHelpText(
      'after',
      '\nExample:\n  parapet up examples/01-airline-desk/fleet.ts --once\n\nCtrl-C stops cleanly; the same command goes on where it stopped. After a crash too.\n',
    )
    .action(
      async (
        fleet: string,
        options: {
          once?: boolean
          again?: boolean
          data: string
          port?: number
          memory?: boolean
          http?: { host: string; port: number }
        },
      ) => {
        const { up } = await import('./up.ts')
        stop.listen('stopping (once more to stop at once)…')
        const result = await up(
          {
            fleetFile: fleet,
            dataRoot: resolve(options.data),
            once: options.once === true,
            again: options.again === true,
            natsUrl: process.env['NATS_URL'],
            natsProgram: process.env['PARAPET_NATS_SERVER'],
            port: options.port,
            inMemory: options.memory === true,
            http: options.http,
            version: version(),
          },
          out,
          stop.signal,
        )
        if (report(result) && result.kind === 'ran' && options.once === true && result.unfinished > 0)
          code = stop.signal.aborted ? 130 : 1
      },
    )

  program
    .command('trace')
    .description('show what a fleet did, turn by turn, with every verdict')
    .argument('[conversation]', 'only this conversation')
    .option('--stopped', 'only turns in which something was denied, asked, repaired or warned of')
    .option('--replay', 'judge every step again and compare with the recorded verdicts')
    .option('--json', 'one turn a line, as recorded')
    .option('--verify <file>', 'whether the log is as its seals say; exit code 1 if not')
    .option('--seal <file>', 'the same, then seal what is new: keep the file where daemons cannot write')
    .option('--fleet <name>', 'which fleet, when several have data here')
    .option('--data <dir>', 'where data is kept', DATA_ROOT)
    .addHelpText('after', '\nExample:\n  parapet trace airline-0-0\n')
    .action(
      async (
        conversation: string | undefined,
        options: {
          stopped?: boolean
          replay?: boolean
          json?: boolean
          verify?: string
          seal?: string
          fleet?: string
          data: string
        },
      ) => {
        const { findPlace } = await import('./place.ts')
        const { trace } = await import('./trace.ts')
        const place = findPlace(resolve(options.data), options.fleet)
        if (!report(place) || place.kind === 'problem') return
        stop.listen(undefined)
        const file = options.seal ?? options.verify
        if (file !== undefined) {
          const { seal } = await import('./seal.ts')
          const sealed = await seal(
            {
              place,
              file,
              seal: options.seal !== undefined,
              natsUrl: process.env['NATS_URL'],
              natsProgram: process.env['PARAPET_NATS_SERVER'],
            },
            write,
          )
          if (report(sealed) && sealed.kind === 'sealed' && sealed.broken > 0) code = 1
          return
        }
        const result = await trace(
          {
            place,
            conversation,
            only: options.stopped ? 'stopped' : 'all',
            replay: options.replay === true,
            json: options.json === true,
            natsUrl: process.env['NATS_URL'],
            natsProgram: process.env['PARAPET_NATS_SERVER'],
            width: out.columns ?? WIDTH_DEFAULT,
            commands: commandsFor(options.data, options.fleet),
          },
          write,
          paint,
          stop.signal,
        )
        if (report(result) && result.kind === 'traced' && result.differences > 0) code = 1
        if (stop.signal.aborted && !stop.outputGone) code = 130
      },
    )

  program
    .command('explain')
    .description('say why a recorded turn got its verdict, with the value of every sub-expression')
    .argument('<turn>', 'CONVERSATION#TURN as `parapet trace` shows it')
    .option('--all', 'also the checks that looked and had nothing to say')
    .option('--fleet <name>', 'which fleet, when several have data here')
    .option('--data <dir>', 'where data is kept', DATA_ROOT)
    .addHelpText('after', '\nExample:\n  parapet explain airline-0-0#12\n')
    .action(async (ref: string, options: { all?: boolean; fleet?: string; data: string }) => {
      const { findPlace } = await import('./place.ts')
      const { explain } = await import('./explain.ts')
      const place = findPlace(resolve(options.data), options.fleet)
      if (!report(place) || place.kind === 'problem') return
      stop.listen(undefined)
      report(
        await explain(
          {
            place,
            ref,
            all: options.all === true,
            natsUrl: process.env['NATS_URL'],
            natsProgram: process.env['PARAPET_NATS_SERVER'],
            width: out.columns ?? WIDTH_DEFAULT,
            commands: commandsFor(options.data, options.fleet),
          },
          write,
          paint,
          stop.signal,
        ),
      )
      if (stop.signal.aborted && !stop.outputGone) code = 130
    })

  traceOptions(
    program
      .command('audit')
      .description('judge recorded traces by a policy, without a fleet')
      .argument('<files...>', 'the policy, unless --policy names it, and files of recorded traces, .gz too'),
    'one line of JSON a conversation: {id, steps: [{seq, verdict, reasons}], obligations}',
  )
    .option('--policy <file>', 'policy file (*.parapet)')
    .option('--report-json', 'the whole report as JSON')
    .option('--fail-on <verdict>', 'exit 1 if a step gets this verdict or a stronger one', verdictOf)
    .option('--no-detectors', 'leave undecided what detectors would have to look at')
    .option('--fleet <file>', 'detectors look by the embedder of this fleet file')
    .option('--explain <n>', 'show so many of the steps not simply allowed, with reasons', countOf, 0)
    .addHelpText(
      'after',
      '\nExamples:\n  parapet audit policies/refunds.parapet logs/*.jsonl.gz --agent clerk --fail-on deny\n  parapet audit --policy policies/refunds.parapet logs.jsonl.gz --json > verdicts.jsonl\n\nWhat was recorded happened: each step is judged against all that was recorded before it, denied or not.\n',
    )
    .action(async (files: string[], options: AuditFlags) => {
      const [policyFile = '', ...traceFiles] =
        options.policy === undefined ? files : [options.policy, ...files]
      if (traceFiles.length === 0)
        program.error("error: no recorded traces are named (they come after the policy's file)")
      const { failOn, explain } = options
      const { builtInDetectors } = await import('#runtime/evidence/detectors.ts')
      const { embeddingOf } = await import('./embedding.ts')
      const fleet = options.detectors ? options.fleet : undefined
      const embedding = await embeddingOf(fleet, paint.isColorSupported, warn)
      if (embedding.kind === 'problem') return void report(embedding)
      const { embedder, offline } = embedding
      const detectors = options.detectors ? builtInDetectors(embedder, offline) : {}
      if (options.json === true) {
        const { auditLines } = await import('./audit-lines.ts')
        const read = { ...fromTraceFlags(options), policyFile, traceFiles, failOn, detectors }
        const result = await auditLines(read, (line) => roomFor(out, line), warn, paint, stop.signal)
        if (report(result) && result.kind === 'audited' && result.failed) code = 1
        return
      }
      const { audit } = await import('./audit.ts')
      const json = options.reportJson === true
      const more = { policyFile, traceFiles, failOn, explain, json, detectors, width: out.columns ?? 120 }
      const result = await audit({ ...fromTraceFlags(options), ...more }, write, warn, paint, now)
      if (report(result) && result.kind === 'audited' && result.failed) code = 1
    })

  traceOptions(
    program
      .command('diff')
      .description('show which verdicts over recorded traces change from one policy to another')
      .argument('<old>', 'policy file in force')
      .argument('<new>', 'policy file to take its place')
      .argument('<traces...>', 'files of recorded traces, .gz too'),
  )
    .option('--fail-on-change', 'exit 1 if anything changes')
    .option('--examples <n>', 'how many steps to show for each kind of change', countOf, 3)
    .addHelpText('after', '\nExample:\n  parapet diff refunds.parapet refunds-next.parapet logs/*.jsonl.gz\n')
    .action(
      async (
        before: string,
        after: string,
        traceFiles: string[],
        options: TraceFlags & { failOnChange?: boolean; examples: number },
      ) => {
        const { diff } = await import('./diff.ts')
        const failOnChange = options.failOnChange === true
        const more = { before, after, traceFiles, failOnChange, examples: options.examples }
        const result = await diff(
          { ...fromTraceFlags(options), ...more, width: out.columns ?? 120 },
          write,
          warn,
          paint,
          now,
        )
        if (report(result) && result.kind === 'compared' && result.failed) code = 1
      },
    )

  try {
    await program.parseAsync(argv, { from: 'user' })
  } catch (cause) {
    // Commander tells of arguments that its own parsers refuse; of those read later, nobody has told.
    if (cause instanceof InvalidArgumentError)
      process.stderr.write(`error: ${cause.message}\n(parapet help COMMAND explains it)\n`)
    if (cause instanceof CommanderError) return cause.exitCode === 0 ? 0 : 2
    if (!(cause instanceof ProblemError)) throw cause
    report(cause.problem)
  } finally {
    stop.close()
  }
  return code
}

const WIDTH_DEFAULT = 100

function commandsFor(data: string, fleet: string | undefined): (command: string) => string {
  const flags = `${fleet === undefined ? '' : ` --fleet ${fleet}`}${dataFlag(resolve(data), process.cwd())}`
  return (command) => `${launcher(process.argv[1], process.cwd())} ${command}${flags}`
}

function version(): string {
  const manifest = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

/** What helps with this very problem, else what helps with its kind. */
function showProblem(problem: Problem, paint: Paint): void {
  const help = problem.help ?? CODES[problem.code].help
  const lines = [
    ...(problem.detail === undefined ? [] : [problem.detail]),
    `${paint.red(`error[${problem.code}]`)}: ${problem.message}`,
    ...(problem.where === undefined ? [] : [`  ${paint.dim('-->')} ${problem.where}`]),
    `  ${paint.dim('= help:')} ${help}`,
  ]
  process.stderr.write(`${harmless(lines.join('\n'))}\n`)
}

/** What `audit` and `diff` must know of files that other systems wrote. */
interface TraceFlags {
  readonly format?: Format
  readonly agent?: string
  readonly customer: string
  readonly at?: number
  readonly json?: boolean
}

interface AuditFlags extends TraceFlags {
  readonly policy?: string
  readonly fleet?: string
  readonly reportJson?: boolean
  readonly failOn?: VerdictKind
  readonly detectors: boolean
  readonly explain: number
}

function traceOptions(command: Command, json = 'the whole report as JSON'): Command {
  return command
    .addOption(new Option('--format <format>', 'what the files are (default: found out)').choices(FORMATS))
    .option('--agent <role>', 'role of the policy that the assistant plays')
    .option('--customer <name>', 'whom it answers, as the policy calls them', 'customer')
    .option('--at <time>', 'when traces without times begin; a second passes with each step', instantOf)
    .option('--json', json)
}

function fromTraceFlags({ format, agent, customer, at, json }: TraceFlags): TraceOptions & { json: boolean } {
  return { format, agent, customer, startsAt: at, json: json === true }
}

function instantOf(text: string): number {
  const at = /(?:Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at))
    throw new InvalidArgumentError('a time is written with its offset: 2024-05-15T15:00:00-05:00')
  return at
}

function verdictOf(text: string): VerdictKind {
  const kind = VERDICT_KINDS.find((each) => each === text && each !== 'allow')
  if (kind === undefined)
    throw new InvalidArgumentError(`one of ${VERDICT_KINDS.filter((each) => each !== 'allow').join(', ')}`)
  return kind
}

function countOf(text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 0) throw new InvalidArgumentError('a whole number, 0 or more')
  return count
}

const FIRST_STEPS = `
Environment:
  NATS_URL              the server that keeps the log, or several of a cluster with commas between
  PARAPET_LEASE_MS      a daemon not heard from for so long loses its partitions (default 1500)
  PARAPET_REPLICAS      copies of the log on a cluster: 1, 3 or 5 (default 1)
  PARAPET_NATS_SERVER   path of the nats-server to run
  PARAPET_DEBUG=1       show stacks with problems
  NO_COLOR, FORCE_COLOR

First steps:
  parapet check policies/refunds.parapet     is the policy well written?
  parapet test  policies/refunds.parapet     does it do what its tests say?
  parapet up    fleet.ts                     run the fleet under it
  parapet trace                              what happened
  parapet explain CONVERSATION#TURN          why
  parapet audit POLICY TRACES                what would it have said about recorded agents?
`
