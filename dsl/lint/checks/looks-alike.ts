/** Names and texts that are not what they look like. */
import type { Span } from '../../plan/plan.ts'
import type { TypeExpr } from '../../syntax/ast.ts'
import { spanOf } from '../../syntax/tokens.ts'
import { disguisedWord, firstInvisible, firstTurning, skeleton } from '../look-alikes.ts'
import type { Check, Finding, Subject } from '../subject.ts'

export const looksAlike: Check = {
  code: 'L0010',
  find: (subject) => [...disguised(subject), ...namesakes(subject)],
}

/** Words of the author: text in quotes and names in back-ticks. */
const WRITTEN: ReadonlySet<string> = new Set(['Text', 'Quoted'])

function disguised({ tokens, comments }: Subject): Finding[] {
  const written = tokens.filter((token) => WRITTEN.has(token.tokenType.name))
  return [
    ...written.flatMap((token): Finding[] => {
      const hidden = firstInvisible(token.image)
      if (hidden !== undefined)
        return [
          {
            span: spanOf(token),
            message: `this holds a character that nobody sees (${hidden})`,
            help: 'Write it again without it.',
          },
        ]
      const found = disguisedWord(token.image)
      if (found === undefined) return []
      return [
        {
          span: spanOf(token),
          message: `\`${found.word}\` holds a letter of another script that looks like a Latin one (${found.letter})`,
          help: 'Write the word in one script.',
        },
      ]
    }),
    ...comments.flatMap((token): Finding[] => {
      const turning = firstTurning(token.image)
      if (turning === undefined) return []
      return [
        {
          span: spanOf(token),
          message: `this comment holds a character that turns the text around (${turning})`,
          help: 'Write it again without it.',
        },
      ]
    }),
  ]
}

interface Name {
  readonly name: string
  readonly span: Span
}

function namesakes(subject: Subject): Finding[] {
  return spacesOf(subject).flatMap((names) => {
    const first = new Map<string, Name>()
    return names.flatMap((one): Finding[] => {
      const before = first.get(skeleton(one.name))
      if (before === undefined) first.set(skeleton(one.name), one)
      if (before === undefined || before.name === one.name) return []
      return [
        {
          span: one.span,
          message: `\`${one.name}\` is easily taken for \`${before.name}\``,
          help: 'Give one of them a name that differs by more than its spelling.',
          related: [{ span: before.span, message: 'this one' }],
        },
      ]
    })
  })
}

/** Names that a reader has to tell apart where they are used. */
function spacesOf({ ast }: Subject): Name[][] {
  const spaces: Record<string, Name[]> = {}
  const records: Name[][] = []
  for (const decl of ast.declarations) {
    if ('name' in decl && decl.name !== undefined) {
      const { name } = decl
      const one =
        'value' in name ? { name: name.value, span: name.span } : { name: name.name, span: name.span }
      spaces[SPACE[decl.kind] ?? decl.kind] = [...(spaces[SPACE[decl.kind] ?? decl.kind] ?? []), one]
    }
    if (decl.kind === 'schema') records.push(...insideOf(decl.body))
    if (decl.kind === 'message') records.push(...insideOf(decl.shape))
    if (decl.kind === 'tool') records.push(...insideOf(decl.takes))
    if (decl.kind === 'tool' && decl.returns !== undefined) records.push(...insideOf(decl.returns))
  }
  return [...Object.values(spaces), ...records]
}

const SPACE: Readonly<Record<string, string>> = {
  tool: 'step',
  message: 'step',
  group: 'step',
  fact: 'step',
  words: 'list',
  table: 'list',
  rule: 'check',
  consistency: 'check',
}

/** Fields of each record and options of each choice inside a type. */
function insideOf(type: TypeExpr): Name[][] {
  if (type.kind === 'list' || type.kind === 'map') return insideOf(type.of)
  if (type.kind === 'choice') return [type.options.map(({ value, span }) => ({ name: value, span }))]
  if (type.kind !== 'record') return []
  return [type.fields.map(({ name }) => name), ...type.fields.flatMap((field) => insideOf(field.type))]
}
