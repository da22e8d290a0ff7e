/**
 * What a library needs of the policy that uses it: tools and messages with at least these fields, of these types. A group
 * it needs may be one of any tools and messages that have them, a tool or message of that name included.
 */
import type { FieldType, Span, Type } from '../plan/plan.ts'
import type { Ident, NeedsDecl } from '../syntax/ast.ts'
import { nearest } from '../syntax/nearest.ts'
import { fieldOf, joinTypes } from './environment.ts'
import { ANYTHING, type Fields } from './model.ts'
import { typeExprType } from './schema-types.ts'
import { showType } from './type-text.ts'
import type { Checker } from './typing.ts'
import type { Scopes } from './vocabulary.ts'

export function checkNeeds({ of, asGroup }: NeedsDecl, checker: Checker, scopes: Scopes): void {
  if (of?.name === undefined) return
  const { vocabulary, report } = checker
  const { tools, messages, groups, members } = vocabulary
  const { name } = of.name
  const wanted = typeExprType(
    of.kind === 'tool' ? of.takes : of.shape,
    (schema) => scopes.schemaTypes.get(schema) ?? ANYTHING,
  )
  const fieldsNamed = (one: string): Fields | undefined => tools.get(one)?.takes ?? messages.get(one)?.fields
  if (asGroup && groups.has(name)) {
    for (const member of members.get(name) ?? []) {
      const found = fieldsNamed(member.name)
      if (found !== undefined && wanted.kind === 'record')
        checkFields(member, wanted.fields, found, of.span, checker)
    }
    return
  }
  const found = asGroup
    ? fieldsNamed(name)
    : of.kind === 'tool'
      ? tools.get(name)?.takes
      : messages.get(name)?.fields
  if (found === undefined) {
    const sort = asGroup ? 'group' : of.kind
    const known = asGroup
      ? [...groups.keys(), ...tools.keys()]
      : (of.kind === 'tool' ? tools : messages).keys()
    const close = nearest(name, known)
    report.add(
      'P0245',
      of.name.span,
      `the library needs a ${sort} \`${name}\`, and the policy declares none`,
      close !== undefined
        ? `The policy declares \`${close}\`.`
        : asGroup
          ? `Declare it: \`group ${name} is …\`.`
          : 'Declare it.',
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
