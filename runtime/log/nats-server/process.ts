/**
 * The fleet's own nats-server: a child process on 127.0.0.1 with its store under `dataDir`.
 *
 * Invariants:
 * 1. At most one server per `dataDir`: a lock is held for as long as this one is looked after.
 * 2. The server outlives a killed daemon. The next daemon on the folder adopts it, known by the name in `server.json`
 *    that only this start has; so no second server ever opens the same store.
 * 3. A server that dies is started again on the same port, so that clients only see a reconnect.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type DataLock, lockFile } from './data-lock.ts'
import { freePort, type Greeting, greetingAt } from './probe.ts'
import { run } from './run.ts'

/** Recovering a store of a million messages was seen to take 3 s. */
const START_TIMEOUT_MS = 60_000
const START_POLL_MS = 20
const STOP_TIMEOUT_MS = 15_000
const STOP_POLL_MS = 20
/** How often an adopted server, which is not our child, is looked at. */
const ADOPTED_POLL_MS = 500
const RESTART_MIN_MS = 25
const RESTART_MAX_MS = 5_000
/** Starts in a row that fail or do not live for STEADY_MS; then it is given up. */
const RESTARTS_MAX = 10
const STEADY_MS = 10_000
const LOG_BYTES_MAX = 16 * 1024 * 1024
const STORE_BYTES_MAX = 2 ** 40
const PS_TIMEOUT_MS = 5_000
/** A server may be busy with its store for so long after its start, and is left alone. */
const RENEW_AFTER_MS = START_TIMEOUT_MS
/** What a disk must have before a server is started on it again. */
const ROOM_BYTES_MIN = 4 * 1024 * 1024
const ROOM_POLL_MS = 1_000

export interface NatsServerOptions {
  /** Path of a nats-server, from `ensureNatsServer`. */
  readonly binary: string
  readonly dataDir: string
  /** Any free port unless given. */
  readonly port?: number
  /** In place of RENEW_AFTER_MS: a younger server is not started anew. */
  readonly renewAfterMs?: number
  /** Writes to the disk before it acknowledges; from nats-server 2.10 on, an older one does not start with it. */
  readonly syncAlways?: boolean
  /** Hears, in plain words, of crashes and restarts. */
  readonly onNotice?: (text: string) => void
  /** It did not stay up in RESTARTS_MAX starts and is not started again. */
  readonly onGivenUp?: (text: string) => void
}

export interface NatsServer {
  readonly url: string
  readonly port: number
  readonly version: string
  /** Changes when the server is restarted. */
  readonly pid: number
  /** Found running, left by a daemon that was killed. */
  readonly adopted: boolean
  /** Starts it anew once its disk has room, as it keeps nothing that is written; a call while that is under way changes nothing. */
  renew(why: string): void
  /** Lets the server finish and waits until it is gone. */
  stop(): Promise<void>
}

export type StartedNatsServer =
  | { readonly kind: 'running'; readonly server: NatsServer }
  | {
      readonly kind: 'refused'
      readonly code: 'locked' | 'port-in-use' | 'unresponsive' | 'failed'
      readonly message: string
      readonly help: string
    }

type Refusal = Extract<StartedNatsServer, { kind: 'refused' }>

/** Kept in `server.json`. */
interface Running {
  /** 0 until the server has answered; it writes its own to `server.pid`. */
  readonly pid: number
  readonly port: number
  readonly name: string
  readonly version: string
  /** ISO 8601. */
  readonly startedAt: string
}

export async function startNatsServer(options: NatsServerOptions): Promise<StartedNatsServer> {
  await mkdir(options.dataDir, { recursive: true })
  const lock = lockFile(join(options.dataDir, 'lock'))
  if (lock === undefined) {
    return {
      kind: 'refused',
      code: 'locked',
      message: `Another daemon looks after \`${options.dataDir}\`.`,
      help: 'Talk to that one, stop it, or give this one another data folder.',
    }
  }
  const supervisor = new Supervisor(options, lock)
  const refused = await supervisor.begin()
  if (refused === undefined) return { kind: 'running', server: supervisor }
  lock.release()
  return refused
}

class Supervisor implements NatsServer {
  readonly #options: NatsServerOptions
  readonly #lock: DataLock
  readonly #stopping = new AbortController()
  #running: Running | undefined
  #adopted = false
  #renewing = false
  #supervision: Promise<void> | undefined

  constructor(options: NatsServerOptions, lock: DataLock) {
    this.#options = options
    this.#lock = lock
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`
  }

  get port(): number {
    return this.#known().port
  }

  get version(): string {
    return this.#known().version
  }

  get pid(): number {
    return this.#known().pid
  }

  get adopted(): boolean {
    return this.#adopted
  }

  async begin(): Promise<Refusal | undefined> {
    const left = await this.#readFile()
    if (left !== undefined && isAlive(left.pid)) {
      const greeting = await greetingAt(left.port)
      if (greeting?.serverName === left.name) return this.#adopt({ ...left, version: greeting.version })
      if (await this.#isOurs(left)) return unresponsive(left)
    }
    const started = await this.#launch(this.#options.port)
    if (started.kind === 'refused') return started
    this.#supervision = this.#superviseChild(started.child)
    return undefined
  }

  renew(why: string): void {
    if (this.#renewing || this.#stopping.signal.aborted) return
    this.#renewing = true
    void this.#renew(why).finally(() => {
      this.#renewing = false
    })
  }

  async #renew(why: string): Promise<void> {
    const { signal } = this.#stopping
    const notice = this.#options.onNotice ?? (() => {})
    const { pid } = this.#known()
    for (let free = await this.#freeBytes(); free < ROOM_BYTES_MIN && !signal.aborted; ) {
      notice(`The disk of ${this.#options.dataDir} is full; everything waits until it has room.`)
      await pause(ROOM_POLL_MS, signal)
      free = await this.#freeBytes()
    }
    if (signal.aborted || this.#known().pid !== pid || this.#isYoung()) return
    notice(`nats-server keeps nothing that is written (${why.replace(/\.$/, '')}) and is started anew.`)
    await endProcess(pid)
  }

  /** Infinite where the system does not tell. */
  async #freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#options.dataDir).catch(() => ({
      bavail: 1,
      bsize: Number.POSITIVE_INFINITY,
    }))
    return bavail * bsize
  }

  #isYoung(): boolean {
    const { renewAfterMs = RENEW_AFTER_MS } = this.#options
    return Date.now() - Date.parse(this.#known().startedAt) < renewAfterMs
  }

  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return
    this.#stopping.abort()
    await this.#supervision
    const running = this.#running
    if (running !== undefined) await endProcess(running.pid)
    await rm(this.#path('server.json'), { force: true })
    this.#lock.release()
  }

  #adopt(left: Running): Refusal | undefined {
    const wanted = this.#options.port
    if (wanted !== undefined && wanted !== left.port) {
      return {
        kind: 'refused',
        code: 'port-in-use',
        message: `A server for \`${this.#options.dataDir}\` already runs on port ${left.port} (process ${left.pid}), not on ${wanted}.`,
        help: `Use port ${left.port}, or end process ${left.pid} first.`,
      }
    }
    this.#running = left
    this.#adopted = true
    this.#supervision = this.#superviseAdopted(left.pid)
    return undefined
  }

  async #launch(
    wanted: number | undefined,
  ): Promise<{ readonly kind: 'started'; readonly child: ChildProcess } | Refusal> {
    const port = await freePort(wanted)
    if (port === undefined) return portInUse(wanted)
    const name = `parapet-${randomUUID()}`
    const startedAt = new Date().toISOString()
    await writeFile(
      this.#path('nats.conf'),
      configuration(this.#path('store'), this.#options.syncAlways === true),
    )
    // Said before it is done: should we be killed right after the start, the next daemon finds the server by its name.
    await rm(this.#path('server.pid'), { force: true })
    await this.#writeFile({ pid: 0, port, name, version: '', startedAt })
    const child = spawn(
      this.#options.binary,
      [
        ...['--addr', '127.0.0.1', '--port', String(port), '--server_name', name],
        ...['--config', this.#path('nats.conf'), '--pid', this.#path('server.pid')],
        ...['--log', this.#path('server.log'), '--log_size_limit', String(LOG_BYTES_MAX)],
      ],
      // Its own process group: Ctrl-C goes to the daemon alone, which drains first and stops the server last.
      { detached: true, stdio: 'ignore' },
    )
    const exited = exitOf(child)
    const greeting = await this.#awaitGreeting(port, name, exited)
    if (greeting === undefined || child.pid === undefined) {
      child.kill('SIGKILL')
      return this.#failedToStart(await exited)
    }
    this.#running = { pid: child.pid, port, name, version: greeting.version, startedAt }
    await this.#writeFile(this.#running)
    return { kind: 'started', child }
  }

  async #awaitGreeting(port: number, name: string, exited: Promise<string>): Promise<Greeting | undefined> {
    let ended = false
    void exited.then(() => {
      ended = true
    })
    for (let waitedMs = 0; waitedMs < START_TIMEOUT_MS && !ended; waitedMs += START_POLL_MS) {
      const greeting = await greetingAt(port)
      if (greeting?.serverName === name && greeting.jetstream) return greeting
      await wait(START_POLL_MS)
    }
    return undefined
  }

  async #superviseChild(first: ChildProcess): Promise<void> {
    let child = first
    let failures = 0
    while (!this.#stopping.signal.aborted) {
      const since = performance.now()
      const how = await Promise.race([exitOf(child), aborted(this.#stopping.signal)])
      if (how === undefined) return
      failures = performance.now() - since > STEADY_MS ? 0 : failures + 1
      const next = await this.#restart(how, failures)
      if (next === undefined) return
      child = next
    }
  }

  async #superviseAdopted(pid: number): Promise<void> {
    while (isAlive(pid)) {
      await pause(ADOPTED_POLL_MS, this.#stopping.signal)
      if (this.#stopping.signal.aborted) return
    }
    const child = await this.#restart('gone', 0)
    if (child !== undefined) await this.#superviseChild(child)
  }

  /** Starts the server again on its port; `undefined` when told to stop meanwhile, or given up. */
  async #restart(how: string, failures: number): Promise<ChildProcess | undefined> {
    const notice = this.#options.onNotice ?? (() => {})
    notice(`nats-server ended (${how}); starting it again on port ${this.port}.`)
    for (let attempt = failures; attempt < RESTARTS_MAX; attempt++) {
      if (attempt > 0)
        await pause(Math.min(RESTART_MAX_MS, RESTART_MIN_MS * 2 ** attempt), this.#stopping.signal)
      if (this.#stopping.signal.aborted) return undefined
      const started = await this.#launch(this.port).catch(
        (cause: Error): Refusal => ({ kind: 'refused', code: 'failed', message: cause.message, help: '' }),
      )
      if (started.kind === 'started') return started.child
      notice(started.message)
    }
    const said = `nats-server did not stay up in ${RESTARTS_MAX} starts and is given up; see ${this.#path('server.log')}.`
    ;(this.#options.onGivenUp ?? notice)(said)
    return undefined
  }

  async #failedToStart(how: string): Promise<Refusal> {
    const tail = await readFile(this.#path('server.log'), 'utf8').then(
      (log) => log.trimEnd().split('\n').slice(-3).join('\n'),
      () => '',
    )
    if (tail.includes('address already in use')) return portInUse(this.#options.port)
    return {
      kind: 'refused',
      code: 'failed',
      message: `nats-server did not come up (${how}).${tail === '' ? '' : ` Its last words:\n${tail}`}`,
      help: `Read ${this.#path('server.log')}; check that \`${this.#options.binary}\` runs and that the folder is writable.`,
    }
  }

  /** Whether a living process that does not answer is the server of this folder, as far as the system tells. */
  async #isOurs(left: Running): Promise<boolean> {
    const commandLine = await readFile(`/proc/${left.pid}/cmdline`, 'utf8').catch(async () => {
      const ran = await run('ps', ['-o', 'command=', '-p', String(left.pid)], { timeoutMs: PS_TIMEOUT_MS })
      return ran.kind === 'ok' ? ran.output : ''
    })
    return commandLine.includes(left.name)
  }

  async #readFile(): Promise<Running | undefined> {
    try {
      const read: Partial<Running> = JSON.parse(await readFile(this.#path('server.json'), 'utf8'))
      const { pid, port, name, version, startedAt } = read
      if (port === undefined || name === undefined) return undefined
      const itsPid = pid || Number(await readFile(this.#path('server.pid'), 'utf8'))
      return { pid: itsPid, port, name, version: version ?? '', startedAt: startedAt ?? '' }
    } catch {
      return undefined
    }
  }

  async #writeFile(running: Running): Promise<void> {
    const path = this.#path('server.json')
    await writeFile(`${path}.new`, `${JSON.stringify(running, null, 2)}\n`)
    await rename(`${path}.new`, path)
  }

  #path(file: string): string {
    return join(this.#options.dataDir, file)
  }

  #known(): Running {
    if (this.#running === undefined) throw new Error('The server has not been started.')
    return this.#running
  }
}

/**
 * Left to itself, the server takes three quarters of the disk free *at each start* as its bound and does not bring back
 * streams whose limits no longer fit. The streams' own limits are what bounds the store here.
 */
function configuration(storeDir: string, syncAlways: boolean): string {
  const sync = syncAlways ? ', sync_interval: always' : ''
  return `jetstream { store_dir: ${JSON.stringify(storeDir)}, max_file_store: ${STORE_BYTES_MAX}${sync} }\n`
}

function portInUse(port: number | undefined): Refusal {
  return {
    kind: 'refused',
    code: 'port-in-use',
    message:
      port === undefined ? 'No free port on 127.0.0.1 was found.' : `Port ${port} on 127.0.0.1 is taken.`,
    help: 'End what listens there, choose another port, or leave the port open to have a free one taken.',
  }
}

function unresponsive(left: Running): Refusal {
  return {
    kind: 'refused',
    code: 'unresponsive',
    message: `A server for this folder runs as process ${left.pid} but does not answer on port ${left.port}.`,
    help: `End process ${left.pid}, then start again; what it acknowledged is on disk.`,
  }
}

function exitOf(child: ChildProcess): Promise<string> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(describeExit(child))
  return new Promise((resolve) => {
    child.once('exit', () => resolve(describeExit(child)))
    child.once('error', (error) => resolve(error.message))
  })
}

function describeExit(child: ChildProcess): string {
  return child.signalCode === null ? `code ${child.exitCode}` : child.signalCode
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

async function endProcess(pid: number): Promise<void> {
  signal(pid, 'SIGTERM')
  for (let waitedMs = 0; isAlive(pid); waitedMs += STOP_POLL_MS) {
    if (waitedMs >= STOP_TIMEOUT_MS) signal(pid, 'SIGKILL')
    await wait(STOP_POLL_MS)
  }
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  if (isAlive(pid)) process.kill(pid, name)
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}

/** Sleeps, or until told to stop. */
async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  await Promise.race([wait(delayMs), aborted(signal)])
}
