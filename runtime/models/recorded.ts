/**
 * A model played from recordings: one JSON file for each request, named by its content. With a live model behind it, what is
 * missing is asked for and recorded; without, it fails and says which file is missing. A request has one answer, whenever and
 * however often it is made, so that a recorded run repeats itself.
 */
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Json } from '#dsl/judge/step.ts'
import { type Answered, failed, type Model, type ModelRequest, NOTHING } from './model.ts'

export interface RecordedOptions {
  readonly folder: string
  readonly name: string
  /** Asked for what is missing, and recorded. */
  readonly live?: Model
}

export function recorded({ folder, name, live }: RecordedOptions): Model {
  return {
    name,
    costAtMost: (request) => live?.costAtMost(request) ?? NOTHING,
    async generate(request, context) {
      const file = join(folder, `${keyOf(name, request)}.json`)
      const kept = await read(file)
      if (kept === 'damaged') return failed('refused', `the recording ${file} cannot be read`)
      if (kept !== 'none') {
        if (kept.text !== '') context.hear?.(kept.text)
        return kept
      }
      if (!live) return failed('refused', `no recording ${file}`)
      const outcome = await live.generate(request, context)
      if (outcome.kind === 'answered') await write(folder, file, { request, answer: outcome })
      return outcome
    },
  }
}

/** The same content, however its fields are ordered. */
export function keyOf(name: string, request: ModelRequest): string {
  return createHash('sha256').update(canonical({ name, request })).digest('hex').slice(0, 32)
}

function canonical(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  const fields = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key]!)}`)
  return `{${fields.join()}}`
}

type Kept = Answered | 'none' | 'damaged'

/** Its cost is the one it had, so that budgets run as they did. */
async function read(file: string): Promise<Kept> {
  try {
    const { answer }: { answer: Answered } = JSON.parse(await readFile(file, 'utf8'))
    return { ...answer, latencyMs: 0 }
  } catch (cause) {
    // Whatever else is wrong with it, there is a file and it cannot be played.
    return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT' ? 'none' : 'damaged'
  }
}

async function write(folder: string, file: string, recording: object): Promise<void> {
  await mkdir(folder, { recursive: true })
  const half = `${file}.${process.pid}.part`
  await writeFile(half, `${JSON.stringify(recording, undefined, 2)}\n`)
  await rename(half, file)
}
