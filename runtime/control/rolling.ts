/**
 * Bringing a running fleet under another policy, whoever asks for it: what judges now, which rollout follows, and every partition
 * told until it has that or a later one. `parapet deploy` and the pages over HTTP do nothing else.
 */
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { type Bundle, readBundle } from '#runtime/deploy/bundle.ts'
import { deployed, type Making, percent, rolledBack, type Standing } from '#runtime/deploy/next.ts'
import { readBound, readStages } from '#runtime/deploy/read.ts'
import type { Bound, Rollout, Stage, WarmUp } from '#runtime/deploy/rollout.ts'
import type { Clock } from '#runtime/fleet/clock.ts'
import { type Answer, type Ask, type Refusal, refused } from './asks.ts'
import { type Backtest, type Examine, type Examined, NOT_ASKED } from './examined.ts'
import { newestOf } from './steward.ts'

/** A partition between two owners is waited for this long; what is left then is brought along by the daemons. */
const ALL_WITHIN_MS = 10_000
const AGAIN_AFTER_MS = 100
const WHY_CHARS_MAX = 2_000

/** Asks every daemon of the fleet; `F`: they could not be asked. */
export type AskAll<F> = (ask: Ask) => Promise<Heard | F>
export interface Heard {
  readonly kind: 'answers'
  readonly answers: readonly Answer[]
  /** Of the fleet, served or not. */
  readonly partitions: number
}

export interface Brought {
  readonly kind: 'brought'
  readonly partitions: number
  readonly ms: number
}

/** The others have switched; whoever takes these up brings them along. */
export interface Unserved {
  readonly kind: 'unserved'
  readonly partitions: readonly number[]
}

/** What judges now, by the newest rollout any partition has; undefined while no daemon is ready. */
export async function standingNow<F extends { kind: string }>(
  ask: AskAll<F>,
): Promise<{ readonly kind: 'standing'; readonly standing: Standing } | undefined | F> {
  const heard = await ask({ kind: 'policies' })
  if (!isHeard(heard)) return heard
  const daemons = heard.answers.flatMap((answer) => (answer.kind === 'policies' ? [answer.policies] : []))
  const [first] = daemons
  if (!first) return undefined
  const newest = newestOf(daemons)
  return { kind: 'standing', standing: { hash: newest?.standing ?? first.own.hash, rollout: newest } }
}

/** Tells every daemon, again and again until each partition has the rollout or a later one. */
export async function bringAll<F extends { kind: string }>(
  ask: AskAll<F>,
  rollout: Rollout,
  bundles: readonly Bundle[],
  unsigned: boolean,
  clock: Clock,
): Promise<Brought | Unserved | Refusal | F> {
  const began = clock.now()
  const there = new Set<number>()
  for (;;) {
    const heard = await ask({ kind: 'switch', rollout, bundles, unsigned })
    if (!isHeard(heard)) return heard
    for (const answer of heard.answers) {
      if (answer.kind === 'refused' && answer.code !== 'busy') return answer
      if (answer.kind !== 'switched') continue
      for (const { partition, how } of answer.partitions) if (how !== 'stopped') there.add(partition)
    }
    const ms = clock.now() - began
    const left = Array.from({ length: heard.partitions }, (_, i) => i).filter((each) => !there.has(each))
    if (left.length === 0 && heard.partitions > 0) return { kind: 'brought', partitions: there.size, ms }
    if (ms > ALL_WITHIN_MS) return { kind: 'unserved', partitions: left }
    await new Promise<void>((again) => clock.after(AGAIN_AFTER_MS, again))
  }
}

/** `F` need not have a kind that is known here. */
function isHeard<F extends { kind: string }>(heard: Heard | F): heard is Heard {
  return heard.kind === 'answers'
}

export interface Rolled {
  readonly kind: 'rolled'
  readonly rollout: Rollout
  readonly partitions: number
  /** Until every partition had confirmed. */
  readonly ms: number
  /** Of what was deployed. */
  readonly examined?: Omit<Examined, 'kind'>
}

export interface RollingDeps {
  readonly examine: Examine
  readonly ask: AskAll<never>
  readonly making: () => Making
  readonly clock: Clock
}

/**
 * A bundle as a body: `{ bundle, stages?, bound?, warmUp?, unsigned?, backtest? }`. Without stages it judges all at once. Its tests run
 * and the recorded log is judged by it first, unless `backtest` is false. Each daemon checks the signature, the text and the hash for
 * itself; here only that it is a bundle, so that what is none is told at once.
 */
export async function deployAsked(deps: RollingDeps, body: JsonObject): Promise<Rolled | Refusal> {
  const bundle = readBundle(body['bundle'])
  if (!bundle) return refused('bad-ask', '`bundle` is no bundle; make one with `parapet bundle`')
  const everywhere: Stage[] = [{ stage: 'enforce', share: 0 }]
  const stages = body['stages'] === undefined ? everywhere : readStages(body['stages'])
  if (!stages || stages.length === 0) return refused('bad-ask', '`stages` is no list of stages')
  const bound = body['bound'] === undefined ? undefined : readBound(body['bound'])
  if (body['bound'] !== undefined && bound === undefined) return refused('bad-ask', '`bound` is no bound')
  const warmUp = warmUpIn(body['warmUp'])
  if (warmUp === undefined) return refused('bad-ask', "`warmUp` is 'none' or 'replay'")
  const seen = await standingNow(deps.ask)
  if (!seen) return notReady()
  const { standing } = seen
  if (standing.hash === bundle.hash && standing.rollout?.candidate === undefined)
    return refused('too-late', `${bundle.hash.slice(0, 12)} judges already`)
  const examined = await deps.examine(bundle, standing.hash, body['backtest'] !== false)
  if (examined.kind === 'refused') return examined
  const { tests, backtest } = examined
  const over = overBound(backtest, bound)
  if (over !== undefined) return refused('unfit', over)
  const rollout = deployed(standing, bundle.hash, stages, { ...(bound && { bound }), warmUp }, deps.making())
  const rolled = await roll(deps, rollout, [bundle], body['unsigned'] === true)
  return rolled.kind === 'rolled' ? { ...rolled, examined: { tests, backtest } } : rolled
}

/** Why it is not even begun with. A log that was not judged on purpose holds nobody up. */
function overBound(backtest: Backtest, bound: Bound | undefined): string | undefined {
  const most = bound?.changedMost
  if (most === undefined) return undefined
  if (backtest.kind === 'none')
    return backtest.why === NOT_ASKED ? undefined : `the log could not be judged: ${backtest.why}`
  const { changed, steps, unknown } = backtest
  const compared = steps - unknown
  if (changed <= most * compared) return undefined
  return `${changed} of ${compared} recorded verdicts would be others, over ${percent(most)}; nothing was deployed`
}

/** `{ why?, warmUp? }`: a candidate is given up; without one the policy that judged before judges again. */
export async function rollbackAsked(deps: RollingDeps, body: JsonObject): Promise<Rolled | Refusal> {
  const { why = 'rolled back' } = body
  if (typeof why !== 'string' || why.length > WHY_CHARS_MAX)
    return refused('bad-ask', `\`why\` must be a text of at most ${WHY_CHARS_MAX} characters`)
  const warmUp = warmUpIn(body['warmUp'])
  if (warmUp === undefined) return refused('bad-ask', "`warmUp` is 'none' or 'replay'")
  const seen = await standingNow(deps.ask)
  if (!seen) return notReady()
  const now = seen.standing.rollout
  const rollout = now && rolledBack(now, why, warmUp, deps.making())
  if (!rollout) return refused('not-found', 'no policy has been deployed that could be taken back')
  return roll(deps, rollout, [], false)
}

async function roll(
  deps: RollingDeps,
  rollout: Rollout,
  bundles: readonly Bundle[],
  unsigned: boolean,
): Promise<Rolled | Refusal> {
  const done = await bringAll(deps.ask, rollout, bundles, unsigned, deps.clock)
  if (done.kind === 'refused') return done
  if (done.kind === 'brought') return { ...done, kind: 'rolled', rollout }
  const message = `partitions ${done.partitions.join(', ')} are served by nobody just now; the others have switched, and a daemon that takes these up brings them along`
  return refused('busy', message)
}

function notReady(): Refusal {
  return refused('busy', 'no daemon of the fleet is ready yet')
}

function warmUpIn(value: Json | undefined): WarmUp | undefined {
  if (value === undefined) return 'none'
  return value === 'none' || value === 'replay' ? value : undefined
}
