/**
 * Gets hold of a nats-server, least intrusive way first: on PATH, in our cache, the pinned official release, the
 * system's package. Every attempt is told in plain words, so that a failure explains itself.
 */
import { chmod, copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fetchRelease, PINNED_RELEASE, type Release } from './release.ts'
import { run } from './run.ts'
import { fromSystemPackage } from './system-package.ts'

/** The oldest server the log was measured on. */
export const VERSION_MIN = '2.9.10'
const VERSION_TIMEOUT_MS = 10_000
/** Where packages put it, though a user's PATH may leave these out. */
const USUAL_FOLDERS = ['/usr/local/bin', '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin']

export interface EnsureOptions {
  /** Holds the binary once fetched, e.g. `.parapet/bin`. */
  readonly cacheDir: string
  /** Folders searched first, as in PATH; the environment's PATH and the usual folders unless given. */
  readonly path?: string
  readonly release?: Release
  /** Path of the one program to use: nothing else is tried or fetched. */
  readonly only?: string
  /** False: never ask the system's package manager. */
  readonly systemPackages?: boolean
}

export type EnsuredNatsServer =
  | {
      readonly kind: 'found'
      readonly binary: string
      readonly version: string
      readonly from: 'path' | 'cache' | 'release' | 'package'
      /** What was tried, one line each, the last one successful. */
      readonly attempts: readonly string[]
    }
  | {
      readonly kind: 'missing'
      readonly attempts: readonly string[]
      readonly message: string
      readonly help: string
    }

export async function ensureNatsServer(options: EnsureOptions): Promise<EnsuredNatsServer> {
  const attempts: string[] = []
  const found = (
    from: 'path' | 'cache' | 'release' | 'package',
    binary: string,
    version: string,
  ): EnsuredNatsServer => {
    attempts.push(`Using nats-server ${version} at ${binary}.`)
    return { kind: 'found', binary, version, from, attempts }
  }
  if (options.only !== undefined) return onlyThis(options.only, found)
  const cached = join(options.cacheDir, 'nats-server')

  for (const [from, binary] of candidates(options, cached)) {
    const tried = await versionOf(binary)
    if (tried.kind === 'absent') continue
    if (tried.kind === 'usable') return found(from, binary, tried.version)
    attempts.push(`Passed over ${binary}: ${tried.why}.`)
  }
  attempts.push('No nats-server on PATH or in the cache.')

  await mkdir(options.cacheDir, { recursive: true })
  const release = options.release ?? PINNED_RELEASE
  const fetched = await intoCache(options.cacheDir, cached, (folder) => fetchRelease(release, folder))
  if (fetched.kind === 'usable') return found('release', cached, fetched.version)
  attempts.push(`Could not fetch release ${release.version}: ${fetched.why}.`)

  if (options.systemPackages !== false && process.platform === 'linux') {
    const packaged = await intoCache(options.cacheDir, cached, fromSystemPackage)
    if (packaged.kind === 'usable') return found('package', cached, packaged.version)
    attempts.push(`Could not take the system's package: ${packaged.why}.`)
  }
  return {
    kind: 'missing',
    attempts,
    message: 'No nats-server could be found or fetched.',
    help: `Install nats-server ${VERSION_MIN} or newer (\`apt-get install nats-server\`, \`brew install nats-server\`, or nats.io/download), put it at ${cached}, or set NATS_URL to a running server.`,
  }
}

async function onlyThis(
  binary: string,
  found: (from: 'path', binary: string, version: string) => EnsuredNatsServer,
): Promise<EnsuredNatsServer> {
  const tried = await versionOf(binary)
  if (tried.kind === 'usable') return found('path', binary, tried.version)
  const why = tried.kind === 'absent' ? 'there is no such program' : tried.why
  return {
    kind: 'missing',
    attempts: [`${binary}: ${why}.`],
    message: `The nats-server asked for, ${binary}, cannot be used: ${why}.`,
    help: `Name nats-server ${VERSION_MIN} or newer, or none to have one searched for.`,
  }
}

function candidates(options: EnsureOptions, cached: string): (readonly ['path' | 'cache', string])[] {
  const folders =
    options.path === undefined
      ? [...(process.env.PATH ?? '').split(delimiter), ...USUAL_FOLDERS]
      : options.path.split(delimiter)
  const unique = new Set(folders.filter((folder) => folder !== ''))
  return [
    ...Array.from(unique, (folder) => ['path', join(folder, 'nats-server')] as const),
    ['cache', cached],
  ]
}

type Tried =
  | { readonly kind: 'usable'; readonly version: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unusable'; readonly why: string }

async function versionOf(binary: string): Promise<Tried> {
  const ran = await run(binary, ['--version'], { timeoutMs: VERSION_TIMEOUT_MS })
  if (ran.kind === 'failed') {
    return ran.why.endsWith('is not installed') ? { kind: 'absent' } : { kind: 'unusable', why: ran.why }
  }
  const version = /v(\d+\.\d+\.\d+\S*)/.exec(ran.output)?.[1]
  if (version === undefined) return { kind: 'unusable', why: 'it does not tell its version' }
  if (isOlder(version, VERSION_MIN)) {
    return { kind: 'unusable', why: `version ${version} is older than ${VERSION_MIN}` }
  }
  return { kind: 'usable', version }
}

function isOlder(version: string, than: string): boolean {
  const parts = version.split(/[.-]/).map(Number)
  const bounds = than.split('.').map(Number)
  const at = bounds.findIndex((bound, i) => parts[i] !== bound)
  return at >= 0 && (parts[at] ?? 0) < bounds[at]!
}

/** Gets a binary in a scratch folder and moves it into place at once, so that two processes do not see half of one. */
async function intoCache(
  cacheDir: string,
  cached: string,
  get: (
    folder: string,
  ) => Promise<{ kind: 'failed'; why: string } | { kind: 'fetched' | 'provided'; binary: string }>,
): Promise<
  { readonly kind: 'usable'; readonly version: string } | { readonly kind: 'unusable'; readonly why: string }
> {
  const folder = await mkdtemp(join(cacheDir, 'fetch-'))
  try {
    const got = await get(folder)
    if (got.kind === 'failed') return { kind: 'unusable', why: got.why }
    const ready = join(folder, 'ready')
    await copyFile(got.binary, ready)
    await chmod(ready, 0o755)
    const tried = await versionOf(ready)
    if (tried.kind === 'absent') return { kind: 'unusable', why: 'the package holds no nats-server' }
    if (tried.kind === 'usable') await rename(ready, cached)
    return tried
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
