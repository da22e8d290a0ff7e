/** Vocabulary that nothing refers to. */
import type { Ident } from '../../syntax/ast.ts'
import type { Check, Finding, Subject } from '../subject.ts'

const SAID = {
  schema: 'the schema',
  tool: 'the tool',
  message: 'the message',
  words: 'the list of words',
  table: 'the table',
  group: 'the group',
  fact: 'the fact',
  agent: 'the agent',
} as const

export const neverUsed: Check = {
  code: 'L0007',
  find(subject) {
    const used = usedNames(subject)
    // As expanded: a policy that uses libraries has names of its own made anew.
    return subject.model.file.declarations.flatMap((decl): Finding[] => {
      if (!isVocabulary(decl.kind) || !('name' in decl)) return []
      const { name } = decl
      if (name === undefined || !('name' in name) || used.has(name)) return []
      // What may do something is there for its own sake.
      if (decl.kind === 'agent' && decl.may.length > 0) return []
      return [
        {
          span: name.span,
          message: `${SAID[decl.kind]} \`${name.name}\` is never used`,
          help: 'Take it out, or use it.',
        },
      ]
    })
  },
}

function isVocabulary(kind: string): kind is keyof typeof SAID {
  return Object.hasOwn(SAID, kind)
}

/** Names that are referred to from elsewhere; tests try a policy, they do not make it need something. */
function usedNames({ model }: Subject): ReadonlySet<Ident> {
  const tests = model.file.declarations.filter((decl) => decl.kind === 'test').map((decl) => decl.span)
  const used = new Set<Ident>()
  for (const [use, name] of model.definitions) {
    const inTest = tests.some((span) => span[0] <= use.span[0] && use.span[0] < span[1])
    if (use !== name && !inTest) used.add(name)
  }
  return used
}
