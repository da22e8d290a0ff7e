/** Flows that trust more, or less, than the one that is written. */
import type { Flow, FlowForm, FlowSource } from '../../plan/plan.ts'
import { otherActions } from './actions.ts'
import { type Change, each, eachLeftOut, inside } from './change.ts'
import { otherPatterns, type World } from './patterns.ts'

export function otherFlows(flow: Flow, world: World): Change<Flow>[] {
  return [
    ...inside(otherForms(flow.form, world), (form): Flow => ({ ...flow, form })),
    ...inside(otherActions(flow.otherwise), (otherwise): Flow => ({ ...flow, otherwise })),
  ]
}

function otherForms(form: FlowForm, world: World): Change<FlowForm>[] {
  const fields = eachLeftOut(form.fields, (path) => `not \`${path.join('.')}\``)
  return [
    ...inside(otherPatterns(form.what, world), (what): FlowForm => ({ ...form, what })),
    ...inside(fields, (to): FlowForm => ({ ...form, fields: to })),
    ...own(form, world),
  ]
}

function own(form: FlowForm, world: World): Change<FlowForm>[] {
  switch (form.kind) {
    case 'comesOnlyFrom':
      return origins(form, world)
    case 'neverReaches':
      return [
        ...inside(otherSources(form.on, world), (on): FlowForm => ({ ...form, on })),
        ...exceptions(form),
      ]
    case 'readable':
      return [
        ...inside(
          eachLeftOut(form.on, ({ source }) => `anyone may read \`${source.pattern.shown}\``),
          (on): FlowForm => ({ ...form, on }),
        ),
        ...exceptions(form),
      ]
  }
}

function origins(form: FlowForm & { kind: 'comesOnlyFrom' }, world: World): Change<FlowForm>[] {
  const { part, ...whole } = form
  return [
    ...inside(otherSources(form.sources, world), (sources): FlowForm => ({ ...form, sources })),
    ...form.constants.map(
      ({ text }, index): Change<FlowForm> => ({
        to: { ...form, constants: form.constants.toSpliced(index, 1) },
        says: `without ${JSON.stringify(text)}`,
      }),
    ),
    {
      to: { ...form, orAgent: !form.orAgent },
      says: form.orAgent ? 'not from the agent itself' : 'also from the agent itself',
    },
    ...(part === undefined ? [] : [{ to: whole, says: `the whole text, not only its ${part}` }]),
  ]
}

function exceptions(form: FlowForm & { kind: 'neverReaches' | 'readable' }): Change<FlowForm>[] {
  return [
    {
      to: { ...form, evenReworded: !form.evenReworded },
      says: form.evenReworded ? 'only word for word' : 'even reworded',
    },
    ...form.releasedBy.map(
      (who, index): Change<FlowForm> => ({
        to: { ...form, releasedBy: form.releasedBy.toSpliced(index, 1) },
        says: `not released by ${who}`,
      }),
    ),
  ]
}

function otherSources(sources: readonly FlowSource[], world: World): Change<readonly FlowSource[]>[] {
  return [
    ...eachLeftOut(sources, ({ pattern }) => `without \`${pattern.shown}\``),
    ...each(sources, (source) =>
      inside(otherPatterns(source.pattern, world), (pattern): FlowSource => ({ ...source, pattern })),
    ),
  ]
}
