/**
 * The NATS users of a fleet and what each may publish and subscribe to: nothing that its part does not need.
 *
 * Only daemons write inboxes and slots. An inbox message names its sender in its body, which no server reads, so whoever
 * could publish there could speak for anyone; all others ask the daemons, on subjects that say who speaks for whom.
 */
import { ASKS, type AskKind } from '#runtime/control/asks.ts'
import { askSubject, serviceName, tellSubject } from '#runtime/control/service.ts'
import { subjectsOf } from '#runtime/log/subjects.ts'
import type { Speaker } from './speakers.ts'

export interface User {
  /** `daemon`, `reader`, `operator-ada`, `agent-clerk`, `client-customer`. */
  readonly name: string
  readonly kind: 'daemon' | 'reader' | 'operator' | 'agent' | 'client'
  readonly publish: readonly string[]
  /** Beside the inbox of its own that every user has. */
  readonly subscribe: readonly string[]
  /** May answer what it is asked, wherever the answer is wanted. */
  readonly answers: boolean
}

export interface Fleet {
  readonly name: string
  readonly partitions: number
  readonly speakers: readonly Speaker[]
  /** Names of those who look after it. */
  readonly people: readonly string[]
}

export function usersOf(fleet: Fleet): User[] {
  return [
    daemon(fleet),
    reader(fleet),
    ...fleet.people.map((name) => operator(fleet, name)),
    ...fleet.speakers.map((speaker) => client(fleet, speaker)),
  ]
}

/** Questions that change nothing. */
const LOOKS: readonly AskKind[] = [
  'status',
  'agents',
  'agent',
  'approvals',
  'dead',
  'letter',
  'logs',
  'ledgers',
  'policies',
]

function daemon({ name: fleet, partitions }: Fleet): User {
  const subjects = subjectsOf(fleet)
  const inboxes = Array.from({ length: partitions }, (_, partition) => subjects.inboxStream(partition))
  const streams = [subjects.logStream, subjects.leaseStream, ...inboxes]
  const { logStream } = subjects
  return {
    name: 'daemon',
    kind: 'daemon',
    publish: [
      ...inboxes.map((_, partition) => subjects.inboxOf(partition)),
      ...subjects.logAll,
      subjects.lease('>'),
      '$JS.API.INFO',
      ...streams.flatMap((stream) => [
        ...['CREATE', 'UPDATE', 'INFO', 'PURGE'].map((verb) => `$JS.API.STREAM.${verb}.${stream}`),
        ...reading(stream),
      ]),
      `$JS.API.STREAM.MSG.DELETE.${logStream}`,
      ...looking(logStream),
      `${fleet}.control.>`,
    ],
    subscribe: [`${fleet}.control.>`, '$SRV.>'],
    answers: true,
  }
}

/** Reads the log and asks how it goes: `trace`, `explain`, `export`, `status`. */
function reader({ name: fleet }: Fleet): User {
  const { logStream } = subjectsOf(fleet)
  return {
    name: 'reader',
    kind: 'reader',
    publish: [
      '$JS.API.INFO',
      `$JS.API.STREAM.INFO.${logStream}`,
      ...reading(logStream),
      ...looking(logStream),
      ...LOOKS.map((kind) => askSubject(fleet, kind, 'reader')),
    ],
    subscribe: [],
    answers: false,
  }
}

/** A person asks, decides and tells under their own name only, and speaks for nobody who is an agent. */
function operator({ name: fleet, speakers }: Fleet, person: string): User {
  const outside = speakers.filter(({ kind }) => kind === 'outside')
  const asks = (Object.keys(ASKS) as AskKind[]).filter((kind) => kind !== 'tell')
  return {
    name: `operator-${person}`,
    kind: 'operator',
    publish: [
      ...asks.map((kind) => askSubject(fleet, kind, person)),
      ...outside.flatMap(({ name, to }) => to.map((agent) => tellSubject(fleet, person, name, agent))),
      '$SRV.PING',
      ...['PING', 'INFO', 'STATS'].map((verb) => `$SRV.${verb}.${serviceName(fleet)}`),
    ],
    subscribe: [],
    answers: false,
  }
}

/** Says as itself what the policy's vocabulary lets it say, to whom it lets it, and hears what came of that. */
function client({ name: fleet }: Fleet, { name, kind, to }: Speaker): User {
  return {
    name: `${kind === 'agent' ? 'agent' : 'client'}-${name}`,
    kind: kind === 'agent' ? 'agent' : 'client',
    publish: [
      ...to.map((agent) => tellSubject(fleet, name, name, agent)),
      ...(to.length > 0 ? [askSubject(fleet, 'hear', name)] : []),
    ],
    subscribe: [],
    answers: false,
  }
}

/** Through a consumer of one's own. */
function reading(stream: string): string[] {
  return ['CREATE', 'DELETE', 'MSG.NEXT'].map((verb) => `$JS.API.CONSUMER.${verb}.${stream}.>`)
}

/** One message at a time. */
function looking(stream: string): string[] {
  return [
    `$JS.API.STREAM.MSG.GET.${stream}`,
    `$JS.API.DIRECT.GET.${stream}`,
    `$JS.API.DIRECT.GET.${stream}.>`,
  ]
}
