/** What daemons answer, in lines for people. */
import type { JsonObject } from '#dsl/judge/step.ts'
import type {
  AgentLine,
  Answer,
  ApprovalLine,
  DaemonStatus,
  EventLine,
  PoliciesStatus,
} from '#runtime/control/asks.ts'
import type { LedgerLine } from '#runtime/control/ledgers.ts'
import { percent, SAMPLE_MIN } from '#runtime/deploy/next.ts'
import { SHARE_WHOLE } from '#runtime/deploy/rollout.ts'
import { addressOf } from '#runtime/fleet/address.ts'
import { shellWord } from './command.ts'
import { counted } from './counted.ts'
import type { Paint } from './paint.ts'
import { memoryLines } from './show-memory.ts'

export function answerLines(answers: readonly Answer[], unowned: readonly number[], paint: Paint): string[] {
  const lines = answers.flatMap((answer) => linesOf(answer, paint))
  if (unowned.length > 0 && answers.every(({ kind }) => kind !== 'refused'))
    lines.push(paint.yellow(`nobody has answered for partitions ${unowned.join(', ')}`))
  const silent = lines.length === 0 && answers.some(({ kind }) => kind !== 'refused')
  return silent ? [paint.dim('nothing')] : lines
}

/** What came of a decision, where the turn's own word says little to who decided. */
const WAITING: Readonly<Record<string, string>> = {
  asked: 'noted, and more have to agree',
  gathering: 'noted, and it waits for detectors or a ledger',
}

/** What came of a message: `{ outcome, answers, reasons, waitingFor }`. */
export function saidLines(result: JsonObject, paint: Paint): string[] {
  const listed = (name: string) => {
    const found = result[name]
    return Array.isArray(found) ? found : []
  }
  const { outcome, conversation } = result
  return [
    `${paint.bold(String(outcome))}  ${paint.dim(`parapet trace ${shellWord(String(conversation))}`)}`,
    ...listed('answers').map((fields) => `  ${JSON.stringify(fields)}`),
    ...listed('reasons').map((reason) => `  ${String(reason)}`),
    ...listed('waitingFor').map((who) => `  for ${String(who)}`),
  ]
}

function linesOf(answer: Answer, paint: Paint): string[] {
  switch (answer.kind) {
    case 'status':
      return statusLines(answer.status, paint)
    case 'agents':
      return [
        ...answer.agents.map((agent) => agentLine(agent, paint)),
        ...(answer.more ? [paint.dim('… and more: name a --conversation, or raise --limit')] : []),
      ]
    case 'agent':
      return agentLines(answer.agent, paint)
    case 'told':
      return [
        `told ${answer.agent}, as ${answer.id}  ${paint.dim(`parapet trace ${shellWord(addressOf(answer.agent).conversation)}`)}`,
      ]
    case 'approvals':
      return answer.approvals.flatMap((approval) => approvalLines(approval, paint))
    case 'decided':
      return [
        `${answer.approval}: ${WAITING[answer.outcome] ?? answer.outcome}  ${paint.dim(`parapet explain ${shellWord(answer.turn)}`)}`,
      ]
    case 'dead':
      return [
        ...answer.letters.map(
          ({ letter, agent, what, why, tries }) =>
            `${paint.bold(letter)}  ${agent}  ${what}  ${paint.dim(`after ${tries === 1 ? 'a try' : `${tries} tries`}: ${why}`)}`,
        ),
        ...(answer.more ? [paint.dim('… and more: raise --limit')] : []),
      ]
    case 'letter':
      return [
        ...Object.entries(answer.letter).map(([name, value]) => `${name.padEnd(8)} ${value}`),
        JSON.stringify(answer.input, null, 2),
      ]
    case 'dead-settled':
      return [
        `${answer.letter}: ${answer.outcome}  ${paint.dim(`parapet explain ${shellWord(answer.turn)}`)}`,
      ]
    case 'ledgers':
      return answer.ledgers.flatMap((ledger) => ledgerLines(ledger, paint))
    case 'resolved':
      return [`${answer.hold}: ${answer.outcome}`]
    case 'logs':
      return answer.events.map((event) => eventLine(event, paint))
    case 'policies':
      return policiesLines(answer.policies, paint)
    case 'switched':
      return [`${answer.daemon}: ${answer.partitions.length} partitions`]
    case 'draining':
      return [`${answer.daemon} finishes what is in hand and stops`]
    case 'heard':
      return answer.news.map((news) => JSON.stringify(news))
    case 'memory-found':
    case 'memory-row':
    case 'memory-stats':
    case 'memory-changed':
      return memoryLines(answer, paint)
    case 'refused':
    case 'elsewhere':
      return []
  }
}

function statusLines(status: DaemonStatus, paint: Paint): string[] {
  const health = status.health === 'ready' ? paint.green('ready') : paint.yellow(status.health)
  const { conversations, agents, waiting } = status
  const owns =
    status.partitions.length === status.partitionsAll
      ? `all ${status.partitionsAll} partitions`
      : `${status.partitions.length} of ${status.partitionsAll} partitions: ${status.partitions.join(', ')}`
  return [
    `${paint.bold(status.fleet)}  ${health}  ${paint.dim(`daemon ${status.daemon}, process ${status.pid}, since ${status.startedAt}`)}`,
    `  owns           ${owns}`,
    `  log            ${status.log}`,
    `  conversations  ${conversations.open} open, ${conversations.ended} ended`,
    `  agents         ${agents.active} active, ${agents.parked} parked, ${agents.stopped} stopped`,
    `  waiting        ${waiting.approvals} approvals, ${waiting.intents} calls, ${waiting.unsent} messages to send`,
    ...(status.overdueHolds === 0
      ? []
      : [paint.red(`  overdue holds  ${status.overdueHolds}: parapet ledgers list`)]),
    ...(status.deadLetters === 0 ? [] : [paint.red(`  dead letters   ${status.deadLetters}: parapet dead`)]),
    `  done           ${status.turns} turns in ${status.records} records`,
  ]
}

function policiesLines({ daemon, versions, partitions }: PoliciesStatus, paint: Paint): string[] {
  const named = new Map(versions.map((line) => [line.hash, line]))
  const shown = (hash: string): string => {
    const line = named.get(hash)
    const who = line?.signedBy === undefined ? '' : `, signed by ${line.signedBy}`
    return `${line ? `"${line.name}" ${line.version}` : 'unknown'} ${paint.dim(hash.slice(0, 12))}${who}`
  }
  return [
    paint.dim(`daemon ${daemon}`),
    ...partitions.flatMap(({ partition, standing, rollout, trial }) => {
      const { candidate, before } = rollout ?? {}
      const why = rollout && `rollout ${rollout.number}, ${rollout.why} by ${rollout.by}`
      const tried =
        candidate?.stage === 'canary'
          ? `has the say in ${percent(candidate.share / SHARE_WHOLE)} of new conversations`
          : 'judges beside'
      return [
        `  partition ${partition}  ${shown(standing)}${paint.dim(why === undefined ? '' : `  ${why}`)}`,
        ...(candidate ? [`    ${paint.yellow(tried)}  ${shown(candidate.hash)}`] : []),
        ...(trial
          ? [
              `    ${trial.changed} of ${trial.steps} verdicts other${trial.unknown > 0 ? `, ${trial.unknown} not known: they take a detector or a ledger` : ''}; denied ${trial.candidateDenied} of ${trial.candidateTurns} turns, ${trial.standingDenied} of ${trial.standingTurns} otherwise`,
            ]
          : []),
        ...(before === undefined ? [] : [paint.dim(`    before: ${shown(before)}`)]),
      ]
    }),
    ...fewLines(partitions, paint),
  ]
}

/** A candidate under a bound goes on in time also where nothing has tried it; nobody shall think that it has been. */
function fewLines(partitions: PoliciesStatus['partitions'], paint: Paint): string[] {
  const bounded = partitions.filter(({ rollout }) => rollout?.candidate?.bound !== undefined)
  const seen = bounded.reduce((sum, { trial }) => sum + (trial?.steps ?? 0), 0)
  if (bounded.length === 0 || seen >= SAMPLE_MIN) return []
  const said = `  ${counted(seen, 'step')} compared here: its bound speaks from ${SAMPLE_MIN} on, and time goes on without`
  return [paint.yellow(said)]
}

function agentLine(agent: AgentLine, paint: Paint): string {
  const status = agent.status === 'stopped' ? paint.red('stopped') : agent.status
  const waiting = agent.waiting === 0 ? '' : paint.yellow(`  ${agent.waiting} inputs wait`)
  const why = agent.why === undefined ? '' : paint.dim(`  ${agent.why}`)
  return `${agent.agent}  ${status}  ${paint.dim(JSON.stringify(agent.state))}${waiting}${why}`
}

export function agentLines(agent: AgentLine & JsonObject, paint: Paint): string[] {
  const { agent: id, status, ...rest } = agent
  return [
    `${paint.bold(String(id))}  ${String(status)}`,
    ...Object.entries(rest).map(([name, value]) => `  ${name.padEnd(10)} ${JSON.stringify(value)}`),
  ]
}

function ledgerLines({ ledger, check, counted, holds }: LedgerLine, paint: Paint): string[] {
  return [
    `${paint.bold(check)}  ${counted}  ${paint.dim(ledger)}`,
    ...holds.map(({ hold, agent, since, step, fields, overdue, unsure }) => {
      const open = `${hold}  ${agent} ${step} since ${since}`
      const why = unsure ?? (overdue ? 'its outcome is late' : undefined)
      const shown = why === undefined ? open : paint.red(`${open}: ${why}`)
      return `  ${shown}  ${paint.dim(JSON.stringify(fields))}`
    }),
  ]
}

function approvalLines(approval: ApprovalLine, paint: Paint): string[] {
  const { step } = approval
  return [
    `${paint.bold(approval.approval)}  ${deciders(approval)} until ${approval.dueAt}, otherwise ${approval.otherwise}`,
    `  ${approval.agent} ${step.kind} ${step.name}  ${paint.dim(JSON.stringify(step.fields))}`,
    ...approval.reasons.map((reason) => `  ${reason}`),
  ]
}

function deciders({ who, people, granted }: ApprovalLine): string {
  if (people === 1) return `${who} decides`
  return `${people} of ${who} decide${granted.length === 0 ? '' : `, granted by ${granted.join(', ')},`}`
}

export function eventLine(event: EventLine, paint: Paint): string {
  const text =
    event.level === 'error'
      ? paint.red(event.text)
      : event.level === 'warn'
        ? paint.yellow(event.text)
        : event.text
  return `${paint.dim(event.at)}  ${text}`
}
