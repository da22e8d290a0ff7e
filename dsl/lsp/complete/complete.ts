/** What may be written at a place: decided by the words of the declaration before it, so that broken text is fine too. */
import type { Span } from '../../plan/plan.ts'
import type { PolicyDocument } from '../document.ts'
import { factItems, ruleItems } from './clauses.ts'
import { consistencyItems } from './consistencies.ts'
import { type Cursor, cursorAt } from './cursor.ts'
import { declarationItems } from './declarations.ts'
import { flowItems } from './flows.ts'
import type { Item } from './item.ts'
import { keywords } from './names.ts'
import { testItems } from './tests.ts'
import { useItems } from './uses.ts'
import {
  agentItems,
  detectorItems,
  groupItems,
  messageItems,
  needsItems,
  recordItems,
  toolItems,
} from './vocabulary.ts'

export interface Completion {
  /** The word that an item replaces. */
  readonly replace: Span
  readonly items: readonly Item[]
}

export function complete(document: PolicyDocument, offset: number): Completion {
  const cursor = cursorAt(document, offset)
  if (cursor === undefined) return { replace: [offset, offset], items: [] }
  return {
    replace: cursor.replace,
    items: withoutRepeats(itemsAt(cursor).map((item) => spelled(item, cursor))),
  }
}

function itemsAt(cursor: Cursor): readonly Item[] {
  const [first] = cursor.before
  if (first === undefined) return cursor.inText ? [] : declarationItems()
  // The name of a declaration is the writer's to choose.
  if (cursor.before.length === 1 && !NAMELESS.has(first.image)) return []
  switch (first.image) {
    case 'policy':
      return cursor.before.length === 2 && !cursor.inText ? keywords(['version'], 1) : []
    case 'schema':
    case 'parameter':
      return recordItems(cursor)
    case 'tool':
      return toolItems(cursor)
    case 'message':
      return messageItems(cursor)
    case 'agent':
      return agentItems(cursor)
    case 'detector':
      return detectorItems(cursor)
    case 'needs':
      return needsItems(cursor)
    case 'words':
      return cursor.before.length === 2 ? keywords(['are'], 1) : []
    case 'table':
      return cursor.before.length === 2 ? keywords(['by'], 1) : []
    case 'group':
      return groupItems(cursor)
    case 'fact':
      return factItems(cursor)
    case 'rule':
      return ruleItems(cursor)
    case 'consistency':
      return consistencyItems(cursor)
    case 'flow':
      return flowItems(cursor)
    case 'use':
      return useItems(cursor)
    case 'test':
      return testItems(cursor)
    default:
      return []
  }
}

/** After these it is not a name that follows. */
const NAMELESS: ReadonlySet<string> = new Set(['use', 'needs'])

/** Options and checks are texts: in quotes, unless one is writing inside of them. */
function spelled(item: Item, { inText }: Cursor): Item {
  if (
    inText ||
    item.insert !== undefined ||
    (item.kind !== 'option' && item.kind !== 'check' && item.kind !== 'file')
  )
    return item
  return { ...item, insert: `"${item.label.replace(/["\\]/g, '\\$&')}"` }
}

function withoutRepeats(items: readonly Item[]): readonly Item[] {
  const best = new Map<string, Item>()
  for (const item of items) {
    const known = best.get(item.label)
    if (known === undefined || (item.rank ?? 5) < (known.rank ?? 5)) best.set(item.label, item)
  }
  return Array.from(best.values()).sort((a, b) => (a.rank ?? 5) - (b.rank ?? 5))
}
