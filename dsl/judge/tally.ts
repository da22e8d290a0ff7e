/** Gathers what the checks say of one step into its verdict: all reasons, the strongest action. */
import type { Action, Meta, Plan } from '../plan/plan.ts'
import type { Grounds } from './grounds.ts'
import type { Finding } from './monitors/monitor.ts'
import { applyRepairs, redacted } from './repair.ts'
import type { Json, JsonObject } from './step.ts'
import {
  ALLOW,
  type Ask,
  type CheckKind,
  type Obligation,
  type Reason,
  type Repair,
  VERDICT_KINDS,
  type Verdict,
  type VerdictKind,
} from './verdict.ts'

export interface Source
  extends Pick<
    Meta,
    'name' | 'because' | 'remedy' | 'severity' | 'shadow' | 'onError' | 'library' | 'span' | 'line'
  > {
  readonly checkKind: CheckKind
}

export interface Tally {
  /** `setting` gives what a `set` writes; without a step (a missed deadline) repairs become denials. */
  add(source: Source, action: Action, finding: Finding, setting?: () => Json | undefined): void
  /** Did anything stop the step already? Then an undecided check adds only noise. */
  readonly stopped: boolean
  finish(obligations?: readonly Obligation[]): Verdict
}

/** `fields`: of the step being judged; repairs build on each other. */
export function createTally(plan: Plan, fields: JsonObject | undefined, grounds: Grounds | undefined): Tally {
  const reasons: Reason[] = []
  const repairs: Repair[] = []
  const asks: Ask[] = []
  let strongest = 0
  let working = fields

  const report = (source: Source, action: Reason['action'], finding: Finding) => {
    reasons.push({
      check: source.name,
      checkKind: source.checkKind,
      action,
      outcome: finding.outcome,
      ...(source.because !== undefined && { because: source.because }),
      ...(source.remedy !== undefined && { remedy: source.remedy }),
      ...(source.severity !== undefined && { severity: source.severity }),
      shadow: source.shadow,
      found: finding.found,
      values: finding.values,
      next: finding.next,
      at: {
        file: source.library ?? plan.policy.file,
        start: source.span[0],
        end: source.span[1],
        line: source.line,
      },
    })
  }
  const enforce = (source: Source, kind: VerdictKind) => {
    if (!source.shadow) strongest = Math.max(strongest, VERDICT_KINDS.indexOf(kind))
  }
  const undecided = (source: Source, finding: Finding) => {
    report(source, source.onError, { ...finding, outcome: 'unknown' })
    if (source.onError === 'deny') enforce(source, 'deny')
  }
  const repair = (source: Source, path: readonly string[], value: Repair['value'], finding: Finding) => {
    report(source, 'repair', finding)
    if (source.shadow || working === undefined) return
    const made: Repair = { check: source.name, path, value }
    repairs.push(made)
    working = applyRepairs(working, [made])
    enforce(source, 'repair')
  }

  return {
    add(source, action, finding, setting) {
      if (finding.outcome === 'unknown') return undecided(source, finding)
      switch (action.kind) {
        case 'allow':
        case 'warn':
        case 'alert':
          return report(source, action.kind, finding)
        case 'deny':
        case 'quarantine':
          report(source, action.kind, finding)
          return enforce(source, action.kind)
        case 'ask':
          report(source, 'ask', finding)
          if (source.shadow || grounds?.approved?.includes(source.name)) return
          asks.push({
            check: source.name,
            who: action.who,
            withinMs: action.withinMs,
            otherwise: action.otherwise,
          })
          return enforce(source, 'ask')
        case 'redact': {
          if (working === undefined) {
            report(source, 'deny', finding)
            return enforce(source, 'deny')
          }
          const after = redacted(working, action.path, action.detector)
          // Nothing left to take out: the step is as the rule wants it.
          return after === undefined ? undefined : repair(source, action.path, after, finding)
        }
        case 'set': {
          const value = setting?.()
          if (value === undefined)
            return undecided(source, {
              ...finding,
              found: `${finding.found}; what to set \`${action.path.join('.')}\` to is unknown`,
            })
          return repair(source, action.path, value, finding)
        }
      }
    },
    get stopped() {
      return strongest >= VERDICT_KINDS.indexOf('deny')
    },
    finish(obligations = []) {
      if (reasons.length === 0 && obligations.length === 0) return ALLOW
      return { kind: VERDICT_KINDS[strongest]!, reasons, repairs, asks, obligations }
    },
  }
}
