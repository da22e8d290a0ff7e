/** The commands that talk to a running fleet: look, tell, decide, stop. */
import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Argument, type Command, InvalidArgumentError } from 'commander'
import type { Json } from '#dsl/judge/step.ts'
import { type Answer, type Ask, LIST_MAX, type RefusalCode } from '#runtime/control/asks.ts'
import { addressOf } from '#runtime/fleet/address.ts'
import type { Carried } from './carry.ts'
import { DATA_ROOT } from './command.ts'
import { counted } from './counted.ts'
import { memoryCommands } from './memory-commands.ts'
import type { CommandLine } from './policy-commands.ts'
import { type Problem, problem } from './problem.ts'
import { doorOf, type Reached } from './reach.ts'
import { agentLines, answerLines, eventLine, saidLines } from './show-answers.ts'
import { whoIsHere } from './who.ts'

interface Flags {
  readonly data: string
  readonly fleet?: string
  readonly as: string
  readonly json?: boolean
}

const WAIT_SECONDS_MAX = 3_600
/** Between two looks at the log, when it is followed. */
const FOLLOW_MS = 500

export function fleetCommands(program: Command, line: CommandLine): void {
  const { write, paint, report, setCode, stop } = line

  const withFlags = (command: Command): Command =>
    command
      .option('--json', 'what the daemons answer, as JSON')
      .option('--as <name>', 'who you are, as the fleet file says (also PARAPET_AS)', whoIsHere())
      .option('--fleet <name>', 'which fleet, when several have data here')
      .option('--data <dir>', 'where data is kept', DATA_ROOT)

  const reached = async (
    flags: Flags,
    then: (on: Reached) => Promise<Problem | undefined>,
  ): Promise<void> => {
    const { reach } = await import('./reach.ts')
    const on = await reach({
      dataRoot: resolve(flags.data),
      fleet: flags.fleet,
      natsUrl: process.env['NATS_URL'],
      by: flags.as,
    })
    if (on.kind === 'problem') return void report(on)
    try {
      report(await then(on))
    } finally {
      await on.close()
    }
  }

  /** Asks once and shows what comes back. */
  const asked = (flags: Flags, ask: Ask): Promise<void> =>
    reached(flags, async (on) => {
      const heard = await on.ask(ask)
      if (heard.kind === 'problem') return heard
      if (flags.json) write(JSON.stringify(heard.answers, null, 2))
      else for (const shown of answerLines(heard.answers, heard.unowned, paint)) write(shown)
      return refusal(heard.answers)
    })

  /** Says a message, and shows what comes of it. What was said stays said however long one waits. */
  const heard = (flags: Flags, ask: Ask & { kind: 'tell' }, waitMs: number): Promise<void> =>
    reached(flags, async (on) => {
      const told = await on.ask(ask)
      if (told.kind === 'problem') return told
      const refused = refusal(told.answers)
      if (refused) return refused
      stop.listen(undefined)
      const { hear } = await import('#runtime/tools/mcp/say.ts')
      const door = doorOf(on)
      const of = { conversation: ask.conversation, id: ask.id, after: 0 }
      const said = await hear({ door, waitMs, nowMs: () => performance.now() }, of, stop.signal)
      if (said.kind === 'failed') return problem('D0048', said.message)
      for (const shown of flags.json ? [JSON.stringify(said.result)] : saidLines(said.result, paint))
        write(shown)
      if (said.isError) setCode(1)
      return undefined
    })

  withFlags(program.command('status'))
    .description('show how a running fleet is doing: daemons, partitions, conversations, what is waiting')
    .action((flags: Flags) => asked(flags, { kind: 'status' }))

  withFlags(program.command('agents'))
    .description('list the agents of open conversations, or show one of them with its state')
    .argument('[agent]', 'CONVERSATION/ROLE: show its state')
    .option('--conversation <id>', 'only of this conversation')
    .option('--limit <n>', 'at most so many a daemon', limitOf, 100)
    .action((agent: string | undefined, flags: Flags & { conversation?: string; limit: number }) =>
      agent === undefined
        ? asked(flags, {
            kind: 'agents',
            limit: flags.limit,
            ...(flags.conversation && { conversation: flags.conversation }),
          })
        : reached(flags, async (on) => {
            const heard = await on.ask({ kind: 'agent', agent })
            if (heard.kind === 'problem') return heard
            const [answer] = heard.answers
            if (answer?.kind === 'agent')
              for (const shown of flags.json
                ? [JSON.stringify(answer.agent, null, 2)]
                : agentLines(answer.agent, paint))
                write(shown)
            return refusal(heard.answers)
          }),
    )

  withFlags(program.command('tell'))
    .description('send a message to an agent, as a client; sending the same --id again has no effect')
    .argument('<agent>', 'CONVERSATION/ROLE')
    .argument('<message>', 'the message’s name')
    .argument('[fields...]', 'NAME=VALUE; a value is JSON, or else a text')
    .option('--from <name>', 'who speaks, as the policy calls them', 'customer')
    .option('--id <id>', 'names this message (default: a new one)')
    .option('--wait <seconds>', 'until it is answered, refused, or waits for a person', waitOf)
    .addHelpText(
      'after',
      '\nExamples:\n  parapet tell c-17/clerk order amount=20 --id order-17\n  parapet tell c-17/clerk order amount=20 --wait 10\n',
    )
    .action(
      (
        agent: string,
        message: string,
        fields: string[],
        flags: Flags & { from: string; id?: string; wait?: number },
      ) => {
        const { conversation, role } = addressOf(agent)
        if (conversation === '')
          return void report(problem('D0022', `\`${agent}\` names no agent`, { help: 'CONVERSATION/ROLE' }))
        const ask: Ask & { kind: 'tell' } = {
          kind: 'tell',
          id: flags.id ?? randomUUID(),
          conversation,
          to: role,
          message,
          from: flags.from,
          fields: Object.fromEntries(fields.map(fieldOf)),
        }
        return flags.wait === undefined ? asked(flags, ask) : heard(flags, ask, flags.wait * 1000)
      },
    )

  withFlags(program.command('approvals'))
    .description('list what is waiting for a decision, the most urgent first')
    .option('--role <role>', 'only what this role decides')
    .action((flags: Flags & { role?: string }) =>
      asked(flags, { kind: 'approvals', ...(flags.role && { role: flags.role }) }),
    )

  for (const [name, grant] of [
    ['approve', true],
    ['deny', false],
  ] as const)
    withFlags(program.command(name))
      .description(`${grant ? 'grant' : 'refuse'} what is waiting for a decision`)
      .argument('<approval>', 'as `parapet approvals` shows it')
      .option('--note <text>', 'why; it stands in the log', '')
      .action((approval: string, flags: Flags & { note: string }) =>
        asked(flags, { kind: 'decide', approval, grant, note: flags.note }),
      )

  const dead = withFlags(program.command('dead'))
    .description('inputs that were given up on: look at them, retry them, drop them')
    .option('--limit <n>', 'the newest so many of a daemon', limitOf, 100)
    .action((flags: Flags & { limit: number }) => asked(flags, { kind: 'dead', limit: flags.limit }))
  const onLetter = (name: string, description: string, ask: (letter: string) => Ask) =>
    dead
      .command(name)
      .description(description)
      .argument('<letter>', 'as `parapet dead` shows it')
      .action((letter: string, _own: object, command: Command) =>
        asked(command.optsWithGlobals<Flags>(), ask(letter)),
      )
  onLetter('show', 'one, with the whole input', (letter) => ({ kind: 'letter', letter }))
  onLetter('retry', 'try one again', (letter) => ({ kind: 'settle-dead', letter, again: true }))
  onLetter('drop', 'drop one for good', (letter) => ({ kind: 'settle-dead', letter, again: false }))

  const ledgers = program
    .command('ledgers')
    .description('fleet-wide limits: what they have counted, and what is waiting for a person’s word')
  withFlags(ledgers.command('list'))
    .description('every entry, with the steps whose outcome is open')
    .action((flags: Flags) => asked(flags, { kind: 'ledgers' }))
  withFlags(ledgers.command('resolve'))
    .description('say whether a step came about; nothing else frees what is held for it')
    .argument('<ledger>', 'as `parapet ledgers list` shows it')
    .argument('<hold>', 'as `parapet ledgers list` shows it')
    .addArgument(new Argument('<outcome>', 'what became of it').choices(['happened', 'did-not']))
    .option('--note <text>', 'how you know; it stands in the log', '')
    .action((ledger: string, hold: string, outcome: string, flags: Flags & { note: string }) =>
      asked(flags, { kind: 'resolve', ledger, hold, cameAbout: outcome === 'happened', note: flags.note }),
    )

  memoryCommands(program, { withFlags, asked })

  withFlags(program.command('logs'))
    .description('show what the daemons have said lately')
    .option('--follow', 'go on until Ctrl-C')
    .option('--limit <n>', 'the newest so many of a daemon', limitOf, 100)
    .action((flags: Flags & { follow?: boolean; limit: number }) =>
      reached(flags, async (on) => {
        const shown = new Map<string, number>()
        const more = async (): Promise<Problem | undefined> => {
          const heard = await on.ask({
            kind: 'logs',
            after: Math.min(...shown.values(), 0),
            limit: flags.limit,
          })
          if (heard.kind === 'problem') return heard
          for (const answer of heard.answers) {
            if (answer.kind !== 'logs') continue
            for (const event of answer.events) {
              if (event.seq <= (shown.get(answer.daemon) ?? 0)) continue
              shown.set(answer.daemon, event.seq)
              write(
                flags.json ? JSON.stringify({ daemon: answer.daemon, ...event }) : eventLine(event, paint),
              )
            }
          }
          return refusal(heard.answers)
        }
        const first = await more()
        if (first || !flags.follow) return first
        stop.listen(undefined)
        while (!stop.signal.aborted) {
          await wait(FOLLOW_MS, undefined, { signal: stop.signal }).catch(() => {})
          const trouble = stop.signal.aborted ? undefined : await more()
          if (trouble) return trouble
        }
        return undefined
      }),
    )

  program
    .command('export')
    .description('write the whole log of a stopped fleet into one file; its memory/ and world/ are not in it')
    .argument('<file>', 'where to; JSON lines, gzipped')
    .option('--fleet <name>', 'which fleet, when several have data here')
    .option('--data <dir>', 'where data is kept', DATA_ROOT)
    .action(async (file: string, { data, fleet }: { data: string; fleet?: string }) => {
      const { findPlace } = await import('./place.ts')
      const { exportFleet } = await import('./carry.ts')
      const place = findPlace(resolve(data), fleet)
      if (place.kind === 'problem') return void report(place)
      const carried = await exportFleet(place, { file, ...nats() })
      if (!report(carried) || carried.kind !== 'carried') return
      write(carriedLine(carried))
      write(paint.yellow(`memory/ and world/ are not in it: copy them yourself, from ${carried.dir}`))
    })

  program
    .command('import')
    .description('read an exported fleet into an empty place, and judge all of it again')
    .argument('<file>', 'as `parapet export` wrote it')
    .option('--data <dir>', 'where data is to be kept', DATA_ROOT)
    .action(async (file: string, { data }: { data: string }) => {
      const { importFleet } = await import('./carry.ts')
      const carried = await importFleet(resolve(data), { file, ...nats() })
      if (!report(carried) || carried.kind !== 'carried') return
      write(`${carriedLine(carried)}, judged again: all as recorded`)
      write(paint.yellow(`memory/ and world/ were not in it: copy them yourself, into ${carried.dir}`))
    })

  withFlags(program.command('drain'))
    .description('have every daemon of the fleet finish what is in hand and stop')
    .action((flags: Flags) => asked(flags, { kind: 'drain' }))
}

function nats() {
  return { natsUrl: process.env['NATS_URL'], natsProgram: process.env['PARAPET_NATS_SERVER'] }
}

function carriedLine({ fleet, slots, messages }: Carried): string {
  return `${fleet}: ${counted(slots, 'record')}, ${counted(messages, 'message')} that nobody has taken yet`
}

/** When nothing but refusals came, the first is the problem. */
function refusal(answers: readonly Answer[]): Problem | undefined {
  const [first] = answers
  if (first?.kind !== 'refused' || answers.some(({ kind }) => kind !== 'refused')) return undefined
  const help = REFUSAL_HELP[first.code]
  return problem('D0048', first.message, { ...(help !== undefined && { help }) })
}

/** Where the message alone does not say how to go on, and it is not a matter of who asks. */
const REFUSAL_HELP: Partial<Record<RefusalCode, string>> = {
  'bad-ask': '`parapet help COMMAND` shows how it is asked',
  'not-found': '`parapet agents`, `approvals`, `dead` and `ledgers list` show what there is',
  'too-late': 'what is done stays done: `parapet trace` shows it',
  busy: 'the same again in a moment',
  full: 'the same again in a moment, under the same --id: it counts once',
}

function fieldOf(text: string): [string, Json] {
  const cut = text.indexOf('=')
  if (cut < 1) throw new InvalidArgumentError(`\`${text}\` is no field: one is written NAME=VALUE`)
  const value = text.slice(cut + 1)
  try {
    const parsed: Json = JSON.parse(value)
    return [text.slice(0, cut), parsed]
  } catch {
    return [text.slice(0, cut), value]
  }
}

function waitOf(text: string): number {
  const seconds = Number(text)
  if (!(seconds > 0 && seconds <= WAIT_SECONDS_MAX))
    throw new InvalidArgumentError(`seconds, at most ${WAIT_SECONDS_MAX}`)
  return seconds
}

function limitOf(text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1 || count > LIST_MAX)
    throw new InvalidArgumentError(`a whole number from 1 to ${LIST_MAX}`)
  return count
}
