/** Declared names as items. */
import { CURRENCIES } from '../../check/prelude.ts'
import { shownTakes, typeWords } from '../describe.ts'
import type { PolicyDocument } from '../document.ts'
import { KEYWORD_HELP } from '../keyword-help.ts'
import { nameText } from '../name-text.ts'
import { type Item, places } from './item.ts'

export function keywords(words: readonly string[], rank = 6): readonly Item[] {
  return words.map((label) => {
    const help = KEYWORD_HELP.get(label.split(' ')[0]!)
    return { kind: 'keyword', label, rank, ...(help === undefined ? {} : { help }) }
  })
}

export function tools(document: PolicyDocument): readonly Item[] {
  return Array.from(document.analysis.model.vocabulary.tools, ([name, tool]): Item => {
    const returns =
      tool.returns === undefined ? '' : ` returns ${typeWords(tool.returns).replaceAll('`', '')}`
    return named('tool', name, `(${shownTakes(tool)})${returns}`)
  })
}

export function messages(document: PolicyDocument): readonly Item[] {
  return Array.from(document.analysis.model.vocabulary.messages.keys(), (name) =>
    named('message', name, 'message'),
  )
}

export function groups(document: PolicyDocument): readonly Item[] {
  return Array.from(document.analysis.model.vocabulary.groups, ([name, decl]) =>
    named('group', name, decl.members.map((member) => member.name).join(', ')),
  )
}

export function facts(document: PolicyDocument): readonly Item[] {
  return Array.from(document.analysis.model.vocabulary.facts.keys(), (name) => named('fact', name, 'fact'))
}

export function agents(document: PolicyDocument): readonly Item[] {
  return Array.from(document.analysis.model.vocabulary.agents.keys(), (name) => named('agent', name, 'agent'))
}

export function words(document: PolicyDocument): readonly Item[] {
  return Array.from(document.analysis.model.vocabulary.words, ([name, decl]) =>
    named('words', name, `${decl.words.length} words`),
  )
}

export function tables(document: PolicyDocument): readonly Item[] {
  return Array.from(document.analysis.model.vocabulary.tables, ([name, { decl }]): Item => {
    const keys = decl.by.map((key) => `«${key.name}»`).join(', ')
    return {
      ...named('table', name, `by ${decl.by.map((key) => key.name).join(', ')}`),
      insert: places(`${nameText(name)} for ${keys}`),
      snippet: true,
    }
  })
}

export function schemas(document: PolicyDocument): readonly Item[] {
  return Array.from(document.analysis.model.vocabulary.schemas, ([name, decl]) =>
    named('schema', name, `${decl.body.fields.length} fields`),
  )
}

/** What `because` in a test may say. */
export function checks(document: PolicyDocument): readonly Item[] {
  return document.analysis.ast.declarations.flatMap((decl): Item[] => {
    if (decl.kind === 'schema')
      return decl.body.checks.flatMap(({ name }) =>
        name === undefined
          ? []
          : [{ kind: 'check', label: name.value, detail: `check of ${decl.name?.name}` }],
      )
    if (decl.kind === 'agent' && decl.name !== undefined && decl.limits.length > 0)
      return [{ kind: 'check', label: `limit of ${decl.name.name}`, rank: 7 }]
    if ((decl.kind !== 'rule' && decl.kind !== 'consistency') || decl.name === undefined) return []
    return [{ kind: 'check', label: decl.name.value, detail: decl.kind, rank: 3 }]
  })
}

/** Currencies of this text first. */
export function currencies(document: PolicyDocument): readonly Item[] {
  const used = new Set(
    document.analysis.tokens.map((token) => token.image).filter((image) => CURRENCIES.has(image)),
  )
  return Array.from(CURRENCIES, (label) => ({ kind: 'unit', label, rank: used.has(label) ? 2 : 7 }))
}

export function named(kind: Item['kind'], name: string, detail: string, rank = 4): Item {
  const insert = nameText(name)
  return { kind, label: name, detail, rank, ...(insert === name ? {} : { insert }) }
}
