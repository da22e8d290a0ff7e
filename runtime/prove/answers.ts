/**
 * Questions about one agent under a policy, and their answers. A claim is `proved` when nothing the agent can come to speaks
 * against it, `refuted` by a path that was run, and else `unknown` with what stood in the way. Never a guess.
 */
import type { Plan } from '#dsl/plan/plan.ts'
import type { Reach } from './bounds.ts'
import { type Check, checksOf, keyOf } from './checks.ts'
import { type Marked, shownTransition } from './machine.ts'
import type { Path, Sought, Survey } from './search.ts'

export type Verdict =
  | { readonly kind: 'proved' }
  /** The last happening of the path shows the contrary. */
  | { readonly kind: 'refuted'; readonly path: Path }
  | { readonly kind: 'unknown'; readonly why: readonly string[] }

export const CLAIMS = {
  'always-denied': 'the transition is denied whenever the machine takes it',
  'out-of-reach': 'the transition is never come to under the policy, though the machine alone takes it',
  'never-taken': 'the machine never takes the transition, with or without the policy',
  'cut-off': 'the state is never entered under the policy, though the machine alone enters it',
  'never-entered': 'the machine never enters the state, with or without the policy',
  'no-deadlock': 'no denial leaves the agent where nothing gets it on and nobody is asked',
  'never-speaks': 'no step of the agent makes the check speak',
} as const
export type Claim = keyof typeof CLAIMS

export interface Answer {
  readonly claim: Claim
  /** The transition, state or check it is about; '' for the agent as a whole. */
  readonly about: string
  readonly verdict: Verdict
  /** Where the check stands in the policy. */
  readonly at?: { readonly file: string; readonly line: number }
}

export interface Surveys {
  readonly marked: Marked
  readonly under: Survey
  /** The machine alone, where nothing is judged: what of this is seen there. */
  readonly alone: (sought: Sought) => Survey
  /** What may happen at most; undefined where the machine cannot be followed. */
  readonly bounds: Reach | undefined
  readonly boundsAlone: Reach | undefined
  readonly plan: Plan
}

export function answersOf(surveys: Surveys): Answer[] {
  const { marked, under, bounds, boundsAlone, plan } = surveys
  const never = (may: ReadonlySet<string> | undefined, what: string): boolean =>
    may !== undefined && !may.has(what)
  const unless = (survey: Survey, path: Path | undefined, proof: boolean): Verdict => {
    if (path) return { kind: 'refuted', path }
    if (proof || survey.gaps.size === 0) return { kind: 'proved' }
    return { kind: 'unknown', why: [...survey.gaps] }
  }
  const passing = (mark: string): Verdict =>
    unless(under, under.passed.get(mark), never(bounds?.passed, mark))
  const entering = (state: string): Verdict =>
    unless(under, under.entered.get(state), never(bounds?.entered, state))
  const sought: Sought = {
    chosen: marked.transitions.flatMap(({ mark }) =>
      !under.chosen.has(mark) && passing(mark).kind === 'proved' && !never(boundsAlone?.chosen, mark)
        ? [mark]
        : [],
    ),
    entered: marked.states.filter(
      (state) => entering(state).kind === 'proved' && !never(boundsAlone?.entered, state),
    ),
  }
  const alone = surveys.alone(sought)
  const transitions = marked.transitions.map((transition): Answer => {
    const { mark } = transition
    const about = shownTransition(transition)
    const taken = under.chosen.get(mark)
    const passes = passing(mark)
    // What the machine alone never takes, no policy denies.
    if (!taken && passes.kind === 'proved' && !alone.chosen.has(mark))
      return {
        claim: 'never-taken',
        about,
        verdict: unless(alone, undefined, never(boundsAlone?.chosen, mark)),
      }
    const comes = !taken && (under.gaps.size === 0 || never(bounds?.chosen, mark))
    return { claim: comes ? 'out-of-reach' : 'always-denied', about, verdict: passes }
  })
  const states = marked.states.map((state): Answer => {
    const verdict = entering(state)
    if (verdict.kind === 'proved' && !alone.entered.has(state))
      return {
        claim: 'never-entered',
        about: state,
        verdict: unless(alone, undefined, never(boundsAlone?.entered, state)),
      }
    return { claim: 'cut-off', about: state, verdict }
  })
  const checks = checksOf(plan).map((check): Answer => {
    const key = keyOf(check, plan)
    const verdict = unless(under, under.spoke.get(key), never(bounds?.speaks, key))
    const at = { file: check.library ?? plan.policy.file, line: check.line }
    return {
      claim: 'never-speaks',
      about: check.name,
      verdict: owes(check) ? laterThan(verdict) : verdict,
      at,
    }
  })
  return [...transitions, ...states, ...deadlocks(surveys), ...checks]
}

function deadlocks({ under, bounds }: Surveys): Answer[] {
  const claim = 'no-deadlock'
  const certain = under.deadlocks.filter((one) => one.certain)
  if (certain.length > 0)
    return certain.map((path): Answer => ({ claim, about: path.why, verdict: { kind: 'refuted', path } }))
  if (bounds?.denies === false || (under.gaps.size === 0 && under.deadlocks.length === 0))
    return [{ claim, about: '', verdict: { kind: 'proved' } }]
  return [{ claim, about: '', verdict: { kind: 'unknown', why: [...under.gaps] } }]
}

/** Is it broken by what does not happen, later than any step? */
function owes(check: Check): boolean {
  return (
    'form' in check &&
    [
      'followedBy',
      'leadsTo',
      'succession',
      'atLeast',
      'exactly',
      'pair',
      'aggregate',
      'edge',
      'adjacent',
    ].includes(check.form.kind)
  )
}

/** Its steps are looked at; its deadline and the end of the conversation are not. */
function laterThan(verdict: Verdict): Verdict {
  return verdict.kind === 'proved'
    ? { kind: 'unknown', why: ['it may be broken by a deadline or the end'] }
    : verdict
}
