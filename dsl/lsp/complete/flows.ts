/** Completion inside flows: where values come from, and where what has a label may not go. */
import type { PolicyDocument } from '../document.ts'
import { actionItems, fieldItems, noteItems } from './clauses.ts'
import { type Cursor, sinceLast } from './cursor.ts'
import type { Item } from './item.ts'
import { agents, groups, keywords, messages, named, tools } from './names.ts'
import { EMPTY_SCOPE, fieldsOfCalls } from './scope.ts'

const STARTS = ['label', 'only', 'links in', 'addresses in', 'numbers in', 'dates in', 'identifiers in']
const NOTES: ReadonlySet<string> = new Set(['because', 'remedy', 'severity', 'mode', 'on', 'otherwise'])
const SHOWN_NOTES = ['otherwise', 'because', 'remedy', 'severity', 'mode shadow', 'on error']

export function flowItems(cursor: Cursor): readonly Item[] {
  const { before, document, startsLine, inText } = cursor
  if (inText) return []
  const body = before.slice(3)
  const last = body.at(-1)?.image
  const next = startsLine || last === undefined ? [...starts(document), ...keywords(SHOWN_NOTES)] : []
  const note = sinceLast(body, NOTES)
  if (note !== undefined)
    return note.word === 'otherwise'
      ? [...actionItems(note.after, EMPTY_SCOPE, document), ...next]
      : [...noteItems(note.word, note.after), ...next]
  switch (last) {
    case undefined:
      return next
    case 'on':
    case 'from':
    case 'or':
      return sources(document)
    case 'reaches':
    case 'of':
    case ',':
      return [...tools(document), ...messages(document), ...groups(document), ...callFields(document)]
    case 'never':
      return keywords(['reaches'], 1)
    case 'may':
      return keywords(['read'], 1)
    case 'read':
      return sources(document)
    case 'must':
      return keywords(['be readable by'], 1)
    case 'comes':
      return keywords(['only from'], 1)
    case 'unless':
      return keywords(['released by'], 1)
    case 'by':
      return agents(document)
    case 'results':
      return keywords(['of'], 1)
    case 'in':
      return callFields(document)
    default:
      return [
        ...keywords(
          [
            'of',
            'comes only from',
            'never reaches',
            'must be readable by',
            'may read',
            'on',
            'or',
            'unless released by',
            'even reworded',
          ],
          3,
        ),
        ...next,
      ]
  }
}

function starts(document: PolicyDocument): readonly Item[] {
  return [...keywords(STARTS, 2), ...labels(document), ...callFields(document)]
}

function labels(document: PolicyDocument): readonly Item[] {
  return document.analysis.ast.declarations.flatMap((decl) =>
    decl.kind === 'flow' ? decl.labels.map(({ name }) => named('value', name.name, 'label', 3)) : [],
  )
}

function sources(document: PolicyDocument): readonly Item[] {
  const all = [...agents(document), ...tools(document), ...messages(document), ...groups(document)]
  return [
    ...all,
    ...keywords([
      'results of',
      'messages from',
      'result of',
      'anything that starts with',
      'the agent itself',
    ]),
  ]
}

function callFields(document: PolicyDocument): readonly Item[] {
  return fieldItems(fieldsOfCalls(document))
}
