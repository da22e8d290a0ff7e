/** Does a value look as its shape says? Issues are data; `describe.ts` and reasons make the text. */
import type { FieldCheck, Range, Shape, Table } from '../plan/plan.ts'
import { hasFormat } from './formats.ts'
import { holds } from './interpret.ts'
import { compilePattern, type Pattern } from './patterns.ts'
import type { Issue } from './shape-issue.ts'
import { allDistinct, compiledSchema, isPlain, moneyIn, variantOf } from './shape-tests.ts'
import { clip, date, duration, money, time } from './show.ts'
import { type Json, NOWHERE, type Step } from './step.ts'
import { characters } from './text.ts'
import { isObject, own, readDate, readDuration, readTime } from './values.ts'

export type { Issue } from './shape-issue.ts'

/** Issues reported for one value; further ones are not looked for. */
export const ISSUES_MAX = 20
/** Nesting that is followed; deeper values are refused. */
export const SHAPE_DEPTH_MAX = 64

/** What the cross-field checks of records may read besides the record. */
export interface ShapeScene {
  readonly step: Step
  readonly tables: ReadonlyMap<string, Table>
}

const ALONE: ShapeScene = { step: NOWHERE, tables: new Map() }

/** Every issue of `value`, in order, at most ISSUES_MAX. */
export function validate(shape: Shape, value: Json | undefined, scene: ShapeScene = ALONE): Issue[] {
  const issues: Issue[] = []
  visit(shape, value, [], scene, issues)
  return issues
}

type Path = readonly (string | number)[]

function visit(shape: Shape, value: Json | undefined, path: Path, scene: ShapeScene, issues: Issue[]): void {
  if (issues.length >= ISSUES_MAX) return
  const report = (kind: Issue['kind'], expected: string) => {
    if (issues.length < ISSUES_MAX)
      issues.push(
        value === undefined ? { kind, path, expected } : { kind, path, expected, found: clip(value) },
      )
  }
  const ranged = (number: number | undefined, range: Range, show: (value: number) => string) => {
    if (number === undefined) report('type', kindInWords(shape))
    else if (!inRange(number, range)) report('range', rangeInWords(range, show))
  }
  if (value === null && shape.kind === 'nullable') return
  if (value === null && shape.kind === 'json-schema') return schemaIssues(shape, value, path, issues)
  if (value === undefined || value === null) return report('missing', kindInWords(shape))
  if (path.length > SHAPE_DEPTH_MAX) return report('type', `at most ${SHAPE_DEPTH_MAX} levels`)
  switch (shape.kind) {
    case 'text':
      if (typeof value !== 'string') return report('type', 'text')
      if (!lengthFits(value, shape.min, shape.max))
        report('length', `${boundsInWords(shape.min, shape.max)} characters`)
      if (shape.plain && !isPlain(value)) report('format', 'text without control characters')
      if (!isLike(shape, value)) report('format', `text like ${shape.likeShown ?? shape.like}`)
      if (shape.format !== undefined && !hasFormat(shape.format, value)) report('format', shape.format)
      return
    case 'number':
      if (
        typeof value !== 'number' ||
        !Number.isFinite(value) ||
        (shape.whole && !Number.isSafeInteger(value))
      ) {
        return report('type', kindInWords(shape))
      }
      return ranged(value, shape.range, String)
    case 'money': {
      const read = moneyIn(shape, value)
      if (read === undefined) return report('type', kindInWords(shape))
      const [micro, range, currency] = read
      return ranged(micro, range, (bound) => money(bound, currency))
    }
    case 'date':
      return ranged(readDate(value), shape.range, date)
    case 'time':
      return ranged(readTime(value, shape.zone), shape.range, time)
    case 'duration':
      return ranged(readDuration(value), shape.range, duration)
    case 'flag':
      if (typeof value !== 'boolean') report('type', kindInWords(shape))
      return
    case 'choice':
      if (typeof value !== 'string' || !shape.options.includes(value)) report('choice', kindInWords(shape))
      return
    case 'constant':
      if (value !== shape.value) report('choice', kindInWords(shape))
      return
    case 'nullable':
      return visit(shape.of, value, path, scene, issues)
    case 'union': {
      const variant = variantOf(shape, value)
      if (variant !== undefined) return visit(variant, value, path, scene, issues)
      if (!isObject(value)) return report('type', kindInWords(shape))
      const found = own(value, shape.by)
      const tags = shape.variants.flatMap((one) => one.tags).map((tag) => JSON.stringify(tag))
      issues.push({
        kind: found === undefined ? 'missing' : 'choice',
        path: [...path, shape.by],
        expected: `one of ${tags.join(', ')}`,
        ...(found === undefined ? {} : { found: clip(found) }),
      })
      return
    }
    case 'json-schema':
      return schemaIssues(shape, value, path, issues)
    case 'list':
      if (!Array.isArray(value)) return report('type', 'a list')
      if (!sizeFits(value.length, shape.min, shape.max))
        report('length', `${boundsInWords(shape.min, shape.max)} items`)
      for (let i = 0; i < value.length && issues.length < ISSUES_MAX; i++)
        visit(shape.of, value[i], [...path, i], scene, issues)
      if (shape.unique && !allDistinct(value)) report('format', 'no item twice')
      if (shape.distinctBy !== undefined && !allDistinct(value, shape.distinctBy))
        report('format', `items that differ in ${shape.distinctBy.join('.')}`)
      return
    case 'map': {
      if (!isObject(value)) return report('type', 'a map')
      const names = Object.keys(value)
      if (!sizeFits(names.length, shape.min, shape.max))
        report('length', `${boundsInWords(shape.min, shape.max)} entries`)
      for (const name of names) {
        if (issues.length >= ISSUES_MAX) return
        if (shape.keys !== undefined) visit(shape.keys, name, [...path, name], scene, issues)
        visit(shape.of, value[name], [...path, name], scene, issues)
      }
      return
    }
    case 'record': {
      if (!isObject(value)) return report('type', kindInWords(shape))
      for (const field of shape.fields) {
        const inner = own(value, field.name)
        if (field.optional && (inner === undefined || (inner === null && !field.strict))) continue
        visit(field.shape, inner, [...path, field.name], scene, issues)
      }
      if (shape.closed) {
        const names = new Set(shape.fields.map((field) => field.name))
        for (const [name, found] of Object.entries(value)) {
          if (!names.has(name) && issues.length < ISSUES_MAX) {
            issues.push({
              kind: 'unexpected',
              path: [...path, name],
              expected: 'no such field',
              found: clip(found),
            })
          }
        }
      }
      for (const check of shape.checks) {
        if (!checkHolds(check, value, scene)) report('check', check.name)
      }
      return
    }
    case 'anything':
      return
  }
}

/** An undecided check has not been kept. */
function checkHolds(check: FieldCheck, record: Json, scene: ShapeScene): boolean {
  return (
    holds(check.holds, {
      step: scene.step,
      fields: record,
      tables: scene.tables,
      bindings: [],
      locals: [],
    }) === true
  )
}

function schemaIssues(
  shape: Shape & { kind: 'json-schema' },
  value: Json,
  path: Path,
  issues: Issue[],
): void {
  issues.push(...compiledSchema(shape).issues(value, path, ISSUES_MAX - issues.length))
}

export function inRange(value: number, { min, max, over, under }: Range): boolean {
  return (
    (min === undefined || value >= min) &&
    (max === undefined || value <= max) &&
    (over === undefined || value > over) &&
    (under === undefined || value < under)
  )
}

export function lengthFits(text: string, min: number | undefined, max: number | undefined): boolean {
  // A text has at most as many characters as UTF-16 units, and at least half as many.
  if ((min === undefined || text.length >= 2 * min) && (max === undefined || text.length <= max)) return true
  return sizeFits(characters(text), min, max)
}

function sizeFits(size: number, min: number | undefined, max: number | undefined): boolean {
  return (min === undefined || size >= min) && (max === undefined || size <= max)
}

type TextShape = Shape & { kind: 'text' }

const masks = new WeakMap<TextShape, { readonly pattern: Pattern | undefined }>()

/** A `like` holds for the whole text, exactly as written. A malformed one holds for none. */
export function isLike(shape: TextShape, text: string): boolean {
  if (shape.like === undefined) return true
  let mask = masks.get(shape)
  if (mask === undefined) {
    mask = { pattern: compilePattern(shape.like, false, true) }
    masks.set(shape, mask)
  }
  return mask.pattern?.test(text) === true
}

function kindInWords(shape: Shape): string {
  switch (shape.kind) {
    case 'number':
      return `${shape.whole ? 'a whole number' : 'a number'}${shape.unit === undefined ? '' : ` (in ${shape.unit})`}`
    case 'money':
      return shape.others === undefined
        ? `money in ${shape.currency}`
        : `money that names its currency: ${[shape.currency, ...shape.others.map(({ currency }) => currency)].join(' or ')}`
    case 'date':
      return 'a date (2024-05-15)'
    case 'time':
      return shape.zone === undefined
        ? 'a time with its offset (2024-05-15T15:00:00-05:00)'
        : `a time (in ${shape.zone} unless an offset is given)`
    case 'duration':
      return 'a duration (PT30M)'
    case 'flag':
      return 'yes or no (true or false)'
    case 'choice':
      return `one of ${shape.options.map((option) => JSON.stringify(option)).join(', ')}`
    case 'list':
      return 'a list'
    case 'map':
      return 'a map'
    case 'record':
      return shape.name ?? 'a record'
    case 'text':
      return shape.likeShown !== undefined ? `text like ${shape.likeShown}` : (shape.format ?? 'text')
    case 'constant':
      return JSON.stringify(shape.value)
    case 'nullable':
      return `${kindInWords(shape.of)}, or null`
    case 'union':
      return `a record told apart by ${shape.by}`
    case 'json-schema':
    case 'anything':
      return 'a value'
  }
}

function rangeInWords(range: Range, show: (value: number) => string): string {
  const parts: string[] = []
  if (range.min !== undefined) parts.push(`at least ${show(range.min)}`)
  if (range.over !== undefined) parts.push(`over ${show(range.over)}`)
  if (range.max !== undefined) parts.push(`at most ${show(range.max)}`)
  if (range.under !== undefined) parts.push(`under ${show(range.under)}`)
  return parts.join(', ')
}

function boundsInWords(min: number | undefined, max: number | undefined): string {
  return [min === undefined ? '' : `at least ${min}`, max === undefined ? '' : `at most ${max}`]
    .filter((part) => part !== '')
    .join(', ')
}
