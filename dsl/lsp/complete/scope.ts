/** The fields, named values and variables at the cursor, and the types of paths over them. */
import { candidateView, type FieldView, fieldOf } from '../../check/environment.ts'
import { Report } from '../../diagnostic.ts'
import type { FieldType, Type } from '../../plan/plan.ts'
import type { StepNode } from '../../syntax/ast.ts'
import { parse } from '../../syntax/parse.ts'
import type { Token } from '../../syntax/tokens.ts'
import { endOf, type PolicyDocument } from '../document.ts'
import { resolveQuietly } from '../occurrences.ts'

export interface FieldScope {
  readonly fields: FieldView
  readonly named: ReadonlyMap<string, FieldView | Type>
}

const NO_FIELDS: FieldView = { names: [], lookup: () => ({ kind: 'none' }) }
export const EMPTY_SCOPE: FieldScope = { fields: NO_FIELDS, named: new Map() }

/** The fields of the steps that these tokens say, read by themselves: the rest of the text may be broken. */
export function fieldsOfSteps(tokens: readonly Token[], document: PolicyDocument): FieldView {
  if (tokens.length === 0) return NO_FIELDS
  const written = document.text.slice(tokens[0]!.startOffset, endOf(tokens.at(-1)!))
  const { ast } = parse(`fact it is ${written}`, new Report())
  const [decl] = ast.declarations
  if (decl?.kind !== 'fact') return NO_FIELDS
  const resolved = resolveQuietly(decl.is.steps, document.analysis.model)
  return resolved.candidates.length === 0 ? NO_FIELDS : candidateView(resolved.candidates, resolved.generic)
}

/** The fields that any call may have. */
export function fieldsOfCalls(document: PolicyDocument): FieldView {
  const call: StepNode = {
    subjects: [],
    hasSubject: true,
    verb: 'calls',
    verbSpan: [0, 0],
    anything: true,
    objects: [],
    peers: [],
    span: [0, 0],
  }
  return candidateView(resolveQuietly([call], document.analysis.model).candidates, true)
}

/** The type at the end of a path; undefined if there is none or it is anything. */
export function typeOfPath(path: readonly string[], scope: FieldScope): Type | undefined {
  const [head, ...rest] = path
  if (head === undefined) return undefined
  const named = scope.named.get(head)
  if (named !== undefined && 'lookup' in named) {
    const [field, ...inner] = rest
    return field === undefined ? undefined : walkType(lookUp(named, field)?.type, inner)
  }
  return walkType(named ?? lookUp(scope.fields, head)?.type, rest)
}

/** What may follow a path and a dot. */
export function fieldsAfter(path: readonly string[], scope: FieldScope): ReadonlyMap<string, FieldType> {
  const [head] = path
  const named = head === undefined ? undefined : scope.named.get(head)
  if (path.length === 1 && named !== undefined && 'lookup' in named) return viewFields(named)
  const type = typeOfPath(path, scope)
  return new Map(type?.kind === 'record' ? Object.entries(type.fields) : [])
}

export function viewFields(view: FieldView): ReadonlyMap<string, FieldType> {
  const found = new Map<string, FieldType>()
  for (const name of view.names) {
    const field = lookUp(view, name)
    if (field !== undefined) found.set(name, field)
  }
  return found
}

/** Variables of quantifiers: `p in PATH` anywhere in the tokens. */
export function withVariables(tokens: readonly Token[], scope: FieldScope): FieldScope {
  const named = new Map(scope.named)
  tokens.forEach((token, index) => {
    const before = tokens[index - 2]?.image ?? ''
    if (token.image !== 'in' || !BEFORE_VARIABLE.has(before)) return
    const variable = tokens[index - 1]!.image
    const list = typeOfPath(pathFrom(tokens, index + 1), { fields: scope.fields, named })
    if (list?.kind === 'list' || list?.kind === 'map') named.set(variable, list.of)
  })
  return { fields: scope.fields, named }
}

const BEFORE_VARIABLE: ReadonlySet<string> = new Set(['some', 'every', 'no', 'of', 'for'])

/** The path that ends the tokens, as names: `booking.user_id` gives two. */
export function pathBefore(tokens: readonly Token[]): readonly string[] {
  const path: string[] = []
  for (let index = tokens.length - 1; index >= 0; index -= 2) {
    const token = tokens[index]!
    if (!/^[A-Za-z_`]/.test(token.image)) break
    path.unshift(unticked(token.image))
    if (tokens[index - 1]?.image !== '.') break
  }
  return path
}

function pathFrom(tokens: readonly Token[], from: number): readonly string[] {
  const path: string[] = []
  for (let index = from; index < tokens.length; index += 2) {
    path.push(unticked(tokens[index]!.image))
    if (tokens[index + 1]?.image !== '.') break
  }
  return path
}

export function unticked(image: string): string {
  return image.startsWith('`') ? image.replaceAll('`', '') : image
}

function lookUp(view: FieldView, name: string): FieldType | undefined {
  const found = view.lookup(name)
  return found.kind === 'found' ? found.field : undefined
}

function walkType(type: Type | undefined, path: readonly string[]): Type | undefined {
  let at = type
  for (const name of path) {
    if (at?.kind === 'record') at = fieldOf({ named: at.fields }, name)?.type
    else if (at?.kind === 'map') at = at.of
    else return undefined
  }
  return at?.kind === 'anything' ? undefined : at
}
