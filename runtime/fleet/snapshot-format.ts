/**
 * Snapshots as they stand in the log: parts in slots of their own, between the commit records.
 *
 * A snapshot is the partition's state after slot `base`, as a stream of frames cut into parts. Its first part stands in
 * slot `base + 1`, the others in later ones; it is whole once its `last` part stands. Every later slot names it (`whole`).
 *
 *   part   0x00, length of the head (2 bytes), head (JSON), bytes of the stream
 *   frame  kind (1 byte), length (4 bytes), payload
 *          state         JSON: what is not in a table
 *          rows, unsent  JSON: some rows of a table, some messages of the outbox
 *          words         JSON: some of the words (`words.ts`), in order of their numbers; before the first conversation that has them
 *          conversation  1 when inputs wait in it, length of its name (2 bytes), name, the conversation at rest
 */
import { crc32 } from 'node:zlib'
import type { Rollout } from '#runtime/deploy/rollout.ts'
import type { Census } from './conversation-state.ts'
import type { Post } from './partition-state.ts'
import { type Decoded, decodeRecord } from './record.ts'
import type { Trial } from './trial.ts'

/** In version 1 conversations are JSON (`resting-json.ts`), and there are no words. */
export const SNAPSHOT_VERSION = 2
const OLDEST_VERSION = 1

export interface PartHead {
  readonly version: number
  /** The slot after which the state is as the snapshot says. */
  readonly base: number
  /** From 0, without gaps. */
  readonly index: number
  readonly last: boolean
  /** Base of the newest whole snapshot before this one; 0 when there is none. */
  readonly whole: number
  /** CRC-32 of the bytes; absent in snapshots from before there was one. */
  readonly sum?: number
}

export interface Part {
  readonly head: PartHead
  readonly bytes: Uint8Array
}

/** The tables of a partition's state whose values are replaced, never changed in place. */
export const TABLES = [
  'seen',
  'posted',
  'intents',
  'timers',
  'pending',
  'failures',
  'dead',
  'coming',
  'bundles',
] as const
export type Table = (typeof TABLES)[number]

export type Frame =
  | { readonly kind: 'state'; readonly state: StateFrame }
  | {
      readonly kind: 'rows'
      readonly table: Table
      readonly rows: readonly (readonly [unknown, unknown])[]
    }
  | { readonly kind: 'unsent'; readonly posts: readonly Post[] }
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | {
      readonly kind: 'conversation'
      readonly id: string
      readonly waiting: boolean
      readonly bytes: Uint8Array
    }

export interface StateFrame {
  readonly position: number
  readonly at: number
  readonly sentThrough: number
  readonly recordRev: number
  readonly census: Census
  readonly rollout?: Rollout
  readonly trial?: Trial
  /** Where the log may be cut, oldest first. */
  readonly cuts: readonly Cut[]
}

/** The log up to a snapshot's base: it can be dropped when that snapshot, or a later one, is whole. */
export interface Cut {
  readonly rev: number
  readonly at: number
  /** Bytes of slots since the cut before, snapshots' parts included. */
  readonly bytes: number
}

const PART_MARK = 0
const HEAD_AT = 3
const KINDS = ['state', 'rows', 'unsent', 'conversation', 'words'] as const
const FRAME_AT = 5
const STREAM_BYTES_MIN = 64 * 1024
const NAME_AT = 3

export function encodePart({ head, bytes }: Part): Uint8Array {
  const text = Buffer.from(JSON.stringify({ ...head, sum: crc32(bytes) }))
  const part = Buffer.allocUnsafe(HEAD_AT + text.length + bytes.length)
  part[0] = PART_MARK
  part.writeUInt16LE(text.length, 1)
  part.set(text, HEAD_AT)
  part.set(bytes, HEAD_AT + text.length)
  return part
}

/** Whether a slot holds a snapshot's part; otherwise it holds a commit record. */
export function isPart(slot: Uint8Array): boolean {
  return slot[0] === PART_MARK
}

/** `damaged`: its bytes are not those that were written. */
export type DecodedSlot = Decoded | (Part & { readonly kind: 'part'; readonly damaged: boolean })

/** What stands in a slot: a commit record or a snapshot's part. */
export function decodeSlot(slot: Uint8Array): DecodedSlot {
  if (!isPart(slot)) return decodeRecord(slot)
  const view = Buffer.from(slot.buffer, slot.byteOffset, slot.length)
  const end = HEAD_AT + view.readUInt16LE(1)
  const head = headIn(view.toString('utf8', HEAD_AT, end))
  if (head === undefined)
    return { kind: 'refused', message: 'the head of a part of a snapshot cannot be read: it is damaged' }
  if (!(head.version >= OLDEST_VERSION && head.version <= SNAPSHOT_VERSION))
    return {
      kind: 'refused',
      message: `a snapshot has version ${String(head.version)}; this Parapet reads versions ${OLDEST_VERSION} to ${SNAPSHOT_VERSION}`,
    }
  const bytes = view.subarray(end)
  return { kind: 'part', head, bytes, damaged: head.sum !== undefined && head.sum !== crc32(bytes) }
}

function headIn(text: string): PartHead | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Frames one behind the other, in one buffer that is used again and again. */
export class FrameStream {
  #buffer = Buffer.allocUnsafeSlow(STREAM_BYTES_MIN)
  #end = 0

  get length(): number {
    return this.#end
  }

  add(frame: Exclude<Frame, { kind: 'conversation' }>): void {
    const text = JSON.stringify(frame)
    const length = Buffer.byteLength(text)
    // First: it may put a larger buffer in the place of the one that would be written to.
    const at = this.#frame(frame.kind, length)
    this.#buffer.write(text, at)
  }

  conversation(id: string, waiting: boolean, bytes: Uint8Array): void {
    const name = Buffer.byteLength(id)
    const at = this.#frame('conversation', NAME_AT + name + bytes.length)
    const buffer = this.#buffer
    buffer[at] = waiting ? 1 : 0
    buffer.writeUInt16LE(name, at + 1)
    buffer.write(id, at + NAME_AT)
    buffer.set(bytes, at + NAME_AT + name)
  }

  /** At most so many bytes from the front, as a copy; they are gone. */
  take(max: number): Uint8Array {
    const taken = Buffer.from(this.#buffer.subarray(0, Math.min(max, this.#end)))
    this.#buffer.copyWithin(0, taken.length, this.#end)
    this.#end -= taken.length
    return taken
  }

  /** Room for a frame; where its payload goes. */
  #frame(kind: Frame['kind'], length: number): number {
    const start = this.#end
    const end = start + FRAME_AT + length
    if (end > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#buffer.length, end))
      this.#buffer.copy(larger, 0, 0, start)
      this.#buffer = larger
    }
    this.#buffer[start] = KINDS.indexOf(kind)
    this.#buffer.writeUInt32LE(length, start + 1)
    this.#end = end
    return start + FRAME_AT
  }
}

/** The frame at `at` and where the next one begins; `undefined` when not all of it is there. */
export function decodeFrame(stream: Buffer, at: number): { frame: Frame; end: number } | undefined {
  if (at + FRAME_AT > stream.length) return undefined
  const start = at + FRAME_AT
  const end = start + stream.readUInt32LE(at + 1)
  if (end > stream.length) return undefined
  const kind = KINDS[stream[at]!]!
  if (kind !== 'conversation') return { frame: JSON.parse(stream.toString('utf8', start, end)), end }
  const bytesAt = start + NAME_AT + stream.readUInt16LE(start + 1)
  const id = stream.toString('utf8', start + NAME_AT, bytesAt)
  return { frame: { kind, id, waiting: stream[start] === 1, bytes: stream.subarray(bytesAt, end) }, end }
}
