/** A path as a little story: what happens, what the agent does about it, and what the policy says of that. */
import { duration } from '#dsl/judge/show.ts'
import type { JsonObject } from '#dsl/judge/step.ts'
import type { Effect } from '#runtime/kernel/effect.ts'
import type { Happening, OtherStep, Taken } from './situation.ts'
import type { Spent } from './spent.ts'

/** One line for each happening, in order. */
export function storyOf(happenings: readonly Happening[], taken: readonly Taken[]): string[] {
  return happenings.map((happening, i) => {
    const one = taken[i]
    return `${happeningInWords(happening)}${one === undefined ? '' : ` – ${takenInWords(one)}`}`
  })
}

function happeningInWords(happening: Happening): string {
  switch (happening.kind) {
    case 'start':
      return `it starts${standingInWords(happening)}`
    case 'message':
      return `${happening.from} ${happening.roles?.length ? `(${happening.roles.join(', ')}) ` : ''}says ${happening.message}${withFields(happening.fields)}`
    case 'result':
      return `${happening.tool} gives ${short(happening.value)}${costInWords(happening.spent)}`
    case 'failure':
      return `${happening.tool} fails${happening.unsure ? ', and may have come about' : ''}`
    case 'recalled':
      return `nothing of ${happening.what} is recalled`
    case 'done':
      return `${happening.src} gives ${short(happening.output)}${costInWords(happening.spent)}`
    case 'error':
      return `${happening.src} fails`
    case 'timer':
      return 'its timer rings'
    case 'time':
      return timeInWords(duration(happening.ms))
    case 'told':
      return 'it is told of the denial'
    case 'decided':
      return happening.grant ? 'it is granted' : 'it is refused'
    case 'other':
      return stepInWords(happening.step)
    case 'looked':
      return `${happening.detector} ${happening.says === null ? 'gives no answer' : `says ${happening.says}`}`
    case 'ledger':
      return happening.by === 'itself'
        ? 'the ledger answers, and no one else has used it'
        : 'the ledger answers, if others of the fleet have come first'
  }
}

function timeInWords(passed: string): string {
  return `${passed} ${/^1 [a-z]+$/.test(passed) ? 'passes' : 'pass'}`
}

function costInWords(spent: Spent | undefined): string {
  return spent === undefined ? '' : `, at a cost of ${spent.amount} and ${spent.tokens} tokens`
}

/** `clerk calls pay with amount = 5` */
export function stepInWords({ kind, agent, name, peer, fields }: OtherStep): string {
  const whom = peer === undefined ? '' : kind === 'receives' ? ` from ${peer}` : ` to ${peer}`
  return `${agent} ${kind}${name === '' ? '' : ` ${name}`}${whom}${withFields(fields)}`
}

function standingInWords({ roles = [], tenant }: Happening & { readonly kind: 'start' }): string {
  const as = roles.length > 0 ? [`as ${roles.join(', ')}`] : []
  return [...as, ...(tenant === undefined ? [] : [`for ${tenant}`])].map((one) => ` ${one}`).join('')
}

function takenInWords({ outcome, judged, broken, moves, effects, why }: Taken): string {
  const entered = moves.flatMap(({ kind, state }) => (kind === 'enters' ? [state] : []))
  const did = [
    ...effects.flatMap((effect) => effectInWords(effect) ?? []),
    ...(entered.length > 0 ? [`enters ${entered.join(', ')}`] : []),
  ]
  const said = judged.flatMap(({ step, verdict }) =>
    verdict.reasons.map(
      ({ check, found, at, action }) =>
        `${action} ${step.kind}${step.name === '' ? '' : ` ${step.name}`}: “${check}” (${at.file}:${at.line}), ${found}`,
    ),
  )
  for (const { reasons } of broken)
    for (const { check, found, at } of reasons)
      said.push(`broken: “${check}” (${at.file}:${at.line}), ${found}`)
  const reasons = said.length > 0 ? `; ${[...new Set(said)].join('; ')}` : ''
  switch (outcome) {
    case 'passed':
      return `${did.length > 0 ? did.join(', ') : 'nothing more'}${reasons}`
    case 'unheard':
      return `it does not listen to that${reasons}`
    case 'stopped':
    case 'quarantined':
      return `stopped: ${why}${reasons}`
    case 'failed':
      return `${why}${reasons}`
    case 'beside':
      return 'which the policy remembers'
    case 'wants':
      return `it waits for ${why}${reasons}`
    default:
      return `${outcome}${reasons}`
  }
}

function effectInWords(effect: Effect): string | undefined {
  switch (effect.kind) {
    case 'call':
      return `calls ${effect.tool}${withFields(effect.args)}`
    case 'send':
      return `sends ${effect.message} to ${effect.to}${withFields(effect.fields)}`
    case 'answer':
      return `answers ${effect.to}${withFields(effect.fields)}`
    case 'remember':
      return `remembers ${effect.what}`
    case 'recall':
      return `recalls ${effect.what}`
    case 'invoke':
      return `asks ${effect.src}`
    default:
      return undefined
  }
}

export function withFields(fields: JsonObject): string {
  const shown = Object.entries(fields).map(([name, value]) => `${name} = ${short(value)}`)
  return shown.length === 0 ? '' : ` with ${shown.join(', ')}`
}

const SHORT_MAX = 40

function short(value: JsonObject[string]): string {
  const text = JSON.stringify(value)
  return text.length <= SHORT_MAX ? text : `${text.slice(0, SHORT_MAX)}…`
}
