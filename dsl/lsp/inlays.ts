/** Words shown in the text that nobody wrote: what a check keeps, and the types of named values. */
import { showType } from '../check/type-text.ts'
import { showDuration } from '../plan/bounds.ts'
import type { Span } from '../plan/plan.ts'
import type { Declaration } from '../syntax/ast.ts'
import { walk } from '../syntax/walk.ts'
import { boundsOf } from './describe.ts'
import type { PolicyDocument } from './document.ts'
import { expressionsIn } from './expressions-in.ts'

export interface Inlay {
  readonly at: number
  readonly text: string
  /** Shown when it is pointed at. */
  readonly help: string
}

const HOUR_MS = 3_600_000
/** Shorter bounds are shown whole. */
const BOUND_MAX = 60

export function inlaysIn(document: PolicyDocument, range: Span): readonly Inlay[] {
  const found = document.analysis.ast.declarations
    .filter((decl) => decl.span[0] < range[1] && decl.span[1] > range[0])
    .flatMap((decl) => [...bounds(decl, document), ...valueTypes(decl, document), ...units(decl)])
  return found.filter(({ at }) => at >= range[0] && at <= range[1]).sort((a, b) => a.at - b.at)
}

/** Behind the name: what the check keeps. */
function bounds(decl: Declaration, document: PolicyDocument): readonly Inlay[] {
  if ((decl.kind !== 'rule' && decl.kind !== 'consistency') || decl.name === undefined) return []
  const kept = boundsOf(decl.name.value, document)
  if (kept.length === 0) return []
  const whole = kept.join('; ')
  const text = whole.length > BOUND_MAX ? `${whole.slice(0, BOUND_MAX - 1)}…` : whole
  return [{ at: decl.name.span[1], text, help: kept.join('\n\n') }]
}

/** `fee is count of bags * 50` is a number. */
function valueTypes(decl: Declaration, document: PolicyDocument): readonly Inlay[] {
  if (decl.kind !== 'rule') return []
  return decl.named.flatMap((value): Inlay[] => {
    const type = value.kind === 'value' ? document.analysis.model.types.get(value.value) : undefined
    if (type === undefined || type.kind === 'anything') return []
    return [{ at: value.name.span[1], text: `: ${showType(type)}`, help: 'the type of this value' }]
  })
}

/** `36 hours` are a day and a half: lengths of time that are easily misread, in larger units. */
function units(decl: Declaration): readonly Inlay[] {
  const found: Inlay[] = []
  for (const expr of expressionsIn(decl)) {
    walk(expr, (node) => {
      if (node.kind === 'duration' && node.value >= HOUR_MS) {
        const shown = compound(node.value)
        if (shown !== undefined)
          found.push({ at: node.span[1], text: `= ${shown}`, help: showDuration(node.value) })
      }
      return true
    })
  }
  return found
}

const UNITS = [
  [604_800_000, 'week'],
  [86_400_000, 'day'],
  [HOUR_MS, 'hour'],
  [60_000, 'minute'],
] as const

/** Undefined when it would say what is written already. */
function compound(ms: number): string | undefined {
  let rest = ms
  const parts: string[] = []
  for (const [size, unit] of UNITS) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${count} ${unit}${count === 1 ? '' : 's'}`)
  }
  return rest > 0 || parts.length < 2 ? undefined : parts.join(' ')
}
