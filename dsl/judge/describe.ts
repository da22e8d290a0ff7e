/** Verdicts in words, made last: one line for logs, several for people and for models that shall correct themselves. */
import { duration, time } from './show.ts'
import type { Json } from './step.ts'
import type { Ask, Obligation, Reason, Repair, Verdict, VerdictKind } from './verdict.ts'

const HEADLINE: Readonly<Record<VerdictKind, string>> = {
  allow: 'allowed',
  repair: 'repaired',
  ask: 'waits for a decision',
  deny: 'denied',
  quarantine: 'quarantined',
}

/** `denied: Large refunds need a supervisor (Refund manual 3.2): …`. Never has a line break. */
export function describeLine(verdict: Verdict): string {
  const spoke = verdict.reasons.filter((reason) => !reason.shadow)
  const reason = spoke.find((one) => one.action === verdict.kind) ?? spoke[0]
  if (reason === undefined) return HEADLINE[verdict.kind]
  const because = reason.because === undefined ? '' : ` (${reason.because})`
  const more = spoke.length > 1 ? `, and ${spoke.length - 1} more` : ''
  return `${HEADLINE[verdict.kind]}: ${reason.check}${because}: ${sentence(reason)}${more}`.replaceAll(
    /\s*\n\s*/g,
    ' ',
  )
}

/** Every reason with what was found, its ground, its remedy and what is allowed next. */
export function describeVerdict(verdict: Verdict): string {
  return [
    HEADLINE[verdict.kind],
    ...verdict.reasons.flatMap(reasonLines),
    ...verdict.repairs.map(repairLine),
    ...verdict.asks.map(askLine),
    ...verdict.obligations.map(obligationLine),
  ].join('\n')
}

function sentence({ outcome, found }: Reason): string {
  return outcome === 'unknown' ? `could not be decided: ${found}` : found
}

function reasonLines(reason: Reason): string[] {
  const { check, action, because, remedy, severity, shadow, at, next } = reason
  const where = at.line > 0 ? ` [${at.file}:${at.line}]` : ''
  const notes = [shadow ? 'shadow' : '', severity ?? ''].filter((note) => note !== '').join(', ')
  return [
    `  ${action}  ${check}${notes === '' ? '' : ` (${notes})`}${where}`,
    `    found    ${sentence(reason)}`,
    ...(because === undefined ? [] : [`    because  ${because}`]),
    ...(reason.retry?.feedback === undefined ? [] : [`    feedback ${reason.retry.feedback}`]),
    ...(remedy === undefined ? [] : [`    remedy   ${remedy}`]),
    ...next.map(({ say }) => `    next     ${say}`),
  ]
}

function repairLine(repair: Repair): string {
  return `  ${repairInWords(repair)} (${repair.check})`
}

/** `text becomes "…"`, `it goes to supervisor`. */
export function repairInWords(repair: Repair, shown = (value: Json) => JSON.stringify(value)): string {
  if (repair.kind !== 'field') return `it ${repair.kind === 'peer' ? 'goes to' : 'becomes'} ${repair.to}`
  const { path, value } = repair
  return `${path.length === 0 ? 'everything' : path.join('.')} becomes ${shown(value)}`
}

function askLine({ who, people, withinMs, otherwise }: Ask): string {
  return `  ask ${people === undefined ? '' : `${people} of `}${who} within ${duration(withinMs)}, otherwise ${otherwise}`
}

function obligationLine({ kind, check, dueAt }: Obligation): string {
  return `  ${kind}${kind === 'owed' ? ` until ${time(dueAt)}` : ''}  ${check}`
}
