/** What a name may mean where an expression stands. */
import type { FieldType, Type } from '../plan/plan.ts'
import type { Ident } from '../syntax/ast.ts'
import { ANYTHING, type Candidate, type Fields } from './model.ts'
import { showType } from './type-text.ts'

export type NamedMeaning =
  | {
      readonly kind: 'binding'
      readonly index: number
      readonly fields: FieldView
      /** Of what earlier steps come to; absent: one step with these fields. */
      readonly type: Type | undefined
      readonly ident: Ident
    }
  | { readonly kind: 'local'; readonly index: number; readonly type: Type; readonly ident: Ident }
  | { readonly kind: 'variable'; readonly type: Type; readonly ident: Ident }

export interface Environment {
  readonly fields: FieldView
  readonly named: ReadonlyMap<string, NamedMeaning>
  /** `now`, `agent`, … are meant for steps, not for the records a schema checks. */
  readonly builtIns: boolean
  /** The rule's optional fields that are asked for with `is present`, as written paths. */
  readonly asked: ReadonlySet<string>
}

export type Lookup =
  | { readonly kind: 'found'; readonly field: FieldType }
  | { readonly kind: 'some'; readonly lacking: readonly string[] }
  | { readonly kind: 'mixed'; readonly a: string; readonly b: string }
  | { readonly kind: 'none' }

export interface FieldView {
  lookup(name: string): Lookup
  readonly names: readonly string[]
  /** All of the steps are messages received (true), or none is; undefined: some, or no steps at all. */
  readonly received?: boolean | undefined
}

export function recordView(fields: Fields): FieldView {
  return candidateView([{ kind: 'calls', name: '', fields, selector: 0 }], false)
}

/** The fields of several sorts of step: those common to all, or with `generic` those that any has. */
export function candidateView(candidates: readonly Candidate[], generic: boolean): FieldView {
  return {
    received: receivedOf(candidates),
    names: Array.from(new Set(candidates.flatMap((candidate) => Object.keys(candidate.fields.named)))),
    lookup(name) {
      if (candidates.length === 0) return { kind: 'found', field: { type: ANYTHING, optional: false } }
      let found: FieldType | undefined
      let foundIn = ''
      const lacking: string[] = []
      for (const candidate of candidates) {
        const field = fieldOf(candidate.fields, name)
        if (field === undefined) lacking.push(candidate.name || candidate.kind)
        else if (found === undefined) [found, foundIn] = [field, candidate.name || candidate.kind]
        else {
          const type = joinTypes(found.type, field.type)
          if (type === undefined)
            return {
              kind: 'mixed',
              a: `${showType(found.type)} in \`${foundIn}\``,
              b: `${showType(field.type)} in \`${candidate.name || candidate.kind}\``,
            }
          found = joined(found, field, type)
        }
      }
      if (found === undefined) return { kind: 'none' }
      return lacking.length > 0 && !generic ? { kind: 'some', lacking } : { kind: 'found', field: found }
    },
  }
}

function receivedOf(candidates: readonly Candidate[]): boolean | undefined {
  const received = candidates.filter(({ kind }) => kind === 'receives').length
  if (candidates.length === 0) return undefined
  return received === 0 ? false : received === candidates.length ? true : undefined
}

/** A default that not all have alike stands for nothing. */
function joined(a: FieldType, b: FieldType, type: Type): FieldType {
  const { default: standing } = a
  if (standing !== undefined && standing === b.default) return { type, optional: false, default: standing }
  const may = (field: FieldType) => field.optional || field.default !== undefined
  return { type, optional: may(a) || may(b) }
}

export function fieldOf(fields: Fields, name: string): FieldType | undefined {
  if (Object.hasOwn(fields.named, name)) return fields.named[name]
  return fields.rest === undefined ? undefined : { type: fields.rest, optional: true }
}

/** One type for a field that several sorts of step have. */
export function joinTypes(a: Type, b: Type): Type | undefined {
  if (a.kind === 'anything' || b.kind === 'anything') return ANYTHING
  if (a.kind === 'money' && b.kind === 'money')
    return a.currency === b.currency && a.also?.join() === b.also?.join() ? a : undefined
  if (a.kind === 'number' && b.kind === 'number') return a.unit === b.unit ? a : undefined
  if (a.kind === 'choice' && b.kind === 'choice') {
    return { kind: 'choice', options: Array.from(new Set([...a.options, ...b.options])) }
  }
  if ((a.kind === 'text' && b.kind === 'choice') || (a.kind === 'choice' && b.kind === 'text'))
    return { kind: 'text' }
  if ((a.kind === 'list' && b.kind === 'list') || (a.kind === 'map' && b.kind === 'map')) {
    const of = joinTypes(a.of, b.of)
    return of === undefined ? undefined : { kind: a.kind, of }
  }
  if (a.kind === 'record' && b.kind === 'record') {
    const fields = Object.entries(a.fields).flatMap(([name, left]): [string, FieldType][] => {
      const right = Object.hasOwn(b.fields, name) ? b.fields[name] : undefined
      const type = right === undefined ? undefined : joinTypes(left.type, right.type)
      if (right === undefined || type === undefined) return []
      return [[name, { type, optional: left.optional || right.optional }]]
    })
    const name = a.name === b.name && a.name !== undefined ? { name: a.name } : {}
    return { kind: 'record', ...name, fields: Object.fromEntries(fields) }
  }
  return a.kind === b.kind ? a : undefined
}
