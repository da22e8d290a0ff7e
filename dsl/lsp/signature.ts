/** What a tool takes, or what may be set of a library, while its values are being written after `with`. */
import type { Token } from '../syntax/tokens.ts'
import { cursorAt } from './complete/cursor.ts'
import { typeWords } from './describe.ts'
import type { PolicyDocument } from './document.ts'

export interface Signature {
  readonly label: string
  readonly parameters: readonly { readonly label: string; readonly help: string }[]
  /** Index of the one being written; absent when none is. */
  readonly active?: number
}

export function signatureAt(document: PolicyDocument, offset: number): Signature | undefined {
  const cursor = cursorAt(document, offset)
  if (cursor === undefined) return undefined
  const { before } = cursor
  if (before[0]?.image === 'use') return ofLibrary(before, document)
  const given = before.findLastIndex((token) => token.image === 'with' || CLAUSE.has(token.image))
  if (given < 0 || before[given]!.image !== 'with' || before[given + 1]?.image === 'the') return undefined
  const name = toolBefore(before.slice(0, given), document)
  const tool = document.analysis.model.vocabulary.tools.get(name ?? '')
  if (name === undefined || tool === undefined) return undefined
  const fields = Object.entries(tool.takes.named)
  const parameters = fields.map(([field, { type, optional }]) => ({
    label: `${field}: ${typeWords(type)}`,
    help: optional ? 'optional' : '',
  }))
  const written = activeName(before.slice(given + 1))
  const active = fields.findIndex(([field]) => field === written)
  // The protocol finds a parameter by its text in the label.
  const label = `${name}(${parameters.map((parameter) => parameter.label).join(', ')})`
  return { label, parameters, ...(active < 0 ? {} : { active }) }
}

/** What may be set of a library, while it is being set. */
function ofLibrary(before: readonly Token[], document: PolicyDocument): Signature | undefined {
  const given = before.findIndex((token) => token.image === 'with')
  const named = before[1]?.image ?? ''
  const library = given < 0 || !named.startsWith('"') ? undefined : document.library(named.slice(1, -1))
  if (library === undefined || library.parameters.length === 0) return undefined
  const parameters = library.parameters.map(({ shown, default: standing }) => ({
    label: shown,
    help: standing === undefined ? 'has to be set' : '',
  }))
  const written = activeName(before.slice(given + 1))
  const active = library.parameters.findIndex(({ name }) => name === written)
  const label = `${named.slice(1, -1)}(${parameters.map((parameter) => parameter.label).join('; ')})`
  return { label, parameters, ...(active < 0 ? {} : { active }) }
}

const CLAUSE: ReadonlySet<string> = new Set(['given', 'when', 'expect', 'where', 'then', '}'])

/** Of `clerk calls issue_refund as "a"`: `issue_refund`. */
function toolBefore(tokens: readonly Token[], document: PolicyDocument): string | undefined {
  const { tools } = document.analysis.model.vocabulary
  const names = tokens.map((token) => token.image.replaceAll('`', ''))
  const calls = names.lastIndexOf('calls')
  return calls < 0 ? undefined : names.slice(calls + 1).find((name) => tools.has(name))
}

/** The name whose value is being written, outside of brackets. */
function activeName(tokens: readonly Token[]): string | undefined {
  let depth = 0
  let name: string | undefined
  tokens.forEach((token, index) => {
    if ('{['.includes(token.image)) depth++
    else if ('}]'.includes(token.image)) depth--
    else if (depth > 0) return
    else if (token.image === '=') name = tokens[index - 1]?.image.replaceAll('`', '')
    else if (token.image === ',') name = undefined
  })
  return name
}
