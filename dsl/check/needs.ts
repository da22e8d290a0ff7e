/** What a library needs of the policy that uses it: tools and messages with at least these fields, of these types. */
import type { FieldType, Span, Type } from '../plan/plan.ts'
import type { Ident, NeedsDecl } from '../syntax/ast.ts'
import { nearest } from '../syntax/nearest.ts'
import { fieldOf, joinTypes } from './environment.ts'
import { ANYTHING, type Fields } from './model.ts'
import { typeExprType } from './schema-types.ts'
import { showType } from './type-text.ts'
import type { Checker } from './typing.ts'
import type { Scopes } from './vocabulary.ts'

export function checkNeeds({ of }: NeedsDecl, checker: Checker, scopes: Scopes): void {
  if (of?.name === undefined) return
  const { tools, messages } = checker.vocabulary
  const wanted = typeExprType(
    of.kind === 'tool' ? of.takes : of.shape,
    (name) => scopes.schemaTypes.get(name) ?? ANYTHING,
  )
  const found = of.kind === 'tool' ? tools.get(of.name.name)?.takes : messages.get(of.name.name)?.fields
  const known = of.kind === 'tool' ? tools : messages
  if (found === undefined) {
    const close = nearest(of.name.name, known.keys())
    checker.report.add(
      'P0245',
      of.name.span,
      `the library needs a ${of.kind} \`${of.name.name}\`, and the policy declares none`,
      close === undefined ? 'Declare it.' : `The policy declares \`${close}\`.`,
    )
    return
  }
  if (wanted.kind === 'record') checkFields(of.name, wanted.fields, found, of.span, checker)
}

function checkFields(
  name: Ident,
  wanted: Readonly<Record<string, FieldType>>,
  found: Fields,
  at: Span,
  { report }: Checker,
): void {
  for (const [field, { type, optional }] of Object.entries(wanted)) {
    const own = fieldOf(found, field)
    const problem =
      own === undefined
        ? `\`${name.name}\` has no \`${field}\``
        : !goTogether(type, own.type)
          ? `\`${field}\` of \`${name.name}\` is ${showType(own.type)}, not ${showType(type)}`
          : own.optional && !optional
            ? `\`${field}\` of \`${name.name}\` may be absent`
            : undefined
    if (problem !== undefined)
      report.add(
        'P0245',
        at,
        `${problem}, as the library needs it`,
        'Change its declaration, or do without the library.',
      )
  }
}

function goTogether(wanted: Type, own: Type): boolean {
  return joinTypes(wanted, own) !== undefined
}
