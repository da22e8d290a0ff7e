/** Gathers what the checks say of one step into its verdict: all reasons, the strongest action. */
import type { Action, Expr, Meta, Plan } from '../plan/plan.ts'
import type { Cells } from './cells.ts'
import type { Finding } from './finding.ts'
import type { Grounds, Need } from './grounds.ts'
import { type Mended, Mending } from './mending.ts'
import { redacted, trimmed } from './repair.ts'
import { attemptsMade, retryCell } from './retries.ts'
import type { Json, Step } from './step.ts'
import {
  ALLOW,
  type Ask,
  type CheckKind,
  type Obligation,
  type Reason,
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
  /** Absent where there is nothing to count. */
  readonly id?: string
}

/** The step being judged, and the cells it is judged by. */
export interface Heard {
  readonly cells: Cells
  readonly step: Step
}

export interface Tally {
  /** `writing` gives what a repair writes; without a step (a missed deadline) repairs become denials. */
  add(source: Source, action: Action, finding: Finding, writing?: (expr: Expr) => Json | undefined): void
  /** Something is not known yet; of no interest when the step is stopped anyway or is judged again. */
  need(need: Need): void
  /** A reservation is rested on. */
  hold(key: string): void
  /** Did anything stop the step already? Then an undecided check adds only noise. */
  readonly stopped: boolean
  finish(obligations?: readonly Obligation[]): Verdict
}

export function createTally(plan: Plan, heard: Heard | undefined, grounds: Grounds | undefined): Tally {
  const reasons: Reason[] = []
  const asks: Ask[] = []
  const needs: Need[] = []
  const holds: string[] = []
  let strongest = 0
  const mending = heard === undefined ? undefined : new Mending(heard.step)

  const report = (
    source: Source,
    action: Reason['action'],
    finding: Finding,
    retry?: Reason['retry'],
    who?: string,
  ) => {
    reasons.push({
      check: source.name,
      checkKind: source.checkKind,
      action,
      outcome: finding.outcome,
      ...(source.because !== undefined && { because: source.because }),
      ...(source.remedy !== undefined && { remedy: source.remedy }),
      ...(source.severity !== undefined && { severity: source.severity }),
      ...(who !== undefined && { who }),
      shadow: source.shadow,
      found: finding.found,
      values: finding.values,
      next: finding.next,
      ...(retry !== undefined && { retry }),
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
  const deny = (source: Source, finding: Finding) => {
    report(source, 'deny', finding)
    enforce(source, 'deny')
  }
  /** `make` is not called for a shadow: it changes nothing. */
  const mend = (source: Source, finding: Finding, make: (mending: Mending) => Mended) => {
    if (mending === undefined) return deny(source, finding)
    if (source.shadow) return report(source, 'repair', finding)
    const mended = make(mending)
    // The step is as the check wants it.
    if (mended.kind === 'idle') return
    if (mended.kind === 'conflict')
      return deny(source, {
        ...finding,
        found: `${finding.found}; "${mended.with}" wants it changed in another way`,
      })
    report(source, 'repair', finding)
    enforce(source, 'repair')
  }

  /** False when no attempt is left. */
  const retry = (source: Source, action: Action & { kind: 'retry' }, finding: Finding): boolean => {
    const { most, feedback } = action
    const cell = heard === undefined || source.id === undefined ? undefined : retryCell(source.id, heard.step)
    const made = heard === undefined || cell === undefined ? undefined : attemptsMade(heard.cells, cell)
    if (cell === undefined || made === undefined || made >= most) return false
    const attempt = made + 1
    const found = `${finding.found}; attempt ${attempt} of ${most}`
    report(
      source,
      'deny',
      { ...finding, found },
      { attempt, most, ...(feedback !== undefined && { feedback }), cell },
    )
    enforce(source, 'deny')
    return true
  }

  return {
    add: function add(source, action, finding, writing) {
      if (finding.outcome === 'unknown') return undecided(source, finding)
      const unknownValue = (what: string) =>
        undecided(source, { ...finding, found: `${finding.found}; what to ${what} is unknown` })
      switch (action.kind) {
        case 'allow':
        case 'warn':
          return report(source, action.kind, finding)
        case 'alert':
          return report(source, action.kind, finding, undefined, action.who)
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
            ...(action.people !== undefined && { people: action.people }),
            withinMs: action.withinMs,
            otherwise: action.otherwise,
          })
          return enforce(source, 'ask')
        case 'retry':
          if (!retry(source, action, finding)) add(source, action.otherwise, finding, writing)
          return
        case 'redact':
        case 'trim':
          return mend(source, finding, (mending) => {
            const { path } = action
            const value =
              action.kind === 'trim'
                ? trimmed(mending.fields, path, action.most)
                : redacted(mending.fields, path, action.detector, action.by)
            return value === undefined ? { kind: 'idle' } : mending.edit(source.name, path, value)
          })
        case 'set': {
          const value = writing?.(action.to)
          if (value === undefined) return unknownValue(`set \`${action.path.join('.')}\` to`)
          return mend(source, finding, (mending) => mending.set(source.name, action.path, value))
        }
        case 'route':
          return mend(source, finding, (mending) => mending.route(source.name, action.what, action.to))
        case 'fallBack': {
          const fields: [string, Json][] = []
          for (const { name, value: expr } of action.fields) {
            const value = writing?.(expr)
            if (value === undefined) return unknownValue(`give \`${name}\``)
            fields.push([name, value])
          }
          const given = Object.fromEntries(fields)
          return mend(source, finding, (mending) => mending.replace(source.name, action.name, given))
        }
      }
    },
    need: (need) => void needs.push(need),
    hold: (key) => void holds.push(key),
    get stopped() {
      return strongest >= VERDICT_KINDS.indexOf('deny')
    },
    finish(obligations = []) {
      const kind = VERDICT_KINDS[strongest]!
      const repairs = mending?.repairs() ?? []
      const goesOn = kind === 'allow' || kind === 'ask'
      const open = goesOn ? needs : []
      if (reasons.length + obligations.length + open.length + holds.length === 0) return ALLOW
      return {
        kind,
        reasons,
        repairs,
        asks,
        obligations,
        ...(open.length > 0 && { needs: open }),
        ...(goesOn && holds.length > 0 && { holds }),
      }
    },
  }
}
