/** Turns and verdicts as short lines for people. */
import type { Step } from '#dsl/judge/step.ts'
import type { Reason, Verdict } from '#dsl/judge/verdict.ts'
import type { TurnRecord } from '#runtime/fleet/record.ts'
import { clip, type Paint } from './paint.ts'

export function stepShown(step: Step): string {
  const peer =
    step.peer === undefined
      ? ''
      : step.kind === 'receives'
        ? ` from ${step.peer}`
        : ` ${step.kind === 'answers' ? '' : 'to '}${step.peer}`
  const name = step.name === '' ? '' : ` ${step.name}`
  return `${step.agent} ${step.kind}${name}${peer}`.replaceAll('  ', ' ')
}

export function fieldsShown(step: Step, width: number): string {
  const parts = Object.entries(step.fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  return clip(parts.join('  '), width)
}

export function verdictWord(verdict: Verdict, paint: Paint): string {
  switch (verdict.kind) {
    case 'allow':
      return paint.green('allowed ')
    case 'repair':
      return paint.cyan('repaired')
    case 'ask':
      return paint.yellow('asked   ')
    case 'deny':
      return paint.red('denied  ')
    case 'quarantine':
      return paint.magenta('stopped ')
  }
}

export function reasonShown(reason: Reason, paint: Paint): string {
  const shadow = reason.shadow ? paint.dim(' (shadow)') : ''
  const because = reason.because === undefined ? '' : paint.dim(` — ${reason.because}`)
  return `${paint.bold(reason.check)}${shadow}: ${reason.found}${because}`
}

/** What set the turn off, in a few words. */
export function inputShown(turn: TurnRecord): string {
  const { input } = turn
  switch (input.kind) {
    case 'message':
      return `${input.from} → ${input.message}`
    case 'result':
      return 'result'
    case 'failure':
      return `failure: ${input.error}`
    case 'timer':
      return 'timer'
    case 'notice':
      return input.event.type
    case 'decision':
      return `${input.grant ? 'granted' : 'refused'} by ${input.by}`
  }
}
