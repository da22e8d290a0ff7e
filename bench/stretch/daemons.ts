/** Real daemons, each with a data folder and a way to the cluster of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Cut, cuttable } from './cut.ts'
import { FLEET } from './orders.ts'

const BINARY = resolve(import.meta.dirname, '../../bin/parapet.js')
const FLEET_FILE = resolve(import.meta.dirname, 'fleet.ts')

export interface DaemonOptions {
  readonly dir: string
  readonly name: string
  readonly effectsDir: string
  readonly nodes: readonly number[]
  readonly replicas: number
}

export class Daemon {
  readonly name: string
  readonly #options: DaemonOptions
  readonly #cuts: readonly Cut[]
  #child: ChildProcess | undefined

  private constructor(options: DaemonOptions, cuts: readonly Cut[]) {
    this.name = options.name
    this.#options = options
    this.#cuts = cuts
  }

  static async of(options: DaemonOptions): Promise<Daemon> {
    mkdirSync(join(options.dir, options.name), { recursive: true })
    return new Daemon(options, await Promise.all(options.nodes.map((port) => cuttable(port))))
  }

  start(): void {
    const { dir, name, effectsDir, replicas } = this.#options
    const said = createWriteStream(join(dir, name, 'said.txt'), { flags: 'a' })
    const child = spawn(process.execPath, [BINARY, 'up', FLEET_FILE, '--data', join(dir, name)], {
      env: {
        ...process.env,
        NODE_ENV: 'production',
        NATS_URL: this.#cuts.map(({ port }) => `nats://127.0.0.1:${port}`).join(','),
        PARAPET_REPLICAS: String(replicas),
        STRETCH_DIR: effectsDir,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout.pipe(said, { end: false })
    child.stderr.pipe(said, { end: false })
    this.#child = child
  }

  /** Whether it has a name among those that share the fleet: from its first start on. */
  get hasName(): boolean {
    return existsSync(this.#memberFile)
  }

  /** Its name, once it has one. */
  get member(): string {
    return readFileSync(this.#memberFile, 'utf8').trim()
  }

  get #memberFile(): string {
    return join(this.#options.dir, this.name, FLEET, 'member')
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): void {
    this.#child?.kill(signal)
  }

  /** Resolves when the process is gone. */
  async gone(): Promise<void> {
    const child = this.#child
    if (child === undefined || !this.isRunning) return
    await new Promise<void>((done) => child.once('exit', () => done()))
  }

  cut(): void {
    for (const cut of this.#cuts) cut.cut()
  }

  heal(): void {
    for (const cut of this.#cuts) cut.heal()
  }

  close(): void {
    for (const cut of this.#cuts) cut.close()
    this.#child?.kill('SIGKILL')
  }
}
