/** Types in the reader's words. */
import type { Type } from '../plan/plan.ts'

export function showType(type: Type): string {
  switch (type.kind) {
    case 'number':
      return type.unit === undefined ? 'a number' : `a number in ${type.unit}`
    case 'text':
    case 'date':
    case 'time':
      return `a ${type.kind}`.replace('a text', 'text')
    case 'duration':
      return 'a length of time'
    case 'flag':
      return 'yes or no'
    case 'anything':
      return 'anything'
    case 'money':
      return type.currency === '' ? 'money' : `money in ${[type.currency, ...(type.also ?? [])].join(' or ')}`
    case 'choice':
      return `one of ${type.options
        .slice(0, 4)
        .map((option) => `"${option}"`)
        .join(', ')}${type.options.length > 4 ? ', …' : ''}`
    case 'list':
      return `a list of ${showType(type.of).replace(/^an? /, '')}`
    case 'map':
      return `a map of ${showType(type.of).replace(/^an? /, '')}`
    case 'record':
      return type.name === undefined ? 'a record' : `a \`${type.name}\``
  }
}
