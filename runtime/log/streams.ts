/**
 * The fleet's streams (one of slots, one of leases, an inbox per partition) and its birth certificate: created when missing, and checked by what the server echoes, since
 * an old server accepts settings it does not know and drops them.
 */

import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  PubHeaders,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream'
import { headers, type NatsConnection, nanos } from '@nats-io/nats-core'
import { LEASE_BYTES_MAX } from './leases.ts'
import { MESSAGE_BYTES_MAX, RECORD_BYTES_MAX } from './port.ts'
import type { Subjects } from './subjects.ts'

/** Raised when the layout of subjects, records' headers or envelopes changes. */
export const LOG_FORMAT = 3

/** Of one partition's inbox. */
export const INBOX_BYTES_MAX = 256 * 1024 * 1024
export const LOG_BYTES_MAX = 4 * 1024 * 1024 * 1024
export const LEASES_BYTES_MAX = 4 * 1024 * 1024
/** Room for headers and the envelope. */
const OVERHEAD_BYTES = 4_096
/** Slots are created with a message id; within this window a repeated attempt is answered from memory. */
const SLOT_DUPLICATE_WINDOW_MS = 120_000
/** Inbox messages carry no message id. The smallest window the server takes. */
const INBOX_DUPLICATE_WINDOW_MS = 100

export type RefusedCode =
  | 'bad-name'
  | 'bad-partitions'
  | 'no-fleet'
  | 'unreachable'
  | 'no-jetstream'
  | 'configuration'
  | 'storage'
  | 'other-format'
  | 'other-partitions'

export interface Refused {
  readonly kind: 'refused'
  readonly code: RefusedCode
  readonly message: string
  readonly help: string
}

export interface StreamLimits {
  /** Of each partition's inbox. */
  readonly inboxBytesMax: number
  readonly logBytesMax: number
  /** 1 for a single server; 3 or 5 in a cluster. */
  readonly replicas: number
}

type Wanted = Pick<
  StreamConfig,
  | 'name'
  | 'subjects'
  | 'retention'
  | 'storage'
  | 'discard'
  | 'max_bytes'
  | 'max_msg_size'
  | 'num_replicas'
  | 'allow_direct'
  | 'duplicate_window'
> &
  Partial<Pick<StreamConfig, 'max_msgs_per_subject' | 'allow_rollup_hdrs'>>

export async function ensureStreams(
  jsm: JetStreamManager,
  subjects: Subjects,
  partitions: number,
  limits: StreamLimits,
): Promise<Refused | undefined> {
  const common = {
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    // Never let the server make room by dropping what nobody has consumed.
    discard: DiscardPolicy.New,
    num_replicas: limits.replicas,
    allow_direct: true,
  }
  const log: Wanted = {
    ...common,
    name: subjects.logStream,
    subjects: [...subjects.logAll],
    max_bytes: limits.logBytesMax,
    max_msg_size: RECORD_BYTES_MAX + OVERHEAD_BYTES,
    duplicate_window: nanos(SLOT_DUPLICATE_WINDOW_MS),
  }
  const inbox = (partition: number): Wanted => ({
    ...common,
    name: subjects.inboxStream(partition),
    subjects: [subjects.inboxOf(partition)],
    max_bytes: limits.inboxBytesMax,
    max_msg_size: MESSAGE_BYTES_MAX + OVERHEAD_BYTES,
    duplicate_window: nanos(INBOX_DUPLICATE_WINDOW_MS),
  })
  const inboxes = Array.from({ length: partitions }, (_, partition) => inbox(partition))
  const leases: Wanted = {
    ...common,
    name: subjects.leaseStream,
    subjects: [subjects.lease('>')],
    max_msgs_per_subject: 1,
    allow_rollup_hdrs: true,
    max_bytes: LEASES_BYTES_MAX,
    max_msg_size: LEASE_BYTES_MAX + OVERHEAD_BYTES,
    duplicate_window: nanos(INBOX_DUPLICATE_WINDOW_MS),
  }
  const outcomes = await Promise.all([log, leases, ...inboxes].map((wanted) => ensureStream(jsm, wanted)))
  return outcomes.find((refused) => refused !== undefined)
}

async function ensureStream(jsm: JetStreamManager, wanted: Wanted): Promise<Refused | undefined> {
  try {
    const echoed = await createOrUpdate(jsm, wanted)
    const differing = differences(wanted, echoed)
    if (differing.length === 0) return undefined
    return {
      kind: 'refused',
      code: 'configuration',
      message: `The server keeps stream \`${wanted.name}\` with other settings than asked for: ${differing.join(', ')}.`,
      help: 'Another program may have made this stream, or the server is too old; use nats-server 2.9.10 or newer and another fleet name.',
    }
  } catch (error) {
    if (!(error instanceof JetStreamApiError)) throw error
    const storage = STORAGE_ERRORS.has(error.code)
    return {
      kind: 'refused',
      code: storage ? 'storage' : 'configuration',
      message: `The server will not keep stream \`${wanted.name}\`: ${error.message}.`,
      help: storage
        ? "Free disk space, raise the server's `max_file_store`, or lower the fleet's `logBytesMax` and `inboxBytesMax`."
        : 'Check the number of replicas against the servers of the cluster, and that no other stream takes these subjects.',
    }
  }
}

const STREAM_NAME_IN_USE = 10058
/** Insufficient resources; storage exceeded. */
const STORAGE_ERRORS: ReadonlySet<number> = new Set([10023, 10047, 10028])

async function createOrUpdate(jsm: JetStreamManager, wanted: Wanted): Promise<StreamConfig> {
  try {
    return (await jsm.streams.add(wanted)).config
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== STREAM_NAME_IN_USE) throw error
    return (await jsm.streams.update(wanted.name, wanted)).config
  }
}

function differences(wanted: Wanted, echoed: StreamConfig): string[] {
  const keys = Object.keys(wanted) as (keyof Wanted)[]
  return keys
    .filter((key) => JSON.stringify(wanted[key]) !== JSON.stringify(echoed[key]))
    .map((key) => `${key} is ${JSON.stringify(echoed[key])} instead of ${JSON.stringify(wanted[key])}`)
}

/** What a fleet is born with; written once, by whoever opens it first. */
interface Birth {
  readonly format: number
  readonly partitions: number
}

const META_TIMEOUT_MS = 5_000

/** Writes the certificate unless there is one; `checkBirth` tells what stands. */
export async function certify(nc: NatsConnection, subjects: Subjects, partitions: number): Promise<void> {
  const mine: Birth = { format: LOG_FORMAT, partitions }
  const createOnly = headers()
  createOnly.set(PubHeaders.ExpectedLastSubjectSequenceHdr, '0')
  await nc.request(subjects.meta, JSON.stringify(mine), { timeout: META_TIMEOUT_MS, headers: createOnly })
}

/** Compares with the certificate that stands. None is fine, the fleet is new, unless there `must` be one. */
export async function checkBirth(
  jsm: JetStreamManager,
  subjects: Subjects,
  fleet: string,
  partitions: number,
  must: boolean,
): Promise<Refused | undefined> {
  const born = await readBirth(jsm, subjects)
  if (born === undefined) {
    if (!must) return undefined
    return {
      kind: 'refused',
      code: 'no-fleet',
      message: `The server holds no fleet \`${fleet}\`.`,
      help: 'Check the address and the name of the fleet. Nothing was made on the server.',
    }
  }
  if (born.format !== LOG_FORMAT) {
    return {
      kind: 'refused',
      code: 'other-format',
      message: `Fleet \`${fleet}\` was written in log format ${born.format ?? 'unknown'}; this version reads format ${LOG_FORMAT}.`,
      help: 'Run the version that wrote it, or start with another data folder or fleet name.',
    }
  }
  if (born.partitions !== partitions) {
    return {
      kind: 'refused',
      code: 'other-partitions',
      message: `Fleet \`${fleet}\` was created with ${born.partitions ?? 'unknown'} partitions and cannot be opened with ${partitions}: its agents would look in other inboxes.`,
      help: `Set \`partitions\` to ${born.partitions ?? 'what it was created with'}, or start with another data folder or fleet name.`,
    }
  }
  return undefined
}

const STREAM_NOT_FOUND = 10059
const NO_MESSAGE_FOUND = 10037

async function readBirth(jsm: JetStreamManager, subjects: Subjects): Promise<Partial<Birth> | undefined> {
  try {
    const stored = await jsm.streams.getMessage(subjects.logStream, { last_by_subj: subjects.meta })
    return stored?.json<Partial<Birth>>()
  } catch (error) {
    if (!(error instanceof JetStreamApiError)) throw error
    if (error.code === STREAM_NOT_FOUND || error.code === NO_MESSAGE_FOUND) return undefined
    throw error
  }
}
