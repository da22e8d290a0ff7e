/**
 * Somebody outside who is nearly called like somebody else: nobody declares those who are asked, told or heard, so a slip of the pen is a person
 * whom nobody knows.
 */
import type { Span } from '../../plan/plan.ts'
import type { Check, Finding } from '../subject.ts'

interface Named {
  readonly name: string
  readonly span: Span
}

/** Shorter names differ by a letter on purpose. */
const LENGTH_MIN = 5

export const nearlyNamed: Check = {
  code: 'L0021',
  find: (subject) => {
    const { ast } = subject
    const agents = ast.declarations.flatMap((decl): Named[] =>
      decl.kind === 'agent' && decl.name !== undefined ? [decl.name] : [],
    )
    const known = new Map(agents.map((one) => [one.name, one]))
    const findings: Finding[] = []
    for (const one of outsiders(ast.declarations).filter(({ span }) => span[1] <= ast.span[1])) {
      if (known.has(one.name)) continue
      const near = [...known.values()].find(({ name }) => isSlip(name, one.name))
      known.set(one.name, one)
      if (near === undefined) continue
      findings.push({
        span: one.span,
        message: `\`${one.name}\` is nearly called \`${near.name}\``,
        help: `If \`${near.name}\` is meant, write that; else give them names that are further apart.`,
        related: [{ span: near.span, message: 'this one' }],
      })
    }
    return findings
  },
}

/** Who is asked, told or heard, in the order of the text: `ask WHO`, `alert WHO`, `to WHO`, `from WHO`. */
function outsiders(node: unknown): Named[] {
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([key, value]) =>
    key === 'who' || key === 'peers' ? [value].flat().filter(isNamed) : outsiders(value),
  )
}

function isNamed(value: unknown): value is Named {
  return typeof value === 'object' && value !== null && 'name' in value && 'span' in value
}

/** A letter too many or too few, or two that have changed places; another letter or digit in the same place may well be meant. */
function isSlip(one: string, other: string): boolean {
  const [short = '', long = ''] = [one, other].toSorted((a, b) => a.length - b.length)
  if (short.length < LENGTH_MIN) return false
  let at = 0
  while (at < short.length && short[at] === long[at]) at++
  if (long.length === short.length + 1)
    return /[A-Za-z]/.test(long[at] ?? '') && short.slice(at) === long.slice(at + 1)
  const swapped = `${short.slice(0, at)}${short[at + 1] ?? ''}${short[at] ?? ''}${short.slice(at + 2)}`
  return long.length === short.length && swapped === long && long !== short
}
