/** What runs are expected to be, for vitest. Each says in its failure what was found instead. */
import { expect } from 'vitest'
import type { Step } from '#dsl/judge/step.ts'
import type { Verdict, VerdictKind } from '#dsl/judge/verdict.ts'
import type { TurnRecord } from '#runtime/fleet/record.ts'
import { breachesOf } from './breaches.ts'
import { stepLike, stepsOf } from './happened.ts'
import type { Run } from './run.ts'

/** Every part that is named has to fit; `because` is found in a check's name or in its ground. */
export interface Stopped {
  readonly because?: string
  readonly agent?: string
  /** A kind of step and what it names: `calls pay`. */
  readonly step?: string
  /** Who is asked. */
  readonly who?: string
}

/** Sums of what calls said they spent. */
export interface Cost {
  readonly amountMost?: number
  readonly tokensMost?: number
}

/** `clerk answers customer`, `clerk sends case to desk`, as a policy would say it; or any question to a turn that was let through. */
export type Sometime = string | ((turn: TurnRecord) => boolean)

interface RunMatchers<R> {
  /** Some step was denied, or stopped for good. */
  toBeDenied(what?: Stopped): R
  /** Some step waited for a person. */
  toAsk(what?: Stopped): R
  /** Some turn was let through that does it. */
  toEventually(what: Sometime): R
  /** Nothing that came about breaks this policy (its text). */
  toKeep(policy: string): R
  /** What calls said they spent stays within. */
  toCost(most: Cost): R
}

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown>
    extends RunMatchers<R> {}
}

interface Result {
  readonly pass: boolean
  readonly message: () => string
}

expect.extend({
  toBeDenied: (run: Run, what: Stopped = {}) => stopped(run, ['deny', 'quarantine'], what, 'denied'),
  toAsk: (run: Run, what: Stopped = {}) => stopped(run, ['ask'], what, 'asked for'),
  toEventually(run: Run, what: Sometime): Result {
    const pass =
      typeof what === 'string'
        ? Array.from(stepsOf(run.records).values()).flat().some(stepLike(what, run.plan))
        : run.turns.some((turn) => turn.outcome === 'passed' && what(turn))
    const shown = typeof what === 'string' ? `\`${what}\`` : 'it'
    return {
      pass,
      message: () =>
        `${shown} ${pass ? 'came about' : 'never came about'}:\n${run.story() || 'nothing happened'}`,
    }
  },
  toKeep(run: Run, policy: string): Result {
    const breaches = breachesOf(run, policy)
    const pass = breaches.length === 0
    return {
      pass,
      message: () => (pass ? 'the policy is kept' : `the policy is not kept:\n${breaches.join('\n')}`),
    }
  },
  toCost(run: Run, { amountMost = Infinity, tokensMost = Infinity }: Cost): Result {
    const { amount, tokens } = costOf(run)
    const pass = amount <= amountMost && tokens <= tokensMost
    return { pass, message: () => `it cost ${amount} and ${tokens} tokens` }
  },
})

function stopped(run: Run, kinds: readonly VerdictKind[], what: Stopped, word: string): Result {
  const found = run.judged.filter(
    ({ step, verdict }) => kinds.includes(verdict.kind) && fits(step, verdict, kinds, what),
  )
  const pass = found.length > 0
  const wanted = JSON.stringify(what)
  const others =
    run.judged.map(({ step, verdict }) => shown(step, verdict)).join('\n') || 'every step was simply allowed'
  return {
    pass,
    message: () =>
      pass
        ? `${word}: ${found.map(({ step, verdict }) => shown(step, verdict)).join('\n')}`
        : `nothing like ${wanted} was ${word}; what had a verdict:\n${others}`,
  }
}

/** `because` is of a reason that weighed so much: what asked beside a denial has not denied. */
function fits(
  step: Step,
  verdict: Verdict,
  kinds: readonly VerdictKind[],
  { because, agent, step: like, who }: Stopped,
): boolean {
  return (
    (because === undefined ||
      verdict.reasons.some(
        ({ check, because: ground, action }) =>
          kinds.some((kind) => kind === action) && (check.includes(because) || ground?.includes(because)),
      )) &&
    (agent === undefined || step.agent === agent) &&
    (like === undefined || `${step.kind} ${step.name}`.startsWith(like)) &&
    (who === undefined || verdict.asks.some((ask) => ask.who === who))
  )
}

function shown({ agent, kind, name, fields }: Step, verdict: Verdict): string {
  const checks = verdict.reasons.map(({ check }) => check).join(', ')
  return `  ${agent} ${kind} ${name} ${JSON.stringify(fields)}: ${verdict.kind} (${checks})`
}

export function costOf(run: Run): { readonly amount: number; readonly tokens: number } {
  let [amount, tokens] = [0, 0]
  for (const { input } of run.turns) {
    const spent = input.kind === 'result' || input.kind === 'failure' ? input.spent : undefined
    amount += spent?.amount ?? 0
    tokens += spent?.tokens ?? 0
  }
  return { amount, tokens }
}
