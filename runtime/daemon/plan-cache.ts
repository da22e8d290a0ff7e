/**
 * Compiled policies kept between runs of the command line, so that a process may judge without loading the compiler.
 *
 * Invariants:
 * 1. An entry is used only for the very texts it was made of: the policy's and those of every file it read, absent ones
 *    included, by the very compiler. Compiling is pure, so that it gives what compiling would give.
 * 2. Only what comes back from JSON as it was is kept.
 * 3. The folder is this user's and nobody else's, and so is every entry. Whatever is not, or is damaged, is as if it were not
 *    there: the policy is compiled.
 *
 * Trusted: this user's own files, as the policy and the compiler are. Who may write them can judge as they like anyway.
 */
import { createHash } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Files } from '#dsl/jsonschema/uses.ts'
import type { Plan } from '#dsl/plan/plan.ts'
import { makeFolder } from './make-folder.ts'

/** Where it is kept, or `off`. */
export const CACHE_VARIABLE = 'PARAPET_CACHE'
/** Policies that are kept; the oldest make room. */
export const ENTRIES_MAX = 100
/** Bytes of one entry; a larger policy is compiled every time. */
export const ENTRY_BYTES_MAX = 32 * 1024 * 1024

const DSL = join(import.meta.dirname, '..', '..', 'dsl')
/** What compiling runs through, besides the files of `dsl` itself. */
const COMPILER = ['check', 'jsonschema', 'judge', 'libraries', 'plan', 'syntax']

export interface Compiled {
  readonly plan: Plan
  /** Rendered warnings. */
  readonly warnings: string
}

/** What decides what comes out, apart from the files a policy reads. */
export interface Asked {
  /** As diagnostics and the plan name it. */
  readonly name: string
  readonly text: string
  readonly color: boolean
}

/** Files as a policy reads them, noting each. */
export interface Noted extends Files {
  readonly reads: ReadonlyMap<string, string | undefined>
}

export interface PlanCache {
  find(asked: Asked, files: Files): Compiled | undefined
  /** `reads`: every file that compiling asked for. Never fails: what cannot be kept is compiled again. */
  keep(asked: Asked, reads: Noted['reads'], compiled: Compiled): void
}

/** Undefined where nothing can be kept: turned off, or no folder that is this user's alone. */
export function openPlanCache(env: NodeJS.ProcessEnv): PlanCache | undefined {
  const where = env[CACHE_VARIABLE]
  if (where === 'off') return undefined
  const root = env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  return planCacheIn(where ?? join(root, 'parapet', 'plans'), compilerStamp())
}

/** `compiler`: stands for everything that compiles. */
export function planCacheIn(folder: string, compiler: string): PlanCache | undefined {
  if (!isOurs(folder)) return undefined
  const fileOf = (asked: Asked): string =>
    join(folder, `${digest(JSON.stringify([compiler, asked.name, asked.text, asked.color]))}.json`)

  return {
    find(asked, files) {
      const kept = readEntry(fileOf(asked))
      if (kept === undefined) return undefined
      const same = kept.reads.every(([path, was]) => was === contentOf(files.read(path)))
      return same ? { plan: kept.plan, warnings: kept.warnings } : undefined
    },
    keep(asked, reads, { plan, warnings }) {
      const listed = Array.from(reads, ([path, text]) => [path, contentOf(text)] as const)
      const entry: Entry = { reads: listed, plan, warnings }
      const body = JSON.stringify(entry)
      if (body.length > ENTRY_BYTES_MAX || !isDeepStrictEqual(JSON.parse(body), entry)) return
      const file = fileOf(asked)
      const fresh = `${file}.${process.pid}`
      try {
        writeFileSync(fresh, `${digest(body)}\n${body}`, { mode: 0o600, flag: 'wx' })
        renameSync(fresh, file)
        makeRoom(folder)
      } catch {
        // A full disk, or another process at the same: the policy is compiled next time.
        rmSync(fresh, { force: true })
      }
    },
  }
}

export function noting(files: Files): Noted {
  const reads = new Map<string, string | undefined>()
  return {
    reads,
    read(path) {
      const text = files.read(path)
      reads.set(path, text)
      return text
    },
  }
}

interface Entry {
  /** What each file held; null where there was none. */
  readonly reads: readonly (readonly [path: string, content: string | null])[]
  readonly plan: Plan
  readonly warnings: string
}

function contentOf(text: string | undefined): string | null {
  return text === undefined ? null : digest(text)
}

/** A digest of the rest stands in its first line. */
function readEntry(file: string): Entry | undefined {
  let handle: number | undefined
  try {
    handle = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW)
    const stats = fstatSync(handle)
    if (!stats.isFile() || !isPrivate(stats) || stats.size > ENTRY_BYTES_MAX * 2) return undefined
    const text = readFileSync(handle, 'utf8')
    const end = text.indexOf('\n')
    const body = text.slice(end + 1)
    return end > 0 && text.slice(0, end) === digest(body) ? (JSON.parse(body) as Entry) : undefined
  } catch {
    // Absent, a link, or unreadable.
    return undefined
  } finally {
    if (handle !== undefined) closeSync(handle)
  }
}

/** Makes the folder if it is not there. */
function isOurs(folder: string): boolean {
  try {
    makeFolder(folder, 0o700)
    const stats = lstatSync(folder)
    return stats.isDirectory() && isPrivate(stats)
  } catch {
    return false
  }
}

/** This user's, and nobody else may read or write it. Where users are not told apart nothing is. */
function isPrivate({ uid, mode }: Stats): boolean {
  return uid === process.getuid?.() && (mode & 0o077) === 0
}

function makeRoom(folder: string): void {
  const files = readdirSync(folder)
  if (files.length <= ENTRIES_MAX) return
  const byAge = files
    .map((name) => ({ name, at: lstatSync(join(folder, name)).mtimeMs }))
    .sort((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1))
  for (const { name } of byAge.slice(0, files.length - ENTRIES_MAX))
    rmSync(join(folder, name), { force: true })
}

/** The compiler's files by size and time, its version and Node's: reading all of them would take longer than they save. */
export function compilerStamp(): string {
  const files = [DSL, ...COMPILER.map((name) => join(DSL, name))].flatMap((folder, index) =>
    readdirSync(folder, { recursive: index > 0, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  )
  const stamps = files.sort().map((file) => {
    const { size, mtimeMs } = statSync(file)
    return `${file} ${size} ${mtimeMs}`
  })
  const manifest = readFileSync(join(DSL, '..', 'package.json'), 'utf8')
  return digest([manifest, process.version, ...stamps].join('\n'))
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
