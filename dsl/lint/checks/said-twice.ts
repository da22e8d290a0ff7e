/** Two declarations of one meaning. */
import type { Span } from '../../plan/plan.ts'
import { meaningOf } from '../same-meaning.ts'
import type { Check, Finding, Subject } from '../subject.ts'

interface Said {
  readonly name: string
  readonly span: Span
  readonly meaning: string
}

export const saidTwice: Check = {
  code: 'L0006',
  find(subject) {
    const first = new Map<string, Said>()
    return allSaid(subject).flatMap((one): Finding[] => {
      const before = first.get(one.meaning)
      if (before === undefined) {
        first.set(one.meaning, one)
        return []
      }
      return [
        {
          span: one.span,
          message: `${one.name} means the same as ${before.name}`,
          help: 'Keep one of them.',
          related: [{ span: before.span, message: 'said here first' }],
        },
      ]
    })
  },
}

function allSaid({ ast, rules, consistencies }: Subject): Said[] {
  return [
    ...rules.map(({ name, nameSpan, rule }) => ({
      name: `"${name}"`,
      span: nameSpan,
      meaning: `rule ${meaningOf(rule)}`,
    })),
    ...consistencies.map(({ name, nameSpan, consistency }) => ({
      name: `"${name}"`,
      span: nameSpan,
      meaning: `consistency ${meaningOf(consistency)}`,
    })),
    ...ast.declarations.flatMap((decl): Said[] => {
      if (decl.kind !== 'words' && decl.kind !== 'group') return []
      const items =
        decl.kind === 'words'
          ? decl.words.map((word) => word.value)
          : decl.members.map((member) => member.name)
      return decl.name === undefined
        ? []
        : [
            {
              name: `\`${decl.name.name}\``,
              span: decl.name.span,
              meaning: `${decl.kind} ${JSON.stringify([...new Set(items)].sort())}`,
            },
          ]
    }),
  ]
}
