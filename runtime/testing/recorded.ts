/** Runs that were kept: fixtures of simulated ones, and what real fleets did, as `parapet export` writes it. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { CommitRecord } from '#runtime/fleet/record.ts'
import { decodeSlot } from '#runtime/fleet/snapshot-format.ts'
import { Run } from './run.ts'

/** Bytes of an export, unzipped; it is read at once. */
const EXPORT_BYTES_MAX = 512 * 1024 * 1024
const GZIP = [0x1f, 0x8b]

/**
 * A run kept by `save`, or a fleet's log exported by `parapet export`. Throws at a line that holds no record of this version, and
 * when a fleet has forgotten the beginning of its log: what its later turns meant could not be told.
 */
export function recordedRun(file: string | URL): Run {
  const bytes = readFileSync(file)
  const zipped = GZIP.every((byte, at) => bytes[at] === byte)
  const text = (zipped ? gunzipSync(bytes, { maxOutputLength: EXPORT_BYTES_MAX }) : bytes).toString()
  const slots = text
    .split('\n')
    .flatMap((line, at) => (line === '' ? [] : slotIn(line, `line ${at + 1} of ${file}`)))
  const began = new Set<number>()
  for (const { partition, rev } of slots) {
    if (!began.has(partition) && rev > 1)
      throw new Error(`${file}: partition ${partition} begins with slot ${rev}; what was before is forgotten`)
    began.add(partition)
  }
  // An export goes partition by partition; a run is told in the order of its times.
  return new Run({ records: zipped ? slots.toSorted((one, other) => one.at - other.at) : slots })
}

/** The record of a line; none in lines of an export that hold something else. */
function slotIn(line: string, where: string): CommitRecord[] {
  const bytes = bytesIn(line)
  if (bytes === undefined) return []
  const decoded = decodeSlot(bytes)
  if (decoded.kind === 'refused') throw new Error(`${where}: ${decoded.message}`)
  return decoded.kind === 'record' ? [decoded.record] : []
}

function bytesIn(line: string): Uint8Array | undefined {
  const { kind, record }: { kind?: unknown; record?: unknown } = parsed(line) ?? {}
  if (typeof kind !== 'string') return Buffer.from(line)
  return kind === 'slot' && typeof record === 'string' ? Buffer.from(record, 'base64') : undefined
}

function parsed(line: string): { kind?: unknown; record?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return value !== null && typeof value === 'object' ? value : undefined
  } catch {
    return undefined
  }
}
