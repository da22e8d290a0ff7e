/** The pinned official release, fetched over HTTPS and kept only when its checksum is the one written here. */
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './run.ts'

/** No answer's beginning within this time: offline, or as good as. */
const ANSWER_TIMEOUT_MS = 5_000
const DOWNLOAD_TIMEOUT_MS = 120_000
const UNPACK_TIMEOUT_MS = 30_000
/** The archives are about 7 MB. */
const ARCHIVE_BYTES_MAX = 64 * 1024 * 1024

export interface Release {
  readonly version: string
  /** Holds `v<version>/nats-server-v<version>-<target>.tar.gz`. */
  readonly base: string
  /** SHA-256 of the archive, hex, by `<process.platform>-<process.arch>`. */
  readonly archives: Readonly<Record<string, { readonly target: string; readonly sha256: string }>>
}

/**
 * Sums as published in the official images' build files (nats-io/nats-docker, 2.12.x/alpine3.22, release 2.12.15).
 * A platform without a sum read from there is not fetched.
 */
export const PINNED_RELEASE: Release = {
  version: '2.12.15',
  base: 'https://github.com/nats-io/nats-server/releases/download',
  archives: {
    'linux-x64': {
      target: 'linux-amd64',
      sha256: '58ab8131f819263897e2fc38e503e1b755b63bcafeecc7d12582487df48ca15e',
    },
    'linux-arm64': {
      target: 'linux-arm64',
      sha256: 'b724db99fefbf8f5c808baa82819ee50350aee9734017e4a478f7e545cef3ab6',
    },
    'linux-s390x': {
      target: 'linux-s390x',
      sha256: '5db960be875da499f1354f41c0a7780303fb9644cf62d35022677e77b4178029',
    },
    'linux-ppc64': {
      target: 'linux-ppc64le',
      sha256: '56447e72ec0551fa27a4368388dee475e028d4d5de6d97a802d944c6f278cf1e',
    },
  },
}

export type Fetched =
  | { readonly kind: 'fetched'; readonly binary: string }
  | { readonly kind: 'failed'; readonly why: string }

/** Downloads, checks and unpacks into `folder`, an empty scratch folder. */
export async function fetchRelease(release: Release, folder: string): Promise<Fetched> {
  const platform = `${process.platform}-${process.arch}`
  const archive = release.archives[platform]
  if (archive === undefined) return { kind: 'failed', why: `no checksum is pinned for ${platform}` }
  const name = `nats-server-v${release.version}-${archive.target}`
  const downloaded = await download(`${release.base}/v${release.version}/${name}.tar.gz`)
  if (downloaded.kind === 'failed') return downloaded
  const sha256 = createHash('sha256').update(downloaded.bytes).digest('hex')
  if (sha256 !== archive.sha256) {
    return {
      kind: 'failed',
      why: `what came has checksum ${sha256} instead of ${archive.sha256}, so it was thrown away`,
    }
  }
  const file = join(folder, 'archive.tar.gz')
  await writeFile(file, downloaded.bytes)
  const unpacked = await run('tar', ['-xzf', file, '-C', folder], { timeoutMs: UNPACK_TIMEOUT_MS })
  if (unpacked.kind === 'failed') return unpacked
  return { kind: 'fetched', binary: join(folder, name, 'nats-server') }
}

async function download(
  url: string,
): Promise<{ kind: 'downloaded'; bytes: Uint8Array } | { kind: 'failed'; why: string }> {
  const aborting = new AbortController()
  const deadline = (timeoutMs: number, what: string): NodeJS.Timeout =>
    setTimeout(() => aborting.abort(new Error(`${what} within ${timeoutMs} ms`)), timeoutMs)
  let timer = deadline(ANSWER_TIMEOUT_MS, 'no answer')
  try {
    const response = await fetch(url, { signal: aborting.signal })
    clearTimeout(timer)
    if (!response.ok || response.body === null)
      return { kind: 'failed', why: `${url} answered ${response.status}` }
    timer = deadline(DOWNLOAD_TIMEOUT_MS, 'not finished')
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of response.body) {
      size += chunk.length
      if (size > ARCHIVE_BYTES_MAX)
        return { kind: 'failed', why: `${url} is larger than ${ARCHIVE_BYTES_MAX} bytes` }
      chunks.push(chunk)
    }
    return { kind: 'downloaded', bytes: Buffer.concat(chunks) }
  } catch (error) {
    return { kind: 'failed', why: reason(error) }
  } finally {
    clearTimeout(timer)
  }
}

/** `fetch failed` says nothing; its cause does. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message
}
