/** A plan as readable text: for goldens, and with bounds for `parapet check --bounds`. */
import { showDuration } from './bounds.ts'
import {
  type Action,
  type Consistency,
  type ConsistencyForm,
  type Expr,
  MICRO,
  type Plan,
  type Range,
  type Rule,
  type Selector,
  type Shape,
  type StepPattern,
  type TestStep,
  type Type,
} from './plan.ts'

export function printPlan(plan: Plan): string {
  const lines = [
    `policy ${JSON.stringify(plan.policy.name)} ${plan.policy.version}${plan.policy.owner === undefined ? '' : ` of ${plan.policy.owner}`}`,
  ]
  for (const tool of plan.tools) {
    const traits = Object.entries(tool.traits).flatMap(([name, value]) =>
      value === true ? [name] : Array.isArray(value) && value.length > 0 ? [`by ${value.join(', ')}`] : [],
    )
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
  return lines.length === 0 ? 'No constraint keeps state.\n' : `${lines.join('\n')}\n`
}

function ruleLines(rule: Rule): string[] {
  const lines = [`rule ${JSON.stringify(rule.name)}${flags(rule)}`, `  when ${pattern(rule.when)}`]
  rule.bindings.forEach((binding, index) => {
    const same = binding.same.map((key) => `${key.here.join('.')} = there.${key.there.join('.')}`)
    const keep =
      binding.keep.length === 0 ? 'everything' : binding.keep.map((path) => path.join('.')).join(', ')
    lines.push(
      `  binding ${index} ${binding.name}: latest ${pattern(binding.of)}${same.length === 0 ? '' : ` where ${same.join(', ')}`}; keeps ${keep}`,
    )
    lines.push(`    bound: ${binding.bound}`)
  })
  rule.locals.forEach((local, index) => {
    lines.push(`  local ${index} ${local.name}: ${expr(local.value)}`)
  })
  lines.push(`  then ${action(rule.action)}`, ...notes(rule))
  return lines
}

function consistencyLines(consistency: Consistency): string[] {
  const { scope, forEach, form, otherwise, bound } = consistency
  const keys = forEach.length === 0 ? '' : ` for each ${forEach.map((path) => path.join('.')).join(', ')}`
  return [
    `consistency ${JSON.stringify(consistency.name)}${flags(consistency)}`,
    `  per ${scope}${keys}`,
    `  ${formLine(form)}`,
    `  otherwise ${action(otherwise)}`,
    `  bound: ${bound}`,
    ...notes(consistency),
  ]
}

function formLine(form: ConsistencyForm): string {
  const within = (ms: number | undefined, word: string): string =>
    ms === undefined ? '' : ` ${word} ${showDuration(ms)}`
  const same =
    'same' in form && form.same.length > 0
      ? ` with the same ${form.same.map((key) => `${key.here.join('.')} as there ${key.there.join('.')}`).join(', ')}`
      : ''
  switch (form.kind) {
    case 'needs':
      return `${pattern(form.what)} needs an earlier ${pattern(form.earlier)}${within(form.withinMs, 'within')}${same}${form.bySomeoneElse ? ' by someone else' : ''}`
    case 'atMost':
      return `${pattern(form.what)} at most ${form.times} times${within(form.inMs, 'in any')}`
    case 'neverAfter':
      return `${pattern(form.what)} never after ${pattern(form.after)}${same}`
    case 'followedBy':
      return `${pattern(form.what)} is followed by ${pattern(form.by)}${within(form.withinMs, 'within')}${same}`
    case 'total':
      return `total ${expr(form.of)} of ${pattern(form.what)} at most ${literal(form.atMost, form.of.type)}${within(form.inMs, 'in any')}`
  }
}

function flags(meta: { shadow: boolean; onError: string; severity?: string }): string {
  const words = [
    meta.severity,
    meta.shadow ? 'shadow' : undefined,
    meta.onError === 'deny' ? undefined : `on error ${meta.onError}`,
  ]
  const said = words.filter((word) => word !== undefined)
  return said.length === 0 ? '' : ` (${said.join(', ')})`
}

function notes(meta: { because?: string; remedy?: string }): string[] {
  return [
    ...(meta.because === undefined ? [] : [`  because ${JSON.stringify(meta.because)}`]),
    ...(meta.remedy === undefined ? [] : [`  remedy ${JSON.stringify(meta.remedy)}`]),
  ]
}

function action(of: Action): string {
  switch (of.kind) {
    case 'ask':
      return `ask ${of.who} within ${showDuration(of.withinMs)}, otherwise ${of.otherwise}`
    case 'alert':
      return `alert ${of.who}`
    case 'redact':
      return `redact ${of.detector ?? 'all'} in ${of.path.length === 0 ? 'everything' : of.path.join('.')}`
    case 'set':
      return `set ${of.path.join('.')} to ${expr(of.to)}`
    default:
      return of.kind
  }
}

function pattern(of: StepPattern): string {
  const steps = of.any.map(selector).join(' | ')
  return of.where === undefined ? `<${steps}>` : `<${steps}> and ${expr(of.where)}`
}

function selector(of: Selector): string {
  const parts = [
    of.agents?.join(', '),
    of.kinds?.join(', '),
    of.names?.join(', '),
    of.peers === undefined ? undefined : `with ${of.peers.join(', ')}`,
  ]
  return parts.filter((part) => part !== undefined).join(' ') || 'anything'
}

function testStep(step: TestStep): string {
  const peer = step.peer === undefined ? '' : ` with ${step.peer}`
  const actor = step.actor === undefined ? '' : ` as ${JSON.stringify(step.actor)}`
  return `+${step.atMs} ms${step.sameTurn ? ', same turn,' : ''} ${step.agent} ${step.kind} ${step.name}${peer}${actor} ${JSON.stringify(step.fields)}`
}

// ---------------------------------------------------------------- expressions and shapes

/** Prefix form with every operator visible; types where they decide how a value is read. */
export function expr(of: Expr): string {
  const call = (name: string, ...args: string[]): string => `${name}(${args.join(', ')})`
  switch (of.op) {
    case 'literal':
      return literal(of.value, of.type)
    case 'list':
      return `[${of.items.map(expr).join(', ')}]`
    case 'field':
      return `.${of.path.join('.')}:${typeName(of.type)}`
    case 'meta':
      return `@${of.name}`
    case 'get':
      return `${expr(of.of)}.${of.path.join('.')}:${typeName(of.type)}`
    case 'variable':
      return of.name
    case 'binding':
      return `binding${of.index}`
    case 'local':
      return `local${of.index}`
    case 'not':
      return call('not', expr(of.of))
    case 'and':
    case 'or':
      return call(of.op, ...of.of.map(expr))
    case 'compare':
      return `(${expr(of.left)} ${of.cmp} ${expr(of.right)})`
    case 'same':
      return call('same', expr(of.left), expr(of.right))
    case 'in':
      return call('in', expr(of.item), expr(of.list))
    case 'text':
      return call(
        `${of.test}${of.words ? ' word' : ''}${of.exactly ? ' exactly' : ''}`,
        expr(of.subject),
        ...of.any.map(expr),
      )
    case 'matches':
      return call(
        of.find ? 'finds' : 'matches',
        expr(of.subject),
        `/${of.pattern}/${of.exactly ? 'exactly' : ''}`,
      )
    case 'detects':
      return call('detects', expr(of.subject), of.detector)
    case 'present':
    case 'length':
    case 'keys':
      return call(of.op, expr(of.of))
    case 'count':
      return of.where === undefined
        ? call('count', expr(of.list))
        : call('count', `${of.name} in ${expr(of.list)}`, expr(of.where))
    case 'some':
    case 'every':
      return call(of.op, `${of.name} in ${expr(of.list)}`, expr(of.where))
    case 'total':
      return call('total', `${of.name} in ${expr(of.list)}`, expr(of.of))
    case 'arith':
      return of.fn.length > 1
        ? call(of.fn, expr(of.left), expr(of.right))
        : `(${expr(of.left)} ${of.fn} ${expr(of.right)})`
    case 'lookup':
      return call(of.table, ...of.keys.map(expr))
    case 'day':
      return call('day', expr(of.of), of.zone)
  }
}

function literal(value: string | number | boolean, type: Type): string {
  if (typeof value !== 'number') return JSON.stringify(value)
  if (type.kind === 'money') return `${value / MICRO} ${type.currency}`
  if (type.kind === 'duration') return showDuration(value)
  if (type.kind === 'time') return new Date(value).toISOString()
  if (type.kind === 'date') return new Date(value * 86_400_000).toISOString().slice(0, 10)
  return String(value)
}

function typeName(type: Type): string {
  switch (type.kind) {
    case 'money':
      return type.currency
    case 'choice':
      return `one of ${type.options.length}`
    case 'list':
    case 'map':
      return `${type.kind} of ${typeName(type.of)}`
    case 'record':
      return type.name ?? 'record'
    default:
      return type.kind
  }
}

function shape(of: Shape): string {
  switch (of.kind) {
    case 'record': {
      const fields = of.fields.map(
        (field) => `${field.name}${field.optional ? '?' : ''}: ${shape(field.shape)}`,
      )
      const checks = of.checks.map((check) => `check ${JSON.stringify(check.name)} ${expr(check.holds)}`)
      return `{ ${[...fields, ...checks, ...(of.closed ? [] : ['…'])].join(', ')} }`
    }
    case 'text':
      return `text${size(of)}${of.like === undefined ? '' : ` /${of.like}/`}${of.format === undefined ? '' : ` as ${of.format}`}`
    case 'number':
      return `${of.whole ? 'whole ' : ''}number${rangeText(of.range, { kind: 'number' })}`
    case 'money':
      return `${of.currency}${rangeText(of.range, { kind: 'money', currency: of.currency })}`
    case 'date':
    case 'duration':
      return `${of.kind}${rangeText(of.range, { kind: of.kind })}`
    case 'time':
      return `time${of.zone === undefined ? '' : ` in ${of.zone}`}${rangeText(of.range, { kind: 'time' })}`
    case 'choice':
      return of.options.map((option) => JSON.stringify(option)).join(' | ')
    case 'list':
    case 'map':
      return `${of.kind} of ${shape(of.of)}${size(of)}`
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
