/**
 * Questions and answers between processes, beside the log: nothing here is kept. A question reaches everybody who serves
 * its subject; whoever asks decides how many answers it waits for.
 */
import {
  createInbox,
  headers,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
  PermissionViolationError,
} from '@nats-io/nats-core'
import { connect } from '@nats-io/transport-node'

import type { Credentials } from './credentials.ts'

/** Headers of a refusal, as the NATS services protocol names them. */
const ERROR_HEADER = 'Nats-Service-Error'
const ERROR_CODE_HEADER = 'Nats-Service-Error-Code'

const CONNECT_TIMEOUT_MS = 5_000
const RECONNECT_WAIT_MS = 200

export interface Reply {
  readonly body: Uint8Array
  /** Set when the answer is a refusal: told in headers too, for tools that know the protocol and not us. */
  readonly error?: { readonly code: number; readonly message: string }
}

export interface Heard {
  readonly subject: string
  readonly body: Uint8Array
}

export interface AskOptions {
  readonly timeoutMs: number
  /** Called with each answer; true ends the waiting. */
  readonly enough: (body: Uint8Array) => boolean
  /** After the first answer, others are waited for this long at most. */
  readonly quietMs: number
}

/** `nobody` serves the subject; or the server says that these credentials may not ask there: `forbidden`. */
export type AskEnd = 'heard' | 'nobody' | 'forbidden'

export interface Bus {
  /** Answers every question on `subject` (wildcards allowed); returning nothing leaves it to others. */
  serve(subject: string, answer: (heard: Heard) => Promise<Reply | undefined>): void
  /** Answers arrive in `enough`. */
  ask(subject: string, body: Uint8Array, options: AskOptions): Promise<AskEnd>
  /** Hears when the server is gone, and when it is back and questions arrive again. */
  onLink(listener: (up: boolean) => void): void
  close(): Promise<void>
}

export type OpenedBus =
  | { readonly kind: 'open'; readonly bus: Bus }
  | { readonly kind: 'refused'; readonly message: string }

export interface BusOptions {
  readonly servers: string
  /** Shown by the server's own tools. */
  readonly name: string
  /** A daemon waits for its server to come back; whoever asks once gives up. */
  readonly stay: boolean
  readonly credentials?: Credentials | undefined
}

export async function openBus(options: BusOptions): Promise<OpenedBus> {
  try {
    const connection = await connect({
      servers: options.servers.split(','),
      name: options.name,
      timeout: CONNECT_TIMEOUT_MS,
      maxReconnectAttempts: options.stay ? -1 : 0,
      reconnectTimeWait: RECONNECT_WAIT_MS,
      ignoreAuthErrorAbort: options.stay,
      noAsyncTraces: true,
      ...options.credentials,
    })
    return { kind: 'open', bus: natsBus(connection, options.credentials?.inboxPrefix) }
  } catch (cause) {
    return { kind: 'refused', message: (cause as Error).message }
  }
}

function natsBus(connection: NatsConnection, inboxPrefix: string | undefined): Bus {
  const forbidden = new Map<string, () => void>()
  /** Questions under way: nobody answers them any more once the connection is closed. */
  const open = new Set<() => void>()
  void connection.closed().then(() => {
    for (const gone of open) gone()
  })
  const listeners: ((up: boolean) => void)[] = []
  const refused = (subject: string) => forbidden.get(subject)?.()
  void watch(connection, refused, (up) => {
    for (const listener of listeners) listener(up)
  })
  return {
    serve(subject, answer) {
      connection.subscribe(subject, {
        callback: (error, message) => {
          if (error || !message.reply) return
          void answer({ subject: message.subject, body: message.data }).then((reply) => {
            if (!reply || connection.isClosed()) return
            message.respond(reply.body, reply.error && { headers: errorHeaders(reply.error) })
          })
        },
      })
    },

    ask(subject, body, { timeoutMs, quietMs, enough }) {
      // A server that went away for good takes everybody who served there along.
      if (connection.isClosed()) return Promise.resolve('nobody')
      return new Promise((resolve) => {
        const reply = createInbox(inboxPrefix)
        let quiet: NodeJS.Timeout | undefined
        const end = (how: AskEnd): void => {
          forbidden.delete(subject)
          open.delete(gone)
          clearTimeout(late)
          clearTimeout(quiet)
          if (!replies.isClosed()) replies.unsubscribe()
          resolve(how)
        }
        const gone = () => end(quiet === undefined ? 'nobody' : 'heard')
        open.add(gone)
        const late = setTimeout(() => end('heard'), timeoutMs)
        forbidden.set(subject, () => end('forbidden'))
        const replies = connection.subscribe(reply, {
          callback: (error, message) => {
            // The server may go away after the first answers: a daemon that stops takes its own along.
            if (error || isNobody(message)) return gone()
            if (enough(message.data)) return end('heard')
            quiet ??= setTimeout(() => end('heard'), quietMs)
          },
        })
        connection.publish(subject, body, { reply })
      })
    },

    onLink: (listener) => listeners.push(listener),
    close: () => connection.close(),
  }
}

/** The server tells of a refused publication some time later, and only by its subject. */
async function watch(
  connection: NatsConnection,
  refused: (subject: string) => void,
  link: (up: boolean) => void,
): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === 'disconnect' || status.type === 'reconnect') link(status.type === 'reconnect')
    if (status.type !== 'error' || !(status.error instanceof PermissionViolationError)) continue
    if (status.error.operation === 'publish') refused(status.error.subject)
  }
}

/** The server's own answer when no subscription takes a question. */
function isNobody(message: Msg): boolean {
  return message.headers?.code === 503
}

function errorHeaders({ code, message }: { code: number; message: string }): MsgHdrs {
  const set = headers()
  set.set(ERROR_HEADER, message.replaceAll(/[\r\n]+/g, ' '))
  set.set(ERROR_CODE_HEADER, String(code))
  return set
}
