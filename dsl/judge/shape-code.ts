/** Shapes as JavaScript source: a fast yes, or a no that `validate` looks into. */
import type { Range, Shape } from '../plan/plan.ts'
import { condition, property, type Surroundings } from './expression-code.ts'
import { Frame, quote } from './source.ts'

/** A JavaScript boolean over the value named `v`; false for an absent one. */
export function fits(shape: Shape, v: string, frame: Frame, around: Surroundings): string {
  const ranged = (reading: string, range: Range) => {
    const t = frame.temp()
    return `((${t} = ${reading}) !== undefined${inRange(t, range)})`
  }
  switch (shape.kind) {
    case 'text': {
      const { min, max, like, format } = shape
      const parts = [`typeof ${v} === 'string'`]
      if (min !== undefined || max !== undefined) parts.push(`lengthFits(${v}, ${min}, ${max})`)
      if (shape.plain) parts.push(`isPlain(${v})`)
      if (like !== undefined) parts.push(`isLike(${frame.source.constant(shape)}, ${v})`)
      if (format !== undefined) parts.push(`hasFormat(${quote(format)}, ${v})`)
      return `(${parts.join(' && ')})`
    }
    case 'number': {
      const kind = shape.whole
        ? `Number.isSafeInteger(${v})`
        : `typeof ${v} === 'number' && Number.isFinite(${v})`
      return `(${kind}${inRange(v, shape.range)})`
    }
    case 'money':
      if (shape.others !== undefined) return `moneyFits(${frame.source.constant(shape)}, ${v})`
      return ranged(`readMoney(${v}, ${quote(shape.currency)})`, shape.range)
    case 'date':
      return ranged(`readDate(${v})`, shape.range)
    case 'time':
      return ranged(
        shape.zone === undefined ? `readTime(${v})` : `readTime(${v}, ${quote(shape.zone)})`,
        shape.range,
      )
    case 'duration':
      return ranged(`readDuration(${v})`, shape.range)
    case 'flag':
      return `(typeof ${v} === 'boolean')`
    case 'choice':
      return shape.options.length === 0
        ? 'false'
        : `(${shape.options.map((one) => `${v} === ${quote(one)}`).join(' || ')})`
    case 'constant':
      return `(${v} === ${quote(shape.value)})`
    case 'nullable':
      return `(${v} === null || ${fits(shape.of, v, frame, around)})`
    case 'union':
      return unionFits(shape, v, frame, around)
    case 'json-schema':
      return `(${v} !== undefined && schemaFits(${frame.source.constant(shape)}, ${v}))`
    case 'list':
      return listFits(shape, v, frame, around)
    case 'map':
      return mapFits(shape, v, frame, around)
    case 'record':
      return recordFits(shape, v, frame, around)
    case 'anything':
      return `(${v} != null)`
  }
}

function inRange(v: string, { min, max, over, under }: Range): string {
  let code = ''
  if (min !== undefined) code += ` && ${v} >= ${quote(min)}`
  if (max !== undefined) code += ` && ${v} <= ${quote(max)}`
  if (over !== undefined) code += ` && ${v} > ${quote(over)}`
  if (under !== undefined) code += ` && ${v} < ${quote(under)}`
  return code
}

/** `s` is the step, which cross-field checks may read. */
const inside = (frame: Frame) => new Frame(frame.source, ['s', 'r'], 'r')

function listFits(shape: Shape & { kind: 'list' }, v: string, frame: Frame, around: Surroundings): string {
  const inner = inside(frame)
  const size =
    (shape.min === undefined ? '' : ` || r.length < ${quote(shape.min)}`) +
    (shape.max === undefined ? '' : ` || r.length > ${quote(shape.max)}`)
  const item = frame.source.name('v')
  const name = frame.source.define(
    ['s', 'r'],
    inner,
    `if (!Array.isArray(r)${size}) return false
for (let i = 0; i < r.length; i++) {
const ${item} = r[i]
if (!${fits(shape.of, item, inner, around)}) return false
}
return ${distinct(shape)}`,
  )
  return `${name}(s, ${v})`
}

function distinct({ unique, distinctBy }: Shape & { kind: 'list' }): string {
  const parts = [
    ...(unique ? ['allDistinct(r)'] : []),
    ...(distinctBy === undefined ? [] : [`allDistinct(r, ${quotedList(distinctBy)})`]),
  ]
  return parts.length === 0 ? 'true' : parts.join(' && ')
}

const quotedList = (names: readonly string[]) => `[${names.map(quote).join(', ')}]`

function unionFits(shape: Shape & { kind: 'union' }, v: string, frame: Frame, around: Surroundings): string {
  const tag = frame.temp()
  const variants = shape.variants.map(({ tags, shape: one }) => {
    const named = tags.map((each) => `${tag} === ${quote(each)}`).join(' || ')
    return `((${named}) && ${fits(one, v, frame, around)})`
  })
  return `(isObject(${v}) && ((${tag} = ${property(v, shape.by)}), ${variants.join(' || ') || 'false'}))`
}

function mapFits(shape: Shape & { kind: 'map' }, v: string, frame: Frame, around: Surroundings): string {
  const inner = inside(frame)
  const item = frame.source.name('v')
  const name = frame.source.define(
    ['s', 'r'],
    inner,
    `if (!isObject(r)) return false
let size = 0
for (const name in r) {
size++
const ${item} = own(r, name)
${shape.keys === undefined ? '' : `if (!${fits(shape.keys, 'name', inner, around)}) return false\n`}if (!${fits(shape.of, item, inner, around)}) return false
}
return ${mapSize(shape)}`,
  )
  return `${name}(s, ${v})`
}

function mapSize({ min, max }: Shape & { kind: 'map' }): string {
  const parts = [
    ...(min === undefined ? [] : [`size >= ${quote(min)}`]),
    ...(max === undefined ? [] : [`size <= ${quote(max)}`]),
  ]
  return parts.length === 0 ? 'true' : parts.join(' && ')
}

function recordFits(
  shape: Shape & { kind: 'record' },
  v: string,
  frame: Frame,
  around: Surroundings,
): string {
  const inner = inside(frame)
  const lines = ['if (!isObject(r)) return false', 'let known = 0']
  for (const field of shape.fields) {
    const item = frame.source.name('v')
    const test = fits(field.shape, item, inner, around)
    lines.push(`const ${item} = ${property('r', field.name)}`)
    const there = field.optional ? `${item} ${field.strict ? '!== undefined' : '!= null'} && ` : ''
    lines.push(`if (${there}!${test}) return false`)
    if (shape.closed) lines.push(field.optional ? `if (${item} !== undefined) known++` : 'known++')
  }
  // As many properties as known ones that are there: no others.
  if (shape.closed) lines.push('for (const _ in r) known--', 'if (known !== 0) return false')
  for (const check of shape.checks)
    lines.push(`if (${condition(check.holds, 'notTrue', inner, around)}) return false`)
  lines.push('return true')
  return `${frame.source.define(['s', 'r'], inner, lines.join('\n'))}(s, ${v})`
}
