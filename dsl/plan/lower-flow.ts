/** Flows: sources as patterns, labels gathered from all flows of the policy. */
import { isPart, isPeer, labelsOf, readersOf } from '../check/flows.ts'
import type { Model } from '../check/model.ts'
import type { FlowDecl, FlowFormNode, FlowReadersNode, SourceNode } from '../syntax/ast.ts'
import { hashMeaning } from './hash.ts'
import { lowerAction, lowerPattern, metaOf, pathOf } from './lower-constraint.ts'
import type { Flow, FlowConstant, FlowForm, FlowReaders, FlowSource } from './plan.ts'

/** A flow that only says what has a label is no check of its own. */
export function lowerFlow(decl: FlowDecl, model: Model, line: (offset: number) => number): Flow | undefined {
  if (decl.name === undefined || decl.form === undefined) return undefined
  const form = lowerForm(decl.form, model)
  const otherwise =
    decl.otherwise === undefined ? ({ kind: 'deny' } as const) : lowerAction(decl.otherwise, model)
  return {
    id: hashMeaning([decl.name.value, form, otherwise]),
    ...metaOf(decl.name.value, decl.notes, decl.span, line),
    form,
    otherwise,
    bound: flowBound(form),
  }
}

function lowerForm(form: FlowFormNode, model: Model): FlowForm {
  const fields = form.fields.map(pathOf)
  const what = lowerPattern(form.what, model)
  if (form.kind === 'neverReaches') {
    const labels = labelsOf(model).filter(({ name }) => name.name === form.label.name)
    return {
      kind: 'neverReaches',
      label: form.label.name,
      on: labels.flatMap((label) => lowerSources(label.on, model)),
      what,
      fields,
      evenReworded: form.evenReworded,
      releasedBy: form.releasedBy.map((who) => who.name),
    }
  }
  if (form.kind === 'readable')
    return {
      kind: 'readable',
      on: readersOf(model).flatMap((one) => lowerReaders(one, model)),
      what,
      fields,
      by: form.by.map((who) => (isPeer(who, form.what, model) ? 'peer' : pathOf(who))),
      evenReworded: form.evenReworded,
      releasedBy: form.releasedBy.map((who) => who.name),
    }
  const { part, sources } = form
  return {
    kind: 'comesOnlyFrom',
    what,
    fields,
    ...(part !== undefined && isPart(part.name) && { part: part.name }),
    sources: lowerSources(sources, model),
    constants: sources.flatMap((source): FlowConstant[] =>
      source.kind === 'constant' ? [{ kind: source.test, text: source.text.value }] : [],
    ),
    orAgent: sources.some((source) => source.kind === 'agent'),
    shownSources: sources.map(shownSource).join(' or '),
  }
}

function lowerReaders({ readers, on }: FlowReadersNode, model: Model): FlowReaders[] {
  const named = readers.map((reader) =>
    reader.kind === 'is'
      ? ({ kind: 'is', text: reader.text.value } as const)
      : ({ kind: 'field', path: pathOf(reader.field) } as const),
  )
  return lowerSources(on, model).map((source) => ({ source, readers: named }))
}

function lowerSources(sources: readonly SourceNode[], model: Model): FlowSource[] {
  return sources.flatMap((source): FlowSource[] => {
    if (source.kind === 'constant' || source.kind === 'agent') return []
    const pattern = { ...lowerPattern(source.of, model), shown: shownSource(source) }
    const fields = source.kind === 'steps' ? source.fields : []
    return fields.length === 0 ? [{ pattern }] : fields.map((field) => ({ pattern, field: pathOf(field) }))
  })
}

function shownSource(source: SourceNode): string {
  switch (source.kind) {
    case 'constant':
      return source.test === 'is'
        ? JSON.stringify(source.text.value)
        : `anything that ${source.test} with ${JSON.stringify(source.text.value)}`
    case 'agent':
      return 'the agent itself'
    case 'messages':
      return `messages from ${source.from.map((who) => who.name).join(', ')}`
    case 'steps': {
      const fields = source.fields.map((field) => pathOf(field).join('.')).join(', ')
      const names = source.names.length > 0 ? source.names : source.of.steps.flatMap((step) => step.objects)
      const shown = names.map((name) => name.name).join(' or ')
      return fields === '' ? shown : `${fields} of ${shown}`
    }
  }
}

function flowBound(form: FlowForm): string {
  if (form.kind === 'neverReaches' && form.evenReworded) return 'one mark of the conversation, until it ends'
  if (form.kind === 'readable')
    return `${PRINTS_KEPT}, and who may read them, at most 4 094 lists of 200 readers`
  return PRINTS_KEPT
}

const PRINTS_KEPT =
  'fingerprints of what was read, at most 200 000 of 7 bytes for all flows of the conversation, until it ends'
