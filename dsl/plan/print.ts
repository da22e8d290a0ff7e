/** A plan as readable text: for goldens, and with bounds for `parapet check --bounds`. */

import { showDuration } from './bounds.ts'
import { looksOf } from './looks.ts'
import type { Binding, Plan, Range, Rule, Shape, TestStep, Type } from './plan.ts'
import { consistencyLines } from './print-consistency.ts'
import { flowLines } from './print-flow.ts'
import { action, expr, flags, literal, notes, pattern, selector } from './print-parts.ts'

export function printPlan(plan: Plan): string {
  const lines = [
    `policy ${JSON.stringify(plan.policy.name)} ${plan.policy.version}${plan.policy.owner === undefined ? '' : ` of ${plan.policy.owner}`}`,
  ]
  for (const tool of plan.tools) {
    const traits = Object.entries(tool.traits).flatMap(([name, value]) =>
      value === true ? [name] : Array.isArray(value) && value.length > 0 ? [`by ${value.join(', ')}`] : [],
    )
    for (const [field, by] of Object.entries(tool.traits.settles ?? {}))
      traits.push(`settles ${field} by ${by}`)
    lines.push(
      `tool ${tool.name}(${shape(tool.takes)})${tool.returns === undefined ? '' : ` → ${shape(tool.returns)}`}${traits.length === 0 ? '' : ` [${traits.join(', ')}]`}`,
    )
  }
  for (const message of plan.messages) lines.push(`message ${message.name} ${shape(message.shape)}`)
  for (const agent of plan.agents) {
    lines.push(`agent ${agent.name}`)
    for (const may of agent.may) lines.push(`  may ${selector(may)}`)
  }
  for (const table of plan.tables) {
    lines.push(`table ${table.name}`)
    for (const [key, value] of Object.entries(table.rows))
      lines.push(`  ${key.replaceAll('\u001f', ', ')}: ${literal(value, table.type)}`)
  }
  for (const rule of plan.rules) lines.push(...ruleLines(rule))
  for (const consistency of plan.consistencies) lines.push(...consistencyLines(consistency))
  for (const flow of plan.flows) lines.push(...flowLines(flow))
  for (const test of plan.tests) {
    lines.push(
      `test ${JSON.stringify(test.name)}${test.startsAt === undefined ? '' : ` at ${new Date(test.startsAt).toISOString()}`}`,
    )
    for (const given of test.given) lines.push(`  given ${testStep(given)}`)
    const { kind, who, because } = test.expect
    lines.push(
      `  when ${testStep(test.when)}`,
      `  expect ${kind}${who === undefined ? '' : ` ${who}`}${because === undefined ? '' : ` because ${JSON.stringify(because)}`}`,
    )
  }
  return `${lines.join('\n')}\n`
}

/** One line for each constraint that keeps state. */
export function printBounds(plan: Plan): string {
  const lines: string[] = []
  for (const rule of plan.rules)
    for (const binding of rule.bindings) lines.push(`${rule.name}, ${binding.name}: ${binding.bound}`)
  for (const consistency of plan.consistencies) lines.push(`${consistency.name}: ${consistency.bound}`)
  for (const flow of plan.flows) lines.push(`${flow.name}: ${flow.bound}`)
  for (const check of [...plan.rules, ...plan.consistencies, ...plan.flows]) {
    const looks = looksOf(check)
    if (looks !== undefined) lines.push(`${check.name}: ${looks}`)
  }
  return lines.length === 0 ? 'No constraint keeps state.\n' : `${lines.join('\n')}\n`
}

function ruleLines(rule: Rule): string[] {
  const lines = [`rule ${JSON.stringify(rule.name)}${flags(rule)}`, `  when ${pattern(rule.when)}`]
  rule.bindings.forEach((binding, index) => {
    const same = binding.same.map((key) => `${key.here.join('.')} = there.${key.there.join('.')}`)
    const paths = binding.keep.map((path) => path.join('.')).join(', ') || 'everything'
    const keep = binding.tally === undefined || binding.tally.fn === 'latest' ? `; keeps ${paths}` : ''
    lines.push(
      `  binding ${index} ${binding.name}: ${rememberedText(binding)}${same.length === 0 ? '' : ` where ${same.join(', ')}`}${keep}`,
    )
    lines.push(`    bound: ${binding.bound}`)
  })
  rule.locals.forEach((local, index) => {
    lines.push(`  local ${index} ${local.name}: ${expr(local.value)}`)
  })
  lines.push(`  then ${action(rule.action)}`, ...notes(rule))
  return lines
}

function rememberedText({ of, tally, texts }: Binding): string {
  if (texts !== undefined) return `texts of the last ${texts} ${pattern(of)}`
  if (tally === undefined) return `latest ${pattern(of)}`
  const { fn, most, inMs, per, after } = tally
  const what = `${fn}${most === undefined ? '' : ` ${most}`}${tally.of === undefined ? '' : ` ${expr(tally.of)}`}`
  const window =
    inMs !== undefined
      ? ` in the last ${showDuration(inMs)}`
      : per !== undefined
        ? ` this calendar ${per.unit} in ${JSON.stringify(per.zone)}`
        : ''
  return `${what} of ${pattern(of)}${window}${after === undefined ? '' : ` since the latest ${pattern(after)}`}`
}

function testStep(step: TestStep): string {
  const peer = step.peer === undefined ? '' : ` with ${step.peer}`
  const scores = (step.scores ?? [])
    .map((score) => `, ${score.detector} in ${score.of.join('.')} = ${score.value}`)
    .join('')
  const actor = step.actor === undefined ? '' : ` as ${JSON.stringify(step.actor)}`
  const roles =
    step.roles === undefined ? '' : ` in role ${step.roles.map((role) => JSON.stringify(role)).join(', ')}`
  const tenant = step.tenant === undefined ? '' : ` of tenant ${JSON.stringify(step.tenant)}`
  return `+${step.atMs} ms${step.sameTurn ? ', same turn,' : ''} ${step.agent} ${step.kind} ${step.name}${peer}${actor}${roles}${tenant} ${JSON.stringify(step.fields)}${scores}`
}

function shape(of: Shape): string {
  switch (of.kind) {
    case 'record': {
      const fields = of.fields.map(
        (field) =>
          `${field.name}${field.optional ? '?' : ''}: ${shape(field.shape)}${field.default === undefined ? '' : ` default ${JSON.stringify(field.default)}`}`,
      )
      const checks = of.checks.map((check) => `check ${JSON.stringify(check.name)} ${expr(check.holds)}`)
      return `{ ${[...fields, ...checks, ...(of.closed ? [] : ['…'])].join(', ')} }`
    }
    case 'text':
      return `text${of.plain ? ' plain' : ''}${size(of)}${of.like === undefined ? '' : ` /${of.like}/`}${of.format === undefined ? '' : ` as ${of.format}`}`
    case 'number':
      return `${of.whole ? 'whole ' : ''}number${of.unit === undefined ? '' : ` in ${of.unit}`}${rangeText(of.range, { kind: 'number' })}`
    case 'money':
      return [of, ...(of.others ?? [])]
        .map(({ currency, range }) => `${currency}${rangeText(range, { kind: 'money', currency })}`)
        .join(' or ')
    case 'date':
    case 'duration':
      return `${of.kind}${rangeText(of.range, { kind: of.kind })}`
    case 'time':
      return `time${of.zone === undefined ? '' : ` in ${of.zone}`}${rangeText(of.range, { kind: 'time' })}`
    case 'choice':
      return of.options.map((option) => JSON.stringify(option)).join(' | ')
    case 'constant':
      return `always ${JSON.stringify(of.value)}`
    case 'nullable':
      return `(${shape(of.of)}) or null`
    case 'union':
      return `(${of.variants.map(({ tags, shape: one }) => `${tags.join('|')} → ${shape(one)}`).join(' or ')}) by ${of.by}`
    case 'json-schema':
      return `json-schema ${of.at ?? ''}${JSON.stringify(of.schema)}`
    case 'list':
      return `list of ${shape(of.of)}${size(of)}${of.unique ? ' unique' : ''}${of.distinctBy === undefined ? '' : ` distinct by ${of.distinctBy.join('.')}`}`
    case 'map':
      return `map of ${shape(of.of)}${of.keys === undefined ? '' : ` by ${shape(of.keys)}`}${size(of)}`
    default:
      return of.kind
  }
}

function size(of: { min?: number; max?: number }): string {
  return rangeText(
    { ...(of.min === undefined ? {} : { min: of.min }), ...(of.max === undefined ? {} : { max: of.max }) },
    { kind: 'number' },
  )
}

function rangeText(range: Range, type: Type): string {
  const parts = [
    range.min === undefined ? undefined : `≥ ${literal(range.min, type)}`,
    range.over === undefined ? undefined : `> ${literal(range.over, type)}`,
    range.max === undefined ? undefined : `≤ ${literal(range.max, type)}`,
    range.under === undefined ? undefined : `< ${literal(range.under, type)}`,
  ]
  return parts
    .filter((part) => part !== undefined)
    .map((part) => ` ${part}`)
    .join('')
}
