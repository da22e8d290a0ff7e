/** Patterns, expressions and literals of a plan as readable text. */
import { showDuration } from './bounds.ts'
import { type Action, type Expr, MICRO, type Selector, type StepPattern, type Type } from './plan.ts'

export function pattern(of: StepPattern): string {
  const steps = of.any.map(selector).join(' | ')
  return of.where === undefined ? `<${steps}>` : `<${steps}> and ${expr(of.where)}`
}

export function selector(of: Selector): string {
  const parts = [
    of.agents?.join(', '),
    of.kinds?.join(', '),
    of.names?.join(', '),
    of.peers === undefined ? undefined : `with ${of.peers.join(', ')}`,
  ]
  return parts.filter((part) => part !== undefined).join(' ') || 'anything'
}

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
    case 'score':
      return call(of.detector, expr(of.subject), ...(of.to === undefined ? [] : [expr(of.to)]))
    case 'default':
      return `(${expr(of.of)} default ${expr(of.to)})`
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
    case 'wall':
      return call(of.part, expr(of.of), of.zone)
    case 'day':
      return call('day', expr(of.of), of.zone)
  }
}

export function literal(value: string | number | boolean, type: Type): string {
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

export function flags(meta: { shadow: boolean; onError: string; severity?: string }): string {
  const words = [
    meta.severity,
    meta.shadow ? 'shadow' : undefined,
    meta.onError === 'deny' ? undefined : `on error ${meta.onError}`,
  ]
  const said = words.filter((word) => word !== undefined)
  return said.length === 0 ? '' : ` (${said.join(', ')})`
}

export function notes(meta: { because?: string; remedy?: string }): string[] {
  return [
    ...(meta.because === undefined ? [] : [`  because ${JSON.stringify(meta.because)}`]),
    ...(meta.remedy === undefined ? [] : [`  remedy ${JSON.stringify(meta.remedy)}`]),
  ]
}

export function action(of: Action): string {
  switch (of.kind) {
    case 'ask':
      return `ask ${of.people === undefined ? '' : `${of.people} of `}${of.who} within ${showDuration(of.withinMs)}, otherwise ${of.otherwise}`
    case 'alert':
      return `alert ${of.who}`
    case 'redact':
      return `redact ${of.detector ?? 'all'} in ${of.path.length === 0 ? 'everything' : of.path.join('.')}${of.by === undefined ? '' : ` with ${JSON.stringify(of.by)}`}`
    case 'trim':
      return `trim ${of.path.join('.')} to ${of.most}`
    case 'route':
      return `route ${of.what} to ${of.to}`
    case 'fallBack': {
      const fields = of.fields.map(({ name, value }) => `${name} = ${expr(value)}`).join(', ')
      return `fall back to ${of.name === undefined ? '' : `${of.name} `}{ ${fields} }`
    }
    case 'retry':
      return `retry${of.feedback === undefined ? '' : ` with ${JSON.stringify(of.feedback)}`} at most ${of.most}, otherwise ${action(of.otherwise)}`
    case 'set':
      return `set ${of.path.join('.')} to ${expr(of.to)}`
    default:
      return of.kind
  }
}
