/** `parapet prove`: what `runtime/prove` answers about a fleet or a policy, as text or JSON. */
import { dirname, resolve } from 'node:path'
import { createJudge } from '#dsl/judge/create.ts'
import type { Plan } from '#dsl/plan/plan.ts'
import type { Answer, Claim } from '#runtime/prove/answers.ts'
import { inquire } from '#runtime/prove/inquiry.ts'
import { type PolicyAnswer, provePolicy } from '#runtime/prove/policy.ts'
import { AT, type Proof, proveAgent } from '#runtime/prove/prove.ts'
import { replay } from '#runtime/prove/replay.ts'
import type { Happening } from '#runtime/prove/situation.ts'
import { stepInWords, storyOf } from '#runtime/prove/story.ts'
import { loadSolver } from '#runtime/prove/z3.ts'
import { RETOLD_STEPS_MAX } from '#runtime/testing/retell.ts'
import { loadFleet } from './load.ts'
import { loadPolicy } from './load-policy.ts'
import { type Paint, shownPath } from './paint.ts'
import { type Problem, problem } from './problem.ts'
import { writeStories } from './prove-stories.ts'
import { unknownLines } from './prove-unknown.ts'

export interface ProveOptions {
  /** A fleet file, or a policy (*.parapet). */
  readonly file: string
  readonly agent?: string | undefined
  readonly statesMax?: number | undefined
  /** Every answer with its path. */
  readonly all: boolean
  readonly json: boolean
  /** Folder for a test of each path. */
  readonly stories?: string | undefined
}

export interface Proved {
  readonly kind: 'proved'
  /** Answers somebody should do something about. */
  readonly wrong: number
}

export async function prove(
  options: ProveOptions,
  write: (line: string) => void,
  paint: Paint,
): Promise<Proved | Problem> {
  const { file, agent, statesMax, all, json, stories } = options
  const solving = await loadSolver()
  const solver = solving.kind === 'solver' ? solving.solver : undefined
  const lacking = solving.kind === 'missing' ? solving.why : undefined
  if (file.endsWith('.parapet')) {
    const policy = await loadPolicy(file, paint.isColorSupported)
    if (policy.kind === 'problem') return policy
    if (stories !== undefined && !json) write('stories are of the agents of a fleet: a policy alone has none')
    const answers = provePolicy(policy.plan, AT, {
      ...(statesMax !== undefined && { statesMax }),
      ...(solver && { solver }),
    })
    return told({ answers, proofs: [], plan: policy.plan, lacking }, options, write, paint)
  }
  const loaded = await loadFleet(file, paint.isColorSupported)
  if (loaded.kind === 'problem') return loaded
  const { definition, policy } = loaded
  const agents = Object.entries(definition.agents).filter(([role]) => agent === undefined || role === agent)
  if (agents.length === 0)
    return problem('D0059', `the fleet has no agent \`${agent}\``, {
      where: shownPath(file),
      help: `it has: ${Object.keys(definition.agents).join(', ')}`,
    })
  const at = definition.startsAt === undefined ? AT : Date.parse(definition.startsAt)
  const inquiry = inquire(policy.plan, at, solver)
  const proofs = agents.map(([role, { machine, input, supervision }]) =>
    proveAgent(policy.plan, role, machine, input?.('it') ?? null, {
      at,
      ...(statesMax !== undefined && { statesMax }),
      hasDirectory: definition.directory !== undefined || definition.people !== undefined,
      restarts: supervision?.onFailure === 'restart',
      inquiry,
    }),
  )
  let restless: readonly string[] = []
  if (stories !== undefined) {
    const subject = {
      definition,
      judge: createJudge(policy.plan),
      dir: dirname(loaded.file),
      file: loaded.file,
    }
    const told = await writeStories(proofs, subject, resolve(stories))
    const { written } = told
    restless = told.restless
    if (!json) write(`${written} ${written === 1 ? 'story' : 'stories'} in ${shownPath(stories)}`)
  }
  // Of a part of a fleet nothing can be said of the whole.
  const answers = agent === undefined ? provePolicy(policy.plan, at, { inquiry }) : []
  return told(
    { answers, proofs, plan: policy.plan, lacking, restless },
    { ...options, all, json },
    write,
    paint,
  )
}

interface Found {
  /** Of the policy alone. */
  readonly answers: readonly PolicyAnswer[]
  readonly proofs: readonly Proof[]
  readonly plan: Plan
  /** Why no solver was asked. */
  readonly lacking: string | undefined
  /** Agents that never came to rest when their stories were tried. */
  readonly restless?: readonly string[]
}

function told(
  { answers: policy, proofs, plan, lacking, restless = [] }: Found,
  { all, json }: ProveOptions,
  write: (line: string) => void,
  paint: Paint,
): Proved {
  const silent = policy.length > 0 ? silentIn(proofs) : []
  if (json)
    write(
      JSON.stringify(
        {
          policy,
          agents: proofs.map(({ setting: _, ...proof }) => proof),
          silent,
          ...(restless.length > 0 && { restless }),
          ...(lacking && { lacking }),
        },
        null,
        2,
      ),
    )
  else {
    for (const proof of proofs) for (const line of proofLines(proof, all, paint)) write(line)
    for (const line of policyLines(policy, silent, plan, all, paint)) write(line)
    for (const role of restless)
      write(
        `${paint.red('✗')} ${paint.bold(role)} does not come to rest in the simulated fleet: over ${RETOLD_STEPS_MAX} steps were judged. Its stories are told of it alone; have its machine stop calling after some tries`,
      )
    if (lacking) write(paint.dim(`no solver was asked: ${lacking}`))
  }
  const ofPolicy = policy.filter(({ verdict }) => verdict.kind === 'proved').length
  return {
    kind: 'proved',
    wrong:
      ofPolicy +
      silent.length +
      restless.length +
      proofs.flatMap(({ answers }) => answers.filter(isWrong)).length,
  }
}

// ------------------------------------------------------------------ agents

/** Proofs and refutations that tell of a mistake. That one agent cannot make a check speak is none. */
function isWrong({ claim, verdict }: Answer): boolean {
  if (claim === 'no-deadlock') return verdict.kind === 'refuted'
  return (claim === 'always-denied' || claim === 'cut-off') && verdict.kind === 'proved'
}

const TITLES: Readonly<Record<Claim, string>> = {
  'always-denied': 'always denied',
  'out-of-reach': 'never come to under the policy, though the machine alone would',
  'cut-off': 'never entered under the policy, though the machine alone would',
  'no-deadlock': 'a denial leaves it stuck',
  'never-taken': 'never taken, with or without the policy',
  'never-entered': 'never entered, with or without the policy',
  'never-speaks': 'checks this agent can never make speak',
}

/** What a refutation shows, where all is told. */
const SHOWN: Readonly<Record<Claim, string>> = {
  'always-denied': 'can be taken',
  'out-of-reach': 'can be taken',
  'cut-off': 'can be entered',
  'no-deadlock': '',
  'never-taken': 'can be taken',
  'never-entered': 'can be entered',
  'never-speaks': 'can be made to speak',
}

function proofLines(proof: Proof, all: boolean, paint: Paint): string[] {
  const { role, answers, states } = proof
  const lines = [`${paint.bold(role)} ${paint.dim(`(${states} situations looked at)`)}`]
  const of = (claim: string, kind: Answer['verdict']['kind']): Answer[] =>
    answers.filter((answer) => answer.claim === claim && answer.verdict.kind === kind)
  for (const [claim, title] of Object.entries(TITLES)) {
    const said = of(claim, claim === 'no-deadlock' ? 'refuted' : 'proved')
    if (said.length === 0) continue
    if (claim === 'never-speaks' && !all) {
      const checks = answers.filter((answer) => answer.claim === claim).length
      lines.push(`  ${paint.green('✓')} ${said.length} of ${checks} checks can never speak of it`)
      continue
    }
    lines.push(`  ${title}:`)
    for (const answer of said) lines.push(...answerLines(answer, proof, paint))
  }
  if (of('no-deadlock', 'proved').length > 0) lines.push(`  ${paint.green('✓')} no denial leaves it stuck`)
  if (all)
    for (const [claim, title] of Object.entries(SHOWN)) {
      if (claim === 'no-deadlock') continue
      for (const answer of of(claim, 'refuted')) lines.push(...answerLines(answer, proof, paint, title))
    }
  const count = (kind: Answer['verdict']['kind']): number =>
    answers.filter(({ verdict }) => verdict.kind === kind).length
  lines.push(
    `  ${count('proved')} proved, ${count('refuted')} refuted by a path, ${count('unknown')} unknown`,
  )
  if (count('unknown') > 0)
    for (const why of unknownLines(
      new Set(answers.flatMap(({ verdict }) => (verdict.kind === 'unknown' ? verdict.why : []))),
    ))
      lines.push(paint.dim(`    unknown: ${why}`))
  return lines
}

function answerLines(answer: Answer, { setting }: Proof, paint: Paint, shows = ''): string[] {
  const { about, verdict, at } = answer
  const place = at === undefined ? '' : paint.dim(` (${at.file}:${at.line})`)
  // What comes of another answer is no mistake of its own.
  const good = answer.claim === 'never-speaks' || verdict.kind === 'refuted' ? paint.green('✓') : '–'
  const mark = isWrong(answer) ? paint.red('✗') : good
  const said = `    ${mark} ${about}${place}${shows === '' ? '' : ` ${shows}`}`
  if (verdict.kind !== 'refuted') return [said]
  const { happenings } = verdict.path
  const line = `${said}${onlyIf(happenings)}`
  const story = storyOf(happenings, replay(setting, happenings))
  return [line, ...story.map((one, i) => `        ${i + 1}. ${one}`)]
}

/** What no agent decides, and no tool. */
function onlyIf(happenings: readonly Happening[]): string {
  const others = happenings.some(
    (one) => one.kind === 'other' || (one.kind === 'ledger' && one.by === 'others'),
  )
  const costs = happenings.some((one) => 'spent' in one)
  const ifs = [
    ...(others ? ['another agent of the fleet does'] : []),
    ...(costs ? ['what it asks for costs'] : []),
  ]
  return ifs.length === 0 ? '' : `, if ${ifs.join(' and ')} what stands in the story`
}

/** Checks that no agent of the fleet can make speak. */
function silentIn(
  proofs: readonly Proof[],
): { readonly check: string; readonly file: string; readonly line: number }[] {
  const [first, ...rest] = proofs.map(({ answers }) =>
    answers.filter(({ claim }) => claim === 'never-speaks'),
  )
  return (first ?? []).flatMap(({ about, at, verdict }, i) => {
    const isSilent =
      verdict.kind === 'proved' && rest.every((answers) => answers[i]?.verdict.kind === 'proved')
    return isSilent && at ? [{ check: about, ...at }] : []
  })
}

// ------------------------------------------------------------------ the policy alone

function policyLines(
  answers: readonly PolicyAnswer[],
  silent: ReturnType<typeof silentIn>,
  plan: Plan,
  all: boolean,
  paint: Paint,
): string[] {
  if (answers.length === 0) return []
  const lines = [paint.bold(plan.policy.name)]
  for (const { check, file, line } of silent)
    lines.push(
      `  ${paint.red('✗')} “${check}” ${paint.dim(`(${file}:${line})`)}: no agent of the fleet can make it speak`,
    )
  for (const { claim, check, with: other, at, verdict } of answers) {
    const both = other === undefined ? `“${check}”` : `“${check}” beside “${other}”`
    const place = `${both} ${paint.dim(`(${at.file}:${at.line})`)}`
    if (verdict.kind === 'proved') {
      const how = claim === 'can-never-speak' ? `it never speaks: ${verdict.how}` : verdict.how
      lines.push(`  ${paint.red('✗')} ${place}: ${how}`)
    } else if (all && verdict.kind === 'refuted') {
      lines.push(`  ${paint.green('✓')} ${place} ${claim === 'can-never-speak' ? 'speaks' : 'can be met'}:`)
      lines.push(...verdict.steps.map((step, i) => `      ${i + 1}. ${stepInWords(step)}`))
    } else if (all && verdict.kind === 'unknown') lines.push(`  ? ${place}: ${verdict.why}`)
  }
  const count = (claim: PolicyAnswer['claim'], kind: PolicyAnswer['verdict']['kind']): number =>
    answers.filter((answer) => answer.claim === claim && answer.verdict.kind === kind).length
  lines.push(
    `  of ${checksIn(answers)} checks ${count('can-never-speak', 'refuted')} can speak, ${count('can-never-speak', 'proved')} cannot, ${count('can-never-speak', 'unknown')} unknown`,
    `  ${count('contradicts', 'proved')} ask for what is always stopped, ${count('contradicts', 'refuted')} for what is let through, ${count('contradicts', 'unknown')} unknown`,
    `  of ${answers.filter(({ claim }) => claim === 'pair').length} pairs that speak of the same step ${count('pair', 'proved')} contradict, ${count('pair', 'refuted')} do not, ${count('pair', 'unknown')} unknown`,
  )
  return lines
}

function checksIn(answers: readonly PolicyAnswer[]): number {
  return answers.filter(({ claim }) => claim === 'can-never-speak').length
}
