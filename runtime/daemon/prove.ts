/** `parapet prove`: the answers of `runtime/prove`, as text or JSON. */
import type { Answer, Claim } from '#runtime/prove/answers.ts'
import { type Proof, proveAgent } from '#runtime/prove/prove.ts'
import { replay } from '#runtime/prove/replay.ts'
import { storyOf } from '#runtime/prove/story.ts'
import { loadFleet } from './load.ts'
import { type Paint, shownPath } from './paint.ts'
import { type Problem, problem } from './problem.ts'

export interface ProveFleetOptions {
  readonly file: string
  readonly agent?: string | undefined
  readonly statesMax?: number | undefined
  /** Also answers that find nothing wrong. */
  readonly all: boolean
  readonly json: boolean
}

export interface ProvedFleet {
  readonly kind: 'proved'
  /** Answers somebody should do something about. */
  readonly wrong: number
}

export async function proveFleet(
  { file, agent, statesMax, all, json }: ProveFleetOptions,
  write: (line: string) => void,
  paint: Paint,
): Promise<ProvedFleet | Problem> {
  const loaded = await loadFleet(file, paint.isColorSupported)
  if (loaded.kind === 'problem') return loaded
  const { definition, policy } = loaded
  const agents = Object.entries(definition.agents).filter(([role]) => agent === undefined || role === agent)
  if (agents.length === 0)
    return problem('D0059', `the fleet has no agent \`${agent}\``, {
      where: shownPath(file),
      help: `it has: ${Object.keys(definition.agents).join(', ')}`,
    })
  const at = definition.startsAt === undefined ? {} : { at: Date.parse(definition.startsAt) }
  const limits = { ...at, ...(statesMax !== undefined && { statesMax }) }
  const proofs = agents.map(([role, { machine, input, supervision }]) =>
    proveAgent(policy.plan, role, machine, input?.('it') ?? null, {
      ...limits,
      restarts: supervision?.onFailure === 'restart',
    }),
  )
  if (json) write(JSON.stringify(proofs.map(asJson), null, 2))
  else for (const proof of proofs) for (const line of proofLines(proof, all, paint)) write(line)
  return { kind: 'proved', wrong: proofs.flatMap(({ answers }) => answers.filter(isWrong)).length }
}

/** Proofs and refutations that tell of a mistake. That one agent cannot make a check speak is none. */
function isWrong({ claim, verdict }: Answer): boolean {
  if (claim === 'no-deadlock') return verdict.kind === 'refuted'
  return (claim === 'always-denied' || claim === 'cut-off') && verdict.kind === 'proved'
}

const TITLES: Readonly<Record<Claim, string>> = {
  'always-denied': 'always denied',
  'never-taken': 'never taken by the machine itself',
  'cut-off': 'never entered under the policy',
  'never-entered': 'never entered by the machine itself',
  'no-deadlock': 'a denial leaves it stuck',
  'never-speaks': 'checks this agent cannot make speak',
}

function proofLines(proof: Proof, all: boolean, paint: Paint): string[] {
  const { role, answers, states, gaps } = proof
  const lines = [paint.bold(role) + paint.dim(`  ${states} situations`)]
  for (const [claim, title] of Object.entries(TITLES)) {
    const of = answers.filter((answer) => answer.claim === claim)
    const told = of.filter(
      (answer) => all || isWrong(answer) || (claim !== 'no-deadlock' && answer.verdict.kind === 'proved'),
    )
    if (told.length === 0) continue
    lines.push(`  ${title}:`)
    for (const answer of told) lines.push(...answerLines(answer, proof, paint))
  }
  const count = (kind: Answer['verdict']['kind']): number =>
    answers.filter(({ verdict }) => verdict.kind === kind).length
  lines.push(`  ${count('proved')} proved, ${count('refuted')} refuted, ${count('unknown')} unknown`)
  if (count('unknown') > 0) for (const gap of gaps) lines.push(paint.dim(`    unknown because ${gap}`))
  return lines
}

function answerLines(answer: Answer, { setting }: Proof, paint: Paint): string[] {
  const { about, verdict, at } = answer
  const place = at === undefined ? '' : paint.dim(` (${at.file}:${at.line})`)
  const mark = isWrong(answer) ? paint.red('✗') : paint.green('✓')
  const line = `    ${verdict.kind === 'unknown' ? '?' : mark} ${about}${place}`
  if (verdict.kind !== 'refuted') return [line]
  const { happenings } = verdict.path
  const story = storyOf(happenings, replay(setting, happenings))
  return [line, ...story.map((told, i) => `        ${i + 1}. ${told}`)]
}

function asJson({ role, states, gaps, answers }: Proof) {
  return { agent: role, states, gaps, answers }
}
