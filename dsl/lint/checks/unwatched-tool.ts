/** Tools that act and that no rule, no consistency and no flow speaks of. */
import type { StepKind } from '../../judge/step.ts'
import { patternsOf } from '../../plan/patterns.ts'
import type { Selector } from '../../plan/plan.ts'
import type { Check, Finding, Subject } from '../subject.ts'

export const unwatchedTool: Check = {
  code: 'L0009',
  find(subject) {
    const spokenOf = selectorsOf(subject)
    return subject.plan.tools.flatMap((tool): Finding[] => {
      const { name, traits } = tool
      const called = subject.plan.agents.some((agent) => agent.may.some((may) => speaksOf(may, name)))
      if (traits.readsOnly || !called || spokenOf.some((selector) => speaksOf(selector, name))) return []
      const declared = subject.model.vocabulary.tools.get(name)?.decl.name
      return [
        {
          span: declared?.span ?? tool.span,
          message: `no rule and no consistency speaks of \`${name}\``,
          help: 'Say when it may be called, or declare that it `reads only`.',
        },
      ]
    })
  },
}

const ABOUT_TOOLS: ReadonlySet<StepKind> = new Set(['calls', 'result', 'fails'])

function speaksOf({ kinds, names }: Selector, tool: string): boolean {
  return (
    (kinds === undefined || kinds.some((kind) => ABOUT_TOOLS.has(kind))) &&
    (names === undefined || names.includes(tool))
  )
}

function selectorsOf({ rules, consistencies, plan }: Subject): Selector[] {
  return [
    ...rules.flatMap(({ rule }) => [
      rule.when,
      ...rule.bindings.flatMap(({ of, tally }) => [of, ...(tally?.after === undefined ? [] : [tally.after])]),
    ]),
    ...consistencies.flatMap(({ consistency }) => patternsOf(consistency)),
    ...plan.flows.map(({ form }) => form.what),
  ].flatMap((pattern) => pattern.any)
}
