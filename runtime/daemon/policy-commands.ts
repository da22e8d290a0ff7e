/** The commands that work on policies alone: no fleet, no log. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { type Paint, paintFor } from './paint.ts'
import { CACHE_VARIABLE } from './plan-cache.ts'
import type { Problem } from './problem.ts'

export interface CommandLine {
  readonly out: NodeJS.WriteStream
  readonly paint: Paint
  readonly write: (line: string) => void
  /** Tells a problem, if it is one. */
  readonly report: (result: Problem | { readonly kind: string } | undefined) => boolean
  readonly stop: { readonly signal: AbortSignal; listen(hint: string | undefined): void }
  readonly version: string
  /** The exit code, unless something else goes wrong. */
  readonly setCode: (code: number) => void
}

/** Columns of an output that is no terminal. */
const WIDTH_DEFAULT = 100

interface CheckFlags {
  readonly bounds?: boolean
  readonly json?: boolean
  readonly sarif?: string
  readonly explain?: string
}

interface CalibrateFlags {
  readonly detector?: string
  readonly svg?: string
  readonly fleet?: string
  readonly json?: boolean
}

interface TestFlags {
  readonly verbose?: boolean
  readonly only?: string
  readonly watch?: boolean
  readonly junit?: string
  readonly json?: boolean
}

interface MutateFlags {
  readonly only?: string
  readonly within: number
  readonly json?: boolean
}

export function policyCommands(
  program: Command,
  { out, paint, write, report, stop, version, setCode }: CommandLine,
): void {
  program
    .option('--no-cache', 'compile policies afresh, and keep nothing compiled')
    .hook('preAction', (command) => {
      if (command.opts()['cache'] === false) process.env[CACHE_VARIABLE] = 'off'
    })

  program
    .command('check')
    .description('find every error and warning in policy files')
    .argument('[files...]', 'policy files (*.parapet)')
    .option('--bounds', 'print what each constraint keeps and costs')
    .option('--json', 'diagnostics as JSON, one array')
    .option('--sarif <file>', 'also write what is found, by lint too, as SARIF 2.1.0')
    .option('--explain <code>', 'print what a code means, with an example, and how it is put right')
    .addHelpText('after', '\nExample:\n  parapet check policies/refunds.parapet --bounds\n')
    .action(async (files: string[], options: CheckFlags, command: Command) => {
      if (options.explain !== undefined) {
        const { explainCode } = await import('./policy-codes.ts')
        const said = explainCode(options.explain)
        if (said === undefined) command.error(`error: there is no code ${options.explain}`)
        return write(said)
      }
      if (files.length === 0) command.error("error: missing required argument 'files'")
      const { checkPolicies } = await import('./check.ts')
      setCode(
        checkPolicies(
          files,
          {
            bounds: options.bounds === true,
            json: options.json === true,
            ...(options.sarif !== undefined && { sarif: { file: options.sarif, version } }),
          },
          write,
          paint,
        ),
      )
    })

  program
    .command('fmt')
    .description('put policy files into their canonical layout; words, numbers and comments stay')
    .argument('<files...>', 'policy files (*.parapet), - for the standard input')
    .option('--check', 'write nothing, list the files that would change; exit code 1 if there are any')
    .option('--stdout', 'write to the standard output, leave the files alone')
    .addHelpText('after', '\nExample:\n  parapet fmt policies/*.parapet\n\nLines end in LF afterwards.\n')
    .action(async (files: string[], options: { check?: boolean; stdout?: boolean }) => {
      const { formatPolicies } = await import('./fmt.ts')
      setCode(
        formatPolicies(
          files,
          { check: options.check === true, stdout: options.stdout === true },
          {
            readStdin: () => readFileSync(0),
            write: (text) => out.write(text),
            say: (line) => process.stderr.write(`${line}\n`),
            paint: paintFor(process.stderr),
          },
        ),
      )
    })

  program
    .command('lint')
    .description('find what is valid but probably not what was meant')
    .argument('<files...>', 'policy files (*.parapet)')
    .option('--json', 'findings as JSON, one array')
    .option('--strict', 'warnings count as faults')
    .addHelpText('after', '\nExample:\n  parapet lint policies/refunds.parapet\n')
    .action(async (files: string[], options: { json?: boolean; strict?: boolean }) => {
      const { lintPolicies } = await import('./lint.ts')
      setCode(
        lintPolicies(files, { json: options.json === true, strict: options.strict === true }, write, paint),
      )
    })

  program
    .command('test')
    .description(
      'run the `test` blocks of policy files and the cases beside them, and say what no test covers',
    )
    .argument('<files...>', 'policy files (*.parapet); their cases are in NAME.cases.yaml beside them')
    .option('--verbose', 'also name the tests that pass')
    .option('--only <name>', 'only tests with this in their name')
    .option('--watch', 'run again whenever a policy or its cases change')
    .option('--junit <file>', 'also write a JUnit report')
    .option('--json', 'results and coverage as JSON')
    .addHelpText('after', '\nExample:\n  parapet test policies/refunds.parapet --watch\n')
    .action(async (files: string[], flags: TestFlags) => {
      const { concernsPolicy, testPolicies } = await import('./test-policies.ts')
      const { verbose = false, json = false, watch = false, only, junit } = flags
      const options = {
        verbose,
        json,
        width: out.columns ?? WIDTH_DEFAULT,
        ...(only && { only }),
        ...(junit && { junit }),
      }
      const run = () => testPolicies(files, options, write, paint)
      setCode(await run())
      if (!watch) return
      const { watchFiles } = await import('./watch.ts')
      const { systemClock } = await import('./clock.ts')
      stop.listen(undefined)
      const again = () => {
        write(`\n${paint.dim('changed, running again')}`)
        void run().then(setCode)
      }
      const unwatch = watchFiles(
        files.map((file) => resolve(file)),
        concernsPolicy,
        again,
        systemClock(),
      )
      await new Promise<void>((done) => stop.signal.addEventListener('abort', () => done()))
      unwatch()
      setCode(130)
    })

  program
    .command('mutate')
    .description('change a policy in many small ways, and say which changes none of its tests would notice')
    .argument('<policy>', 'policy file (*.parapet)')
    .argument('[cases...]', 'files of cases, besides those named NAME.cases.yaml beside the policy')
    .option('--only <name>', 'only checks with this in their name')
    .option('--within <seconds>', 'stop after so many seconds; what is left is counted', secondsOf, 60)
    .option('--json', 'every check with its survivors as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  parapet mutate policies/refunds.parapet\n\nExit code 1: a change goes unnoticed, or was not tried in time.\n',
    )
    .action(async (file: string, casesFiles: string[], flags: MutateFlags) => {
      const { mutatePolicy } = await import('./mutate-policy.ts')
      const { within, json = false, only } = flags
      const options = {
        file,
        casesFiles,
        withinMs: within * 1_000,
        json,
        width: out.columns ?? WIDTH_DEFAULT,
        ...(only && { only }),
      }
      const result = await mutatePolicy(options, write, paint, () => performance.now())
      if (report(result) && result.kind === 'mutated' && result.unnoticed > 0) setCode(1)
    })

  program
    .command('types')
    .description('print the vocabulary of a policy as TypeScript types, or as JSON Schema')
    .argument('<policy>', 'policy file (*.parapet)')
    .addOption(
      new Option('--typescript', 'TypeScript types').default(true, 'the default').conflicts('jsonSchema'),
    )
    .option('--json-schema', 'JSON Schema 2020-12')
    .addHelpText('after', '\nExample:\n  parapet types policies/refunds.parapet > vocabulary.ts\n')
    .action(async (file: string, options: { jsonSchema?: boolean }) => {
      const { exportVocabulary } = await import('./export-vocabulary.ts')
      report(
        await exportVocabulary(file, options.jsonSchema ? 'json-schema' : 'typescript', (text) =>
          out.write(text),
        ),
      )
    })

  program
    .command('calibrate')
    .description(
      'find the detector threshold that best separates labelled examples, beside the one in the policy',
    )
    .argument('<policy>', 'policy file (*.parapet) that asks the detector')
    .argument(
      '<labelled>',
      'examples, one a line: {"text": "…", "label": 1}, with `to` for what it is compared with',
    )
    .option('--detector <name>', 'which one, if the policy asks several')
    .option('--svg <file>', 'also draw the curve')
    .option('--fleet <file>', 'score by the embedder of this fleet file; scores differ from model to model')
    .option('--json', 'the whole curve as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  parapet calibrate mail.parapet pages.jsonl --detector injection --svg curve.svg\n',
    )
    .action(async (policyFile: string, labelledFile: string, flags: CalibrateFlags) => {
      const { calibrate } = await import('./calibrate.ts')
      const { detector, svg, fleet: fleetFile, json = false } = flags
      report(await calibrate({ policyFile, labelledFile, detector, svg, fleetFile, json }, write, paint))
    })

  program
    .command('docs')
    .description(
      'write a policy as a readable page: who may do what, every rule as a sentence, patterns drawn, tests as examples',
    )
    .argument('<policy>', 'policy file (*.parapet)')
    .option('--html', 'one HTML file that needs nothing else, rather than Markdown')
    .option('--out <file>', 'where the page goes (default: the standard output)')
    .addHelpText('after', '\nExample:\n  parapet docs policies/refunds.parapet --html --out refunds.html\n')
    .action(async (file: string, options: { html?: boolean; out?: string }) => {
      const { writeDocs } = await import('./docs.ts')
      const { out: to } = options
      report(
        writeDocs({ file, html: options.html === true, ...(to && { out: to }) }, (text) => out.write(text)),
      )
    })
}

/** A day. */
const SECONDS_MAX = 86_400

function secondsOf(text: string): number {
  const seconds = Number(text)
  if (!(seconds > 0 && seconds <= SECONDS_MAX))
    throw new InvalidArgumentError(`a number of seconds, at most ${SECONDS_MAX}`)
  return seconds
}
