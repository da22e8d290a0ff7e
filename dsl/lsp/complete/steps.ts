/** What may be written where a step stands: `clerk calls …`, bare names, `result of …`. */
import type { Token } from '../../syntax/tokens.ts'
import type { PolicyDocument } from '../document.ts'
import type { Item } from './item.ts'
import { agents, facts, groups, keywords, messages, tools } from './names.ts'
import { unticked } from './scope.ts'

const VERBS = [
  'calls',
  'answers',
  'sends',
  'receives',
  'remembers',
  'recalls',
  'recalled',
  'enters',
  'leaves',
  'spawns',
  'finishes',
  'fails',
  'spends',
]
const VERB_SET: ReadonlySet<string> = new Set(VERBS)
const OBJECT_LIST: ReadonlySet<string> = new Set([...VERBS, 'of', 'to', 'from'])

export interface StepItems {
  readonly items: readonly Item[]
  /** What is written so far is a whole step: something else may follow. */
  readonly whole: boolean
}

export function stepItems(tokens: readonly Token[], document: PolicyDocument): StepItems {
  const last = tokens.at(-1)?.image
  if (last === undefined || last === 'or' || last === '(') return open(starts(document))
  if (last === 'result' || last === 'failure') return open(keywords(['of'], 1))
  if (VERB_SET.has(last)) return { items: objectsOf(last, document), whole: WITHOUT_OBJECT.has(last) }
  if (last === 'to' || last === 'from') return open(agents(document))
  if (last === 'of') return open([...tools(document), ...groups(document)])
  const verb = tokens.findLast((token) => OBJECT_LIST.has(token.image))?.image
  if (last === ',') return open(verb === undefined ? agents(document) : objectsOf(verb, document))
  if (verb === undefined && isAgent(last, document)) return open(keywords(VERBS, 1))
  return { items: keywords(['or', ...directions(verb)], 3), whole: true }
}

const WITHOUT_OBJECT: ReadonlySet<string> = new Set([
  'answers',
  'remembers',
  'recalls',
  'recalled',
  'finishes',
  'fails',
  'spends',
])

function open(items: readonly Item[]): StepItems {
  return { items, whole: false }
}

function starts(document: PolicyDocument): readonly Item[] {
  return [
    ...agents(document).map((item) => ({ ...item, rank: 2 })),
    ...keywords(['anyone', 'result of', 'failure of'], 3),
    ...tools(document),
    ...messages(document),
    ...groups(document),
    ...facts(document),
    ...keywords(['answers', 'calls']),
  ]
}

export function objectsOf(verb: string, document: PolicyDocument): readonly Item[] {
  switch (verb.replace(/s$/, '')) {
    case 'call':
    case 'of':
    case 'fail':
      return [...tools(document), ...groups(document), ...keywords(['anything'])]
    case 'send':
    case 'receive':
      return [...messages(document), ...groups(document), ...keywords(['anything'])]
    case 'answer':
    case 'to':
    case 'from':
      return agents(document)
    case 'enter':
    case 'leave':
      return keywords(['any state'])
    default:
      return []
  }
}

function directions(verb: string | undefined): readonly string[] {
  if (verb === 'sends' || verb === 'answers' || verb === 'of') return ['to']
  return verb === 'receives' ? ['from'] : []
}

function isAgent(name: string, document: PolicyDocument): boolean {
  return name === 'anyone' || document.analysis.model.vocabulary.agents.has(unticked(name))
}
