/** The command that sends a fleet's log to where traces are looked at. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { DATA_ROOT } from './command.ts'
import type { CommandLine } from './policy-commands.ts'

export function spansCommand(program: Command, { write, report, stop, version }: CommandLine): void {
  program
    .command('spans')
    .description('export the log as OpenTelemetry spans (GenAI conventions), with verdicts as events')
    .argument('<to>', 'http://HOST:4318 of a collector, or a file for OTLP/JSON, a request a line')
    .option('--fleet <name>', 'which fleet, when several have data here')
    .option('--data <dir>', 'where data is kept', DATA_ROOT)
    .addHelpText(
      'after',
      '\nExample:\n  parapet spans http://127.0.0.1:4318\n\nSent again, they are the same spans.\n',
    )
    .action(async (to: string, { fleet, data }: { fleet?: string; data: string }) => {
      const { findPlace } = await import('./place.ts')
      const { sendSpans } = await import('./spans.ts')
      const place = findPlace(resolve(data), fleet)
      if (place.kind === 'problem') return void report(place)
      stop.listen(undefined)
      const nats = { natsUrl: process.env['NATS_URL'], natsProgram: process.env['PARAPET_NATS_SERVER'] }
      const sent = await sendSpans({ place, to, version, ...nats }, stop.signal)
      if (report(sent) && sent.kind === 'sent') write(`${sent.spans} spans to ${to}`)
    })
}
