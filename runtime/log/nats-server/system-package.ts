/**
 * nats-server from the system's own packages (Debian, Ubuntu and kin). The package is unpacked into our cache, which
 * needs no rights and changes nothing on the system; only when that fails, and we are root, is it installed.
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Ran, run } from './run.ts'

const APT_TIMEOUT_MS = 60_000
const UNPACK_TIMEOUT_MS = 30_000
const QUICK = [
  '-o',
  'Acquire::http::Timeout=5',
  '-o',
  'Acquire::https::Timeout=5',
  '-o',
  'Acquire::Retries=0',
]

export type Provided =
  | { readonly kind: 'provided'; readonly binary: string }
  | { readonly kind: 'failed'; readonly why: string }

/** `folder` is an empty scratch folder. */
export async function fromSystemPackage(folder: string): Promise<Provided> {
  const isRoot = process.getuid?.() === 0
  const apt = (...args: string[]): Promise<Ran> =>
    run('apt-get', [...QUICK, ...args], { timeoutMs: APT_TIMEOUT_MS, cwd: folder })
  let downloaded = await apt('download', 'nats-server')
  if (downloaded.kind === 'failed' && isRoot) {
    // A fresh container has no package lists yet.
    const updated = await apt('update')
    if (updated.kind === 'ok') downloaded = await apt('download', 'nats-server')
  }
  if (downloaded.kind === 'ok') return unpack(folder)
  if (!isRoot) return downloaded
  const installed = await apt('install', '-y', '--no-install-recommends', 'nats-server')
  return installed.kind === 'ok' ? { kind: 'provided', binary: '/usr/sbin/nats-server' } : installed
}

async function unpack(folder: string): Promise<Provided> {
  const file = (await readdir(folder)).find((name) => name.endsWith('.deb'))
  if (file === undefined) return { kind: 'failed', why: 'apt-get downloaded no package' }
  const unpacked = await run('dpkg-deb', ['-x', join(folder, file), folder], { timeoutMs: UNPACK_TIMEOUT_MS })
  if (unpacked.kind === 'failed') return unpacked
  return { kind: 'provided', binary: join(folder, 'usr', 'sbin', 'nats-server') }
}
