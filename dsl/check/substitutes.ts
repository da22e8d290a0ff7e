/** Other steps in place of one: `route to …` and `fall back to …`. */
import type { StepKind } from '../judge/step.ts'
import type { Span, Type } from '../plan/plan.ts'
import type { ActionNode, Expr, Ident, Pattern } from '../syntax/ast.ts'
import { nearest } from '../syntax/nearest.ts'
import { checkComparison } from './comparisons.ts'
import { type Environment, fieldOf, joinTypes } from './environment.ts'
import { typeOf } from './expressions.ts'
import type { Candidate, ToolInfo } from './model.ts'
import { showType } from './type-text.ts'
import type { Checker } from './typing.ts'

const ROUTED: ReadonlySet<StepKind> = new Set(['calls', 'answers', 'sends'])

/** One word about the first sort of step that the action is not for. */
export function refuseKinds(
  at: Span,
  when: Pattern | undefined,
  fitting: ReadonlySet<StepKind>,
  why: string,
  checker: Checker,
): boolean {
  const wrong = candidates(when, checker).find(({ kind }) => !fitting.has(kind))
  if (wrong === undefined) return false
  const what = wrong.name === '' ? `what ${wrong.kind}` : `\`${wrong.kind} ${wrong.name}\``
  checker.report.add('P0226', at, `${what} ${why}`)
  return true
}

/** Who is told gets it instead; a call becomes that of another tool with the same parameters. */
export function checkRoute(
  { to, span }: ActionNode & { kind: 'route' },
  when: Pattern | undefined,
  checker: Checker,
): void {
  if (refuseKinds(span, when, ROUTED, 'goes to nobody', checker)) return
  const all = candidates(when, checker)
  const calls = all.filter(({ kind }) => kind === 'calls')
  if (calls.length === 0) return checkPeer(to, checker)
  if (calls.length < all.length) {
    checker.report.add(
      'P0226',
      span,
      'a call goes to a tool, an answer to somebody',
      'Write a rule for each of them.',
    )
    return
  }
  const target = tool(to, checker)
  if (target === undefined) return
  for (const { name, fields } of calls) {
    const names = new Set([...Object.keys(fields.named), ...Object.keys(target.takes.named)])
    for (const parameter of names) {
      const has = fieldOf(fields, parameter)
      const wants = fieldOf(target.takes, parameter)
      if (has !== undefined && wants !== undefined && joinTypes(has.type, wants.type) !== undefined) continue
      if (has === undefined && wants?.optional) continue
      checker.report.add(
        'P0226',
        to.span,
        `\`${to.name}\` does not take the \`${parameter}\` of \`${name}\``,
        'Route to a tool with the same parameters, or `fall back to call … with …`.',
      )
      return
    }
  }
}

export function checkFallBack(
  action: ActionNode & { kind: 'fallBack' },
  env: Environment,
  when: Pattern | undefined,
  checker: Checker,
): void {
  const { call, values, words, span } = action
  if (call !== undefined) {
    const why = 'is no call, so that no call can stand in its place'
    if (!refuseKinds(span, when, new Set(['calls']), why, checker)) checkCall(call, values, env, checker)
    return
  }
  if (words === undefined) return
  const type = typeOf(words, env, checker)
  if (type.kind !== 'text' && type.kind !== 'choice' && type.kind !== 'anything')
    checker.report.add('P0208', words.span, `this is ${showType(type)}, not text`)
  const why = 'cannot be other words instead'
  if (refuseKinds(span, when, new Set(['answers', 'sends']), why, checker)) return
  // The words are all that the step will have.
  const odd = candidates(when, checker).find(
    ({ fields }) =>
      fieldOf(fields, 'text') === undefined ||
      Object.entries(fields.named).some(([name, { optional }]) => name !== 'text' && !optional),
  )
  if (odd !== undefined)
    checker.report.add(
      'P0226',
      span,
      `\`${odd.name || odd.kind}\` is more than a \`text\``,
      'Set its fields one by one: `replace FIELD with …`.',
    )
}

function checkCall(
  call: Ident,
  values: readonly { readonly name: Ident; readonly value: Expr }[],
  env: Environment,
  checker: Checker,
): void {
  const target = tool(call, checker)
  if (target === undefined) return
  const names = Object.keys(target.takes.named)
  for (const { name, value } of values) {
    const field = fieldOf(target.takes, name.name)
    typeOf(value, env, checker)
    if (field === undefined) {
      const close = nearest(name.name, names)
      checker.report.add(
        'P0107',
        name.span,
        `\`${call.name}\` has no parameter \`${name.name}\``,
        close === undefined
          ? `Parameters: ${names.map((one) => `\`${one}\``).join(', ')}.`
          : `Did you mean \`${close}\`?`,
      )
    } else checkGiven(value, field.type, checker)
  }
  const given = new Set(values.map(({ name }) => name.name))
  const missing = Object.entries(target.takes.named).find(
    ([name, { optional, default: standing }]) => !optional && standing === undefined && !given.has(name),
  )
  if (missing !== undefined)
    checker.report.add(
      'P0226',
      call.span,
      `\`${call.name}\` needs \`${missing[0]}\``,
      `Give it: \`with ${missing[0]} = …\`.`,
    )
}

function checkGiven(value: Expr, type: Type, checker: Checker): void {
  const target: Expr = { kind: 'broken', span: value.span }
  checker.types.set(target, type)
  checkComparison('==', target, value, checker)
}

function checkPeer(to: Ident, { vocabulary, definitions, report }: Checker): void {
  const agent = vocabulary.agents.get(to.name)
  if (agent?.name !== undefined) {
    definitions.set(to, agent.name)
    return
  }
  const known = Array.from(vocabulary.agents.values()).flatMap(({ may }) =>
    may.flatMap(({ peers }) => peers.map((peer) => peer.name)),
  )
  if (known.includes(to.name)) return
  const close = nearest(to.name, [...vocabulary.agents.keys(), ...known])
  report.add(
    'P0105',
    to.span,
    `nobody here is called \`${to.name}\``,
    close === undefined
      ? 'Name an agent, or somebody an agent may answer or send to.'
      : `Did you mean \`${close}\`?`,
  )
}

function tool(name: Ident, { vocabulary, definitions, report }: Checker): ToolInfo | undefined {
  const found = vocabulary.tools.get(name.name)
  if (found?.decl.name !== undefined) {
    definitions.set(name, found.decl.name)
    return found
  }
  const close = nearest(name.name, vocabulary.tools.keys())
  report.add(
    'P0103',
    name.span,
    `there is no tool \`${name.name}\``,
    close === undefined ? `Declare it: \`tool ${name.name}(…)\`.` : `Did you mean \`${close}\`?`,
  )
  return undefined
}

function candidates(when: Pattern | undefined, { patterns }: Checker): readonly Candidate[] {
  return (when === undefined ? undefined : patterns.get(when))?.candidates ?? []
}
