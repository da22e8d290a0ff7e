/**
 * What may be asked of a running fleet, and what is answered: plain data, the same over NATS and HTTP. Every daemon
 * that hears a question answers for the partitions it owns.
 */
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import type { Bundle } from '#runtime/deploy/bundle.ts'
import type { Rollout } from '#runtime/deploy/rollout.ts'
import type { Switched } from '#runtime/fleet/switches.ts'
import type { Trial } from '#runtime/fleet/trial.ts'
import { type Hit, type Row, SEARCH_CHARS_MAX, SEARCH_LIMIT_MAX, type Summary } from '#runtime/memory/port.ts'
import { Given } from './given.ts'
import type { Numbered } from './hearing.ts'
import type { LedgerLine } from './ledgers.ts'
import type { MemoryChange } from './memory-change.ts'

/** A question as JSON, in bytes. */
export const ASK_BYTES_MAX = 256_000
/** An answer as JSON; lists stop before it and say so. */
export const ANSWER_BYTES_MAX = 700_000
export const LIST_MAX = 1_000
const LIST_DEFAULT = 100
/** Rows a search brings unless told. */
const SEARCHED_DEFAULT = 10
/** How long one question waits for news, within the time that every question is answered in. */
export const HEAR_WAIT_MS = 4_000
const NOTE_CHARS_MAX = 2_000

export type Ask =
  | { readonly kind: 'status' }
  | { readonly kind: 'agents'; readonly conversation?: string; readonly limit: number }
  | { readonly kind: 'agent'; readonly agent: string }
  | {
      readonly kind: 'tell'
      /** Saying the same id again has no effect. */
      readonly id: string
      readonly conversation: string
      readonly to: string
      readonly message: string
      readonly fields: JsonObject
      /** Who speaks, as the policy calls them. */
      readonly from: string
    }
  /** What came of the message `id` that whoever asks has said, after the news numbered `after`; waits for some. */
  | {
      readonly kind: 'hear'
      readonly id: string
      readonly conversation: string
      readonly after: number
      readonly waitMs: number
    }
  | { readonly kind: 'approvals'; readonly role?: string }
  | { readonly kind: 'decide'; readonly approval: string; readonly grant: boolean; readonly note: string }
  | { readonly kind: 'dead'; readonly limit: number }
  | { readonly kind: 'letter'; readonly letter: string }
  | { readonly kind: 'settle-dead'; readonly letter: string; readonly again: boolean }
  | { readonly kind: 'ledgers' }
  | {
      readonly kind: 'resolve'
      readonly ledger: string
      readonly hold: string
      readonly cameAbout: boolean
      readonly note: string
    }
  | { readonly kind: 'logs'; readonly after: number; readonly limit: number }
  | { readonly kind: 'policies' }
  | {
      readonly kind: 'switch'
      readonly rollout: Rollout
      /** Versions the daemons may not know; each is checked by each daemon. */
      readonly bundles: readonly Bundle[]
      /** Let unsigned ones in, where the daemon runs in development. */
      readonly unsigned: boolean
    }
  | {
      readonly kind: 'memory-search'
      readonly text: string
      /** Of rows. */
      readonly of?: string
      readonly conversation?: string
      readonly by?: 'words' | 'meaning' | 'both'
      readonly limit: number
    }
  | { readonly kind: 'memory-show'; readonly row: string }
  | { readonly kind: 'memory-stats' }
  /** `id` names the wish. Wanting the same twice changes nothing further. */
  | {
      readonly kind: 'memory-change'
      readonly id: string
      readonly change: MemoryChange
      readonly why: string
    }
  | { readonly kind: 'drain' }

export type AskKind = Ask['kind']

/** Every question there is, with what it is for; the endpoints of the service. */
export const ASKS: Readonly<Record<AskKind, string>> = {
  status: 'what the daemon runs and how it goes',
  agents: 'agents of the partitions it owns',
  agent: 'one agent with its state',
  tell: 'says a message to an agent as a client',
  hear: 'what came of a message, waiting for news of it',
  approvals: 'what waits for a decision',
  decide: 'grants or refuses what waits',
  dead: 'inputs that could not be done',
  letter: 'one of them, whole',
  'settle-dead': 'tries one again, or drops it',
  ledgers: 'what limits across the fleet have counted, and whose outcome is open',
  resolve: 'says whether a step came about that a ledger holds something for',
  logs: 'what the daemon has said lately',
  policies: 'which policies judge, and what came of trying another',
  switch: 'brings the partitions it owns under a rollout of policies',
  'memory-search': 'rows of shared memory, the best match first',
  'memory-show': 'one of them, whole, in whichever state',
  'memory-stats': 'how many rows there are, by kind, standing and writer',
  'memory-change': 'retracts, holds, releases or forgets rows',
  drain: 'finishes what is in hand and stops',
}

export type Health = 'starting' | 'ready' | 'away' | 'draining'

export interface DaemonStatus {
  readonly fleet: string
  readonly daemon: string
  readonly version: string
  readonly pid: number
  readonly health: Health
  readonly policy: string
  readonly log: string
  readonly startedAt: string
  readonly partitions: readonly number[]
  readonly partitionsAll: number
  readonly conversations: { readonly open: number; readonly ended: number }
  readonly agents: { readonly active: number; readonly parked: number; readonly stopped: number }
  readonly waiting: { readonly approvals: number; readonly intents: number; readonly unsent: number }
  /** Steps under limits of the whole fleet whose outcome a person has to look at. */
  readonly overdueHolds: number
  readonly deadLetters: number
  readonly turns: number
  readonly records: number
}

export interface AgentLine {
  readonly agent: string
  readonly status: 'active' | 'parked' | 'finished' | 'stopped'
  readonly state: Json
  readonly waiting: number
  readonly why?: string
}

export interface ApprovalLine {
  readonly approval: string
  readonly who: string
  readonly agent: string
  readonly conversation: string
  readonly checks: readonly string[]
  /** The step it is about. */
  readonly step: { readonly kind: string; readonly name: string; readonly fields: JsonObject }
  readonly reasons: readonly string[]
  readonly dueAt: string
  /** How many have to agree, and who has. */
  readonly people: number
  readonly granted: readonly string[]
  readonly otherwise: 'deny' | 'allow'
}

export interface LetterLine {
  readonly letter: string
  readonly agent: string
  /** What it is: `message order from customer`. */
  readonly what: string
  readonly why: string
  readonly at: string
  readonly tries: number
}

export interface PolicyLine {
  readonly hash: string
  readonly name: string
  readonly version: string
  readonly signedBy?: string
}

/** What judges in the partitions a daemon owns. */
export interface PoliciesStatus {
  readonly daemon: string
  /** The fleet file's. */
  readonly own: PolicyLine
  readonly versions: readonly PolicyLine[]
  readonly partitions: readonly {
    readonly partition: number
    readonly standing: string
    readonly rollout?: Rollout
    readonly trial?: Trial
  }[]
}

export interface EventLine {
  readonly seq: number
  readonly at: string
  readonly level: 'info' | 'warn' | 'error'
  readonly text: string
  readonly more?: JsonObject
}

export type RefusalCode =
  | 'bad-ask'
  | 'not-found'
  | 'forbidden'
  | 'busy'
  | 'full'
  | 'too-late'
  | 'unfit'
  | 'failed'

/** The same numbers as HTTP, for headers and status lines. */
export const REFUSAL_STATUS: Readonly<Record<RefusalCode, number>> = {
  'bad-ask': 400,
  forbidden: 403,
  'not-found': 404,
  busy: 503,
  full: 429,
  'too-late': 409,
  /** Well formed, and not to be used: its tests fail, or it would change more than allowed. */
  unfit: 422,
  failed: 500,
}

export interface Refusal {
  readonly kind: 'refused'
  readonly code: RefusalCode
  readonly message: string
  /** When it may be worth asking again. */
  readonly retryAfterMs?: number
}

export type Answer =
  | { readonly kind: 'status'; readonly status: DaemonStatus }
  | { readonly kind: 'agents'; readonly agents: readonly AgentLine[]; readonly more: boolean }
  | { readonly kind: 'agent'; readonly agent: AgentLine & JsonObject }
  | { readonly kind: 'told'; readonly id: string; readonly agent: string }
  | { readonly kind: 'heard'; readonly conversation: string; readonly news: readonly Numbered[] }
  | { readonly kind: 'approvals'; readonly approvals: readonly ApprovalLine[] }
  | { readonly kind: 'decided'; readonly approval: string; readonly outcome: string; readonly turn: string }
  | { readonly kind: 'dead'; readonly letters: readonly LetterLine[]; readonly more: boolean }
  | { readonly kind: 'letter'; readonly letter: LetterLine; readonly input: Json }
  | {
      readonly kind: 'dead-settled'
      readonly letter: string
      readonly outcome: string
      readonly turn: string
    }
  | { readonly kind: 'ledgers'; readonly ledgers: readonly LedgerLine[] }
  | { readonly kind: 'resolved'; readonly hold: string; readonly outcome: string; readonly turn: string }
  | { readonly kind: 'logs'; readonly events: readonly EventLine[]; readonly daemon: string }
  | { readonly kind: 'draining'; readonly daemon: string }
  | { readonly kind: 'policies'; readonly policies: PoliciesStatus }
  | {
      readonly kind: 'switched'
      readonly daemon: string
      readonly partitions: readonly { readonly partition: number; readonly how: Switched }[]
    }
  | { readonly kind: 'memory-found'; readonly hits: readonly Hit[]; readonly wordsOnly?: string }
  | { readonly kind: 'memory-row'; readonly row: Row }
  | {
      readonly kind: 'memory-stats'
      readonly place: string
      readonly stats: Summary & { readonly kind: 'summary' }
    }
  | {
      readonly kind: 'memory-changed'
      readonly change: MemoryChange
      readonly rows: number
      /** The first of them. */
      readonly ids: readonly string[]
      readonly turn: string
    }
  | Refusal
  /** The partition in question belongs to another daemon. */
  | { readonly kind: 'elsewhere' }

/** What travels: the answer, and which partitions it speaks for. */
export interface Answered {
  readonly answer: Answer
  readonly partitions: readonly number[]
  readonly partitionsAll: number
}

export function refused(code: RefusalCode, message: string): Refusal {
  return { kind: 'refused', code, message }
}

/** Room is made in a quiet second, or as the partition gets on with what it has. */
export const FULL_RETRY_AFTER_MS = 1_000

/** The inbox of a conversation's partition takes no more just now; nothing was kept. */
export function noRoom(conversation: string): Refusal {
  const wait = `say it again in ${FULL_RETRY_AFTER_MS / 1000} s or later, under the same id`
  const message = `the inbox \`${conversation}\` shares with others is full, nothing was kept; ${wait}`
  return { ...refused('full', message), retryAfterMs: FULL_RETRY_AFTER_MS }
}

export function tooLong(bytes: number): Refusal {
  return refused('bad-ask', `a question has at most ${ASK_BYTES_MAX} bytes; this has ${bytes}`)
}

/** A question's text as it came over the wire; empty means no parameters. */
export function readObject(text: string): { readonly kind: 'object'; readonly body: JsonObject } | Refusal {
  let body: Json
  try {
    body = text === '' ? {} : JSON.parse(text)
  } catch (cause) {
    return refused('bad-ask', `the question is not JSON: ${(cause as Error).message}`)
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return refused('bad-ask', 'the question must be a JSON object')
  return { kind: 'object', body }
}

/** Reads a question's body; what is missing or wrong is told in words. */
export function readAsk(kind: AskKind, body: JsonObject): Ask | Refusal {
  const given = new Given(body)
  const ask = askOf(kind, given)
  return given.fault === undefined ? ask : refused('bad-ask', given.fault)
}

function askOf(kind: AskKind, given: Given): Ask {
  switch (kind) {
    case 'status':
    case 'policies':
    case 'ledgers':
    case 'memory-stats':
    case 'drain':
      return { kind }
    case 'memory-search': {
      const [of, conversation, by] = [
        given.optional('of'),
        given.optional('conversation'),
        given.optional('by'),
      ]
      return {
        kind,
        text: given.optional('text', SEARCH_CHARS_MAX) ?? '',
        limit: given.count('limit', SEARCHED_DEFAULT, SEARCH_LIMIT_MAX),
        ...(of && { of }),
        ...(conversation && { conversation }),
        ...(isBy(by) && { by }),
      }
    }
    case 'memory-show':
      return { kind, row: given.text('row') }
    case 'memory-change':
      return { kind, id: given.text('id'), change: given.change(), why: given.text('why', NOTE_CHARS_MAX) }
    case 'resolve':
      return {
        kind,
        ledger: given.text('ledger'),
        hold: given.text('hold'),
        cameAbout: given.truth('cameAbout'),
        note: given.optional('note', NOTE_CHARS_MAX) ?? '',
      }
    case 'agents': {
      const conversation = given.optional('conversation')
      return {
        kind,
        limit: given.count('limit', LIST_DEFAULT, LIST_MAX),
        ...(conversation && { conversation }),
      }
    }
    case 'agent':
      return { kind, agent: given.text('agent') }
    case 'tell':
      return {
        kind,
        id: given.text('id'),
        conversation: given.text('conversation'),
        to: given.text('to'),
        message: given.text('message'),
        fields: given.fields('fields'),
        from: given.text('from'),
      }
    case 'hear':
      return {
        kind,
        id: given.text('id'),
        conversation: given.text('conversation'),
        after: given.count('after', 0, Number.MAX_SAFE_INTEGER),
        waitMs: given.count('waitMs', 0, HEAR_WAIT_MS),
      }
    case 'approvals': {
      const role = given.optional('role')
      return { kind, ...(role && { role }) }
    }
    case 'decide':
      return {
        kind,
        approval: given.text('approval'),
        grant: given.truth('grant'),
        note: given.optional('note', NOTE_CHARS_MAX) ?? '',
      }
    case 'dead':
      return { kind, limit: given.count('limit', LIST_DEFAULT, LIST_MAX) }
    case 'letter':
      return { kind, letter: given.text('letter') }
    case 'settle-dead':
      return { kind, letter: given.text('letter'), again: given.truth('again') }
    case 'switch':
      return {
        kind,
        rollout: given.rollout('rollout'),
        bundles: given.bundles('bundles'),
        unsigned: given.truth('unsigned'),
      }
    case 'logs':
      return {
        kind,
        after: given.count('after', 0, Number.MAX_SAFE_INTEGER),
        limit: given.count('limit', LIST_DEFAULT, LIST_MAX),
      }
  }
}

function isBy(by: string | undefined): by is 'words' | 'meaning' | 'both' {
  return by === 'words' || by === 'meaning' || by === 'both'
}
