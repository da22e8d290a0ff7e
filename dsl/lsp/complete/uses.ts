/** Completion of `use`: what there is to read, and what of a library may be set. */
import type { Token } from '../../syntax/tokens.ts'
import type { PolicyDocument } from '../document.ts'
import { describeLibrary, describeParameter, type Library, type Parameter } from '../library.ts'
import { type Cursor, endsIn, indexOutside } from './cursor.ts'
import { type Item, places } from './item.ts'
import { keywords } from './names.ts'

export function useItems(cursor: Cursor): readonly Item[] {
  const { before, document, inText } = cursor
  const last = before.at(-1)?.image ?? ''
  if (before.length === 1)
    return [...(inText ? [] : keywords(['tools from', 'schema'], 1)), ...libraries(document)]
  if (last === 'from') return listings(document)
  if (inText) return []
  const named = before[1]!.image
  if (named.startsWith('"')) return libraryItems(cursor, document.library(named.slice(1, -1)))
  return last.startsWith('"') ? keywords(['as', 'leniently']) : keywords(['from'], 1)
}

const ENDING = /\.parapet$/

function libraries(document: PolicyDocument): readonly Item[] {
  const { file } = document.source
  const names = document.files?.list?.().filter((name) => ENDING.test(name) && !file.endsWith(name)) ?? []
  return names.flatMap((name): Item[] => {
    const library = document.library(name)
    if (library === undefined) return []
    const detail = library.version === undefined ? '' : `version ${library.version}`
    return [
      { kind: 'file', label: name.replace(ENDING, ''), detail, help: describeLibrary(library), rank: 2 },
    ]
  })
}

function listings(document: PolicyDocument): readonly Item[] {
  const names = document.files?.list?.().filter((name) => name.endsWith('.json')) ?? []
  return names.map((label) => ({ kind: 'file', label, rank: 1 }))
}

function libraryItems({ before }: Cursor, library: Library | undefined): readonly Item[] {
  const last = before.at(-1)!.image
  if (last === 'as') return []
  if (last === 'version')
    return library?.version === undefined ? [] : [{ kind: 'value', label: library.version, rank: 1 }]
  const given = indexOutside(before, 'with')
  if (given < 0) return keywords([...(before.length === 2 ? ['version'] : []), ...settable(library), 'as'], 1)
  if (library === undefined) return []
  const settings = before.slice(given + 1)
  if (last === 'with' || last === ',') return parameters(library, settings)
  if (last === '=') return values(library.parameters.find(({ name }) => name === nameOf(settings.at(-2))))
  return endsIn(before, 'as') ? [] : keywords(['as'], 3)
}

const settable = (library: Library | undefined): readonly string[] =>
  library === undefined || library.parameters.length > 0 ? ['with'] : []

/** Those that are not set yet; the ones that have to be come first. */
function parameters({ parameters }: Library, settings: readonly Token[]): readonly Item[] {
  const set = new Set(
    settings.flatMap((token, index) => (settings[index + 1]?.image === '=' ? [nameOf(token)] : [])),
  )
  return parameters
    .filter(({ name }) => !set.has(name))
    .map((parameter) => ({
      kind: 'parameter',
      label: parameter.name,
      insert: places(`${parameter.name} = «${parameter.default ?? 'value'}»`),
      snippet: true,
      detail: parameter.shown.slice(parameter.shown.indexOf(':') + 1).trim(),
      help: describeParameter(parameter),
      rank: parameter.default === undefined ? 1 : 2,
    }))
}

function values(parameter: Parameter | undefined): readonly Item[] {
  if (parameter === undefined) return []
  const { type, default: standing } = parameter
  if (type.kind === 'choice')
    return type.options.map(({ value }) => ({ kind: 'option', label: value, rank: 1 }))
  if (type.kind === 'flag') return keywords(['yes', 'no'], 1)
  return standing === undefined ? [] : [{ kind: 'value', label: standing, detail: 'default', rank: 1 }]
}

function nameOf(token: Token | undefined): string | undefined {
  return token?.image.replaceAll('`', '')
}
