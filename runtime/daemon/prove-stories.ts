/** `parapet prove … --stories DIR`: each path as a file that vitest runs, by the simulator where that can tell it. */
import { writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { Answer } from '#runtime/prove/answers.ts'
import type { Proof } from '#runtime/prove/prove.ts'
import { replay } from '#runtime/prove/replay.ts'
import { storyOf } from '#runtime/prove/story.ts'
import { RETOLD_STEPS_MAX, replayed, retell } from '#runtime/testing/retell.ts'
import type { Subject } from '#runtime/testing/subject.ts'
import { folderOut } from './write-out.ts'

/** Files written at one go. */
export const STORIES_MAX = 200

export interface Stories {
  readonly written: number
  /** Agents after whose paths the simulated fleet does not come to rest. */
  readonly restless: readonly string[]
}

export async function writeStories(
  proofs: readonly Proof[],
  subject: Subject & { readonly file: string },
  dir: string,
): Promise<Stories> {
  folderOut(dir)
  const told = proofs.flatMap((proof) =>
    proof.answers.flatMap((answer) => (answer.verdict.kind === 'refuted' ? [{ proof, answer }] : [])),
  )
  const written = told.slice(0, STORIES_MAX)
  const restless = new Set<string>()
  for (const [i, { proof, answer }] of written.entries()) {
    const { text, isRestless } = await storyFile(proof, answer, subject, relative(dir, subject.file))
    await writeFile(
      join(dir, `${String(i + 1).padStart(3, '0')}-${slugOf(proof.role, answer)}.test.ts`),
      text,
    )
    if (isRestless) restless.add(proof.role)
  }
  return { written: written.length, restless: [...restless] }
}

async function storyFile(
  { role, setting, at }: Proof,
  { claim, about, verdict }: Answer,
  subject: Subject,
  fleet: string,
): Promise<{ readonly text: string; readonly isRestless: boolean }> {
  const happenings = verdict.kind === 'refuted' ? verdict.path.happenings : []
  const lines = storyOf(happenings, replay(setting, happenings))
  const alone = replayed(subject, role, happenings, { at })
  const simulated = await retell(subject, role, happenings)
  // Told by the whole fleet only where that shows the same; what comes after the path is not its business.
  const isRestless = simulated?.kind === 'restless'
  const retold = simulated?.kind === 'retold' ? simulated.said.slice(0, alone.length) : undefined
  const isTold = JSON.stringify(retold) === JSON.stringify(alone)
  const path = happenings.map((one) => `  ${JSON.stringify(one)},`).join('\n')
  const said = isTold
    ? `  const told = await retell(fleet, ${JSON.stringify(role)}, PATH)
  expect(told?.kind === 'retold' && told.said.slice(0, SAID.length)).toEqual(SAID)`
    : `  expect(replayed(fleet, ${JSON.stringify(role)}, PATH, { at: ${at} })).toEqual(SAID)`
  const note = isRestless
    ? ` *\n * Told of ${role} alone: the simulated fleet does not come to rest, over ${RETOLD_STEPS_MAX} steps were judged.\n`
    : ''
  const text = `/**
 * ${role}, ${claim}: ${about || 'a denial'}. Found by \`parapet prove\`.
 *
${lines.map((line, i) => ` * ${i + 1}. ${line.replaceAll('*/', '* /')}`).join('\n')}
${note} */
import { fleetFrom, type PathHappening, ${isTold ? 'retell' : 'replayed'} } from 'parapet/testing'
import { expect, test } from 'vitest'

const PATH: PathHappening[] = [
${path}
]

const SAID: string[] = ${JSON.stringify(alone, null, 2)}

test(${JSON.stringify(`${role}: ${about || 'a denial leaves it stuck'}`)}, async () => {
  const fleet = await fleetFrom(new URL(${JSON.stringify(fleet)}, import.meta.url))
${said}
})
`
  return { text, isRestless }
}

function slugOf(role: string, { claim, about }: Answer): string {
  return `${role}-${claim}-${about}`
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60)
}
