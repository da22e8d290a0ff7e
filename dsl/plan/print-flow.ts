/** Flows of a plan as readable text. */
import type { Flow, FlowForm, FlowReaders, FlowSource } from './plan.ts'
import { action, flags, notes, pattern } from './print-parts.ts'

export function flowLines(flow: Flow): string[] {
  return [
    `flow ${JSON.stringify(flow.name)}${flags(flow)}`,
    ...formLines(flow.form).map((line) => `  ${line}`),
    `  otherwise ${action(flow.otherwise)}`,
    `  bound: ${flow.bound}`,
    ...notes(flow),
  ]
}

function formLines(form: FlowForm): string[] {
  const fields = form.fields.length === 0 ? '' : `${form.fields.map((path) => path.join('.')).join(', ')} of `
  if (form.kind === 'neverReaches')
    return [
      `${form.label} never reaches ${fields}${pattern(form.what)}${form.evenReworded ? ' even reworded' : ''}`,
      ...form.on.map((one) => `${form.label} on ${source(one)}`),
      ...form.releasedBy.map((who) => `released by ${who}`),
    ]
  if (form.kind === 'readable')
    return [
      `${fields}${pattern(form.what)} readable by ${form.by.map((who) => (who === 'peer' ? '@peer' : `.${who.join('.')}`)).join(', ')}${form.evenReworded ? ' even reworded' : ''}`,
      ...form.on.map((one) => `only ${one.readers.map(reader).join(', ')} on ${source(one.source)}`),
      ...form.releasedBy.map((who) => `released by ${who}`),
    ]
  return [
    `${form.part === undefined ? '' : `${form.part} in `}${fields}${pattern(form.what)} comes only from`,
    ...form.sources.map((one) => `  ${source(one)}`),
    ...form.constants.map((one) => `  ${one.kind} ${JSON.stringify(one.text)}`),
    ...(form.orAgent ? ['  the agent itself'] : []),
  ]
}

function reader(of: FlowReaders['readers'][number]): string {
  return of.kind === 'is' ? JSON.stringify(of.text) : `.${of.path.join('.')}`
}

function source(of: FlowSource): string {
  return `${of.field === undefined ? '' : `${of.field.join('.')} of `}${pattern(of.pattern)}`
}
