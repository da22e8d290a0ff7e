/**
 * How the fleet's names become NATS subjects and stream names.
 *
 * An agent's id is any text, a subject token is not: bytes outside the safe set are written `=XX` (two hex digits), the
 * way quoted-printable does. The encoding is one-to-one, so an inbox subject names exactly one agent.
 */

/** One token of a subject and part of a stream's name. */
const FLEET_NAME = /^[A-Za-z0-9_-]{1,64}$/
const SAFE_TOKEN = /^[A-Za-z0-9_/:@-]+$/
/** No agent's token: there `=` is followed by two hex digits. */
const PACKS = '='
const SAFE_BYTE = Array.from({ length: 256 }, (_, byte) => SAFE_TOKEN.test(String.fromCharCode(byte)))

export interface Subjects {
  readonly logStream: string
  /** What the log stream takes in. */
  readonly logAll: readonly string[]
  readonly meta: string
  /** The leases' stream, laid out as a key-value bucket, so that `nats kv` shows it. */
  readonly leaseStream: string
  lease(key: string): string
  /** The key a lease's subject names. */
  leaseOf(subject: string): string
  slot(partition: number, rev: number): string
  slotsOf(partition: number): string
  /** Each partition's inbox is a stream of its own. */
  inboxStream(partition: number): string
  inbox(partition: number, agent: string): string
  inboxOf(partition: number): string
  /** Messages for several agents in one (`pack.ts`). */
  packs(partition: number): string
  isPacks(subject: string): boolean
  /** The agent an inbox subject names. */
  agentOf(subject: string): string
  /** The revision a slot's subject names. */
  revOf(subject: string): number
}

export function isFleetName(name: string): boolean {
  return FLEET_NAME.test(name)
}

export function subjectsOf(fleet: string): Subjects {
  const log = `${fleet}.log`
  const inbox = `${fleet}.in`
  const leases = `$KV.${fleet}-leases`
  return {
    logStream: `${fleet}-log`,
    logAll: [`${log}.>`, `${fleet}.meta`],
    meta: `${fleet}.meta`,
    leaseStream: `KV_${fleet}-leases`,
    lease: (key) => `${leases}.${key}`,
    leaseOf: (subject) => subject.slice(leases.length + 1),
    slot: (partition, rev) => `${log}.${partition}.${rev}`,
    slotsOf: (partition) => `${log}.${partition}.*`,
    inboxStream: (partition) => `${fleet}-in-${partition}`,
    inbox: (partition, agent) => `${inbox}.${partition}.${encodeToken(agent)}`,
    inboxOf: (partition) => `${inbox}.${partition}.*`,
    packs: (partition) => `${inbox}.${partition}.${PACKS}`,
    isPacks: (subject) => subject.endsWith(`.${PACKS}`),
    agentOf: (subject) => decodeToken(subject.slice(subject.lastIndexOf('.') + 1)),
    revOf: (subject) => Number(subject.slice(subject.lastIndexOf('.') + 1)),
  }
}

export function encodeToken(text: string): string {
  if (SAFE_TOKEN.test(text)) return text
  let token = ''
  for (const byte of Buffer.from(text)) {
    token += SAFE_BYTE[byte]
      ? String.fromCharCode(byte)
      : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return token
}

export function decodeToken(token: string): string {
  if (!token.includes('=')) return token
  const bytes = Buffer.alloc(token.length)
  let length = 0
  for (let at = 0; at < token.length; at++) {
    if (token[at] === '=') {
      bytes[length++] = Number.parseInt(token.slice(at + 1, at + 3), 16)
      at += 2
    } else {
      bytes[length++] = token.charCodeAt(at)
    }
  }
  return bytes.toString('utf8', 0, length)
}
