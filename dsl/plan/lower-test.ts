/** Test cases → steps with plain JSON fields, as they would travel. */
import type { Model } from '../check/model.ts'
import { literalValue } from '../check/schema-types.ts'
import { isStepKind } from '../check/steps.ts'
import type { Json, JsonObject, StepKind } from '../judge/step.ts'
import type { Expr, Ident, ScoreNode, TestDecl, TestStepNode } from '../syntax/ast.ts'
import { MICRO, type TestCase, type TestStep, type Type } from './plan.ts'

/** Between two steps of a test unless `after D` is written. */
const STEP_MS = 1_000

export function lowerTest(
  decl: TestDecl,
  model: Model,
  line: (offset: number) => number,
): TestCase | undefined {
  const { name, when, expect } = decl
  if (name === undefined || when === undefined || expect === undefined) return undefined
  let at = 0
  const place = (node: TestStepNode, first: boolean): TestStep => {
    if (node.after?.kind === 'duration') at += node.after.value
    else if (!first && !node.sameTurn) at += STEP_MS
    return lowerStep(node, at, model)
  }
  const given = decl.given.map((node, index) => place(node, index === 0))
  return {
    name: name.value,
    ...(decl.startsAt?.kind === 'time' ? { startsAt: decl.startsAt.value } : {}),
    given,
    when: place(when, given.length === 0),
    expect: {
      kind: expect.verdict,
      ...(expect.because === undefined ? {} : { because: expect.because.value }),
      ...(expect.who === undefined ? {} : { who: expect.who.name }),
    },
    span: decl.span,
    line: line(decl.span[0]),
  }
}

function lowerStep(node: TestStepNode, atMs: number, model: Model): TestStep {
  const { step } = node
  const name = step.objects[0]?.name ?? ''
  const kind: StepKind =
    step.verb !== undefined && isStepKind(step.verb)
      ? step.verb
      : model.vocabulary.messages.has(name)
        ? 'sends'
        : 'calls'
  const happens = kind === 'result' || kind === 'fails'
  const peer = happens ? undefined : step.peers[0]?.name
  const agent =
    step.subjects[0]?.name ?? (happens ? step.peers[0]?.name : undefined) ?? onlyAgent(kind, name, model)
  return {
    kind,
    agent,
    ...(node.actor === undefined ? {} : { actor: node.actor.value }),
    ...(node.roles.length === 0 ? {} : { roles: node.roles.map(({ value }) => value) }),
    ...(node.tenant === undefined ? {} : { tenant: node.tenant.value }),
    name,
    ...(peer === undefined ? {} : { peer }),
    fields: rawRecord(node.values, model.types),
    ...(node.scores.length === 0 ? {} : { scores: node.scores.flatMap(lowerScored) }),
    atMs,
    sameTurn: node.sameTurn,
  }
}

function lowerScored({ detector, of, value }: ScoreNode) {
  const path = of.parts.map((part) => part.name)
  return value.kind === 'number' ? [{ detector: detector.name, of: path, value: value.value }] : []
}

/** Without a subject: the agent that may take the step, or the first one declared. */
function onlyAgent(kind: StepKind, name: string, model: Model): string {
  const agents = Array.from(model.vocabulary.agents.values())
  const verb = kind === 'sends' ? 'send' : 'call'
  const able = agents.find((agent) =>
    agent.may.some(
      (may) => may.verb === verb && (may.anything || may.objects.some((object) => object.name === name)),
    ),
  )
  return (able ?? agents[0])?.name?.name ?? 'agent'
}

/** As it travels: money as a decimal number of its unit, dates and times as text, lengths of time as ISO 8601. */
export function rawJson(value: Expr, types?: ReadonlyMap<Expr, Type>): Json {
  switch (value.kind) {
    case 'number': {
      const type = types?.get(value)
      return type === undefined ? value.value : (literalValue(value, type) ?? null)
    }
    case 'text':
    case 'flag':
      return value.value
    case 'money': {
      const type = types?.get(value)
      const amount = value.value / MICRO
      return type?.kind === 'money' && type.also !== undefined
        ? { amount, currency: value.currency.name }
        : amount
    }
    case 'duration':
      return `PT${value.value / 1_000}S`
    case 'date':
    case 'time':
      return value.written
    case 'list':
      return value.items.map((item) => rawJson(item, types))
    case 'record':
      return rawRecord(value.entries, types)
    case 'group':
      return rawJson(value.of, types)
    default:
      return null
  }
}

function rawRecord(
  entries: readonly { readonly name: Ident; readonly value: Expr }[],
  types: ReadonlyMap<Expr, Type> | undefined,
): JsonObject {
  return Object.fromEntries(entries.map(({ name, value }) => [name.name, rawJson(value, types)]))
}
