/** `parapet prove … --stories DIR`: each path as a file that vitest runs, by the simulator where that can tell it. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { Answer } from '#runtime/prove/answers.ts'
import type { Proof } from '#runtime/prove/prove.ts'
import { replay } from '#runtime/prove/replay.ts'
import { storyOf } from '#runtime/prove/story.ts'
import { replayed, retell } from '#runtime/testing/retell.ts'
import type { Subject } from '#runtime/testing/subject.ts'

/** Files written at one go. */
export const STORIES_MAX = 200

/** How many were written. */
export async function writeStories(
  proofs: readonly Proof[],
  subject: Subject & { readonly file: string },
  dir: string,
): Promise<number> {
  await mkdir(dir, { recursive: true })
  const told = proofs.flatMap((proof) =>
    proof.answers.flatMap((answer) => (answer.verdict.kind === 'refuted' ? [{ proof, answer }] : [])),
  )
  const written = told.slice(0, STORIES_MAX)
  for (const [i, { proof, answer }] of written.entries()) {
    const text = await storyFile(proof, answer, subject, relative(dir, subject.file))
    await writeFile(
      join(dir, `${String(i + 1).padStart(3, '0')}-${slugOf(proof.role, answer)}.test.ts`),
      text,
    )
  }
  return written.length
}

async function storyFile(
  { role, setting, at }: Proof,
  { claim, about, verdict }: Answer,
  subject: Subject,
  fleet: string,
): Promise<string> {
  const happenings = verdict.kind === 'refuted' ? verdict.path.happenings : []
  const lines = storyOf(happenings, replay(setting, happenings))
  const alone = replayed(subject, role, happenings, { at })
  const simulated = await retell(subject, role, happenings)
  // Told by the whole fleet only where that shows the same; what comes after the path is not its business.
  const isTold = JSON.stringify(simulated?.said.slice(0, alone.length)) === JSON.stringify(alone)
  const path = happenings.map((one) => `  ${JSON.stringify(one)},`).join('\n')
  const said = isTold
    ? `  const told = await retell(fleet, ${JSON.stringify(role)}, PATH)
  expect(told?.said.slice(0, SAID.length)).toEqual(SAID)`
    : `  expect(replayed(fleet, ${JSON.stringify(role)}, PATH, { at: ${at} })).toEqual(SAID)`
  return `/**
 * ${role}, ${claim}: ${about || 'a denial'}. Found by \`parapet prove\`.
 *
${lines.map((line, i) => ` * ${i + 1}. ${line.replaceAll('*/', '* /')}`).join('\n')}
 */
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
}

function slugOf(role: string, { claim, about }: Answer): string {
  return `${role}-${claim}-${about}`
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60)
}
