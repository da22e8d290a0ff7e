/** `parapet trace --seal FILE` and `--verify FILE`: a hash chain over the log, kept in a file of its own, and checked. */
import { existsSync, readFileSync } from 'node:fs'
import { type Finding, readSeal, type Seal, Sealing } from '#runtime/telemetry/seals.ts'
import type { Place } from './place.ts'
import { type Problem, problem } from './problem.ts'
import { readRecords } from './read-log.ts'
import { appendOut } from './write-out.ts'

export interface SealOptions {
  readonly place: Place
  readonly file: string
  /** Also cover what no seal covers yet. */
  readonly seal: boolean
  readonly natsUrl: string | undefined
  readonly natsProgram: string | undefined
}

export interface Sealed {
  readonly kind: 'sealed'
  readonly broken: number
}

export async function seal(options: SealOptions, write: (line: string) => void): Promise<Sealed | Problem> {
  const { file } = options
  if (!options.seal && !existsSync(file))
    return problem('D0097', 'there is no such file of seals', { where: file, help: 'make it with --seal' })
  const seals: Seal[] = []
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
  for (const [i, line] of lines.entries()) {
    if (line === '') continue
    const read = readSeal(line)
    if (!read) return problem('D0097', 'this line is no seal', { where: `${file}:${i + 1}` })
    seals.push(read)
  }
  const opened = await readRecords(options.place, options.natsUrl, options.natsProgram)
  if (opened.kind === 'problem') return opened
  const sealing = new Sealing(seals)
  try {
    for await (const record of opened.records) sealing.add(record)
  } finally {
    await opened.close()
  }
  sealing.end(new Map(Array.from(opened.beginnings, ([partition, { forgotten }]) => [partition, forgotten])))
  for (const finding of sealing.findings) write(said(finding))
  const broken = sealing.findings.filter(({ kind }) => kind !== 'gone').length
  write(
    `${seals.length} seals checked, ${broken === 0 ? 'the log is as it was sealed' : `${broken} do not hold`}`,
  )
  // What follows a break is not covered up by a new seal.
  if (!options.seal || broken > 0) return { kind: 'sealed', broken }
  for (const next of sealing.news) {
    appendOut(file, `${JSON.stringify(next)}\n`)
    write(`partition ${next.partition}: slots ${next.from} to ${next.through} are sealed`)
  }
  return { kind: 'sealed', broken }
}

function said({ kind, seal: { partition, from, through } }: Finding): string {
  const which = `partition ${partition}, slots ${from} to ${through}`
  if (kind === 'gone') return `${which}: no longer kept`
  if (kind === 'unchained') return `${which}: this seal does not follow the one before`
  return `${which}: NOT as sealed: a record was changed, removed or added`
}
