/** The command line as an operator has it: the real binary in child processes, on real servers, in folders thrown away. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll } from 'vitest'
import type { CommitRecord } from '#runtime/fleet/record.ts'
import { findPlace } from './place.ts'
import { readRecords } from './read-log.ts'

const REPOSITORY = resolve(import.meta.dirname, '../..')
export const DESK = join(REPOSITORY, 'examples/01-airline-desk/fleet.ts')
export const REFUNDS = join(REPOSITORY, 'examples/04-refunds/fleet.ts')
export const DESK_POLICY = join(REPOSITORY, 'policies/airline/airline-desk.parapet')
const BINARY = join(REPOSITORY, 'bin/parapet.js')

const roots: string[] = []
const children = new Set<ChildProcess>()

afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  for (const root of roots) {
    for (const fleet of ['airline-desk', 'refunds']) {
      const left = serverFile(root, fleet)?.pid
      if (left !== undefined && isAlive(left)) process.kill(left, 'SIGKILL')
    }
    rmSync(root, { recursive: true, force: true })
  }
})

export function newRoot(): string {
  const root = mkdtempSync(join(tmpdir(), 'parapet-operator-'))
  roots.push(root)
  return root
}

/** Writes a file below `root` and gives its path. */
export function put(root: string, name: string, text: string): string {
  const path = join(root, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves when the words have been printed; rejects when the process ends without them. */
  said(words: string): Promise<void>
  /** What it has written to its standard output. */
  printed(): string
  /** What it has written to its standard error. */
  warned(): string
}

export type Env = Readonly<Record<string, string>>

/** Few conversations at a quick pace, so that a run takes about a second. */
export const QUICK: Env = { DESK_CONVERSATIONS: '3', DESK_PACE_MS: '10' }
/** Slow enough to be met in the middle. */
export const LONG: Env = { DESK_CONVERSATIONS: '6', DESK_PACE_MS: '150' }

export function start(args: readonly string[], env: Env = QUICK, cwd = REPOSITORY): Running {
  const inherited = { ...process.env, ...env }
  for (const name of ['NATS_URL', 'FORCE_COLOR', 'PARAPET_NATS_SERVER'])
    if (env[name] === undefined) delete inherited[name]
  const child = spawn(process.execPath, [BINARY, ...args], {
    cwd,
    env: inherited,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.add(child)
  let out = ''
  let err = ''
  const waiting = new Set<() => void>()
  const heard = () => {
    for (const look of waiting) look()
  }
  child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk
    heard()
  })
  child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
    err += chunk
    heard()
  })
  const ended = new Promise<Ended>((done) =>
    child.on('close', (code) => {
      children.delete(child)
      done({ code, out, err })
    }),
  )
  return {
    child,
    ended,
    printed: () => out,
    warned: () => err,
    said: (words) =>
      new Promise((done, fail) => {
        const look = () => {
          if (!out.includes(words) && !err.includes(words)) return
          waiting.delete(look)
          done()
        }
        waiting.add(look)
        look()
        void ended.then(() => fail(new Error(`ended without saying \`${words}\`:\n${out}${err}`)))
      }),
  }
}

export function run(args: readonly string[], env: Env = QUICK, cwd = REPOSITORY): Promise<Ended> {
  return start(args, env, cwd).ended
}

export function up(root: string, env: Env = QUICK, ...more: readonly string[]): Running {
  return start(['up', DESK, '--once', '--data', root, ...more], env)
}

export async function recordsOf(root: string, fleet?: string): Promise<CommitRecord[]> {
  const place = findPlace(root, fleet)
  if (place.kind === 'problem') throw new Error(place.message)
  const opened = await readRecords(place, undefined)
  if (opened.kind === 'problem') throw new Error(opened.message)
  try {
    return await Array.fromAsync(opened.records)
  } finally {
    await opened.close()
  }
}

/** The process of the desk's own nats-server; `undefined` when none is looked after. */
export function serverOf(root: string): number | undefined {
  return serverFile(root)?.pid
}

export function serverPort(root: string, fleet?: string): number | undefined {
  return serverFile(root, fleet)?.port
}

function serverFile(root: string, fleet = 'airline-desk'): { pid: number; port: number } | undefined {
  try {
    return JSON.parse(readFileSync(join(root, fleet, 'nats/server.json'), 'utf8')) as {
      pid: number
      port: number
    }
  } catch {
    return undefined
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
