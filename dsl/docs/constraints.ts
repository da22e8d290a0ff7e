/** Rules, consistencies and flows of a policy as blocks: a sentence, what it keeps, and the manual it comes from. */
import type { Consistency, Flow, Meta, Plan, Rule, Span } from '../plan/plan.ts'
import type { ConsistencyDecl, File, FlowDecl, RuleDecl } from '../syntax/ast.ts'
import { type Block, code, type Ids, type Inline, link, listed, note, strong, text } from './document.ts'
import { figureOf } from './figures.ts'
import { consequence, type Reading } from './sentences.ts'

/** Where each test of a check stands. */
export type Examples = ReadonlyMap<string, readonly { readonly name: string; readonly id: string }[]>

/** Where a check is written: in the policy, or in a library it uses. */
export interface Home {
  /** Of spans in the plan. */
  readonly reading: Reading
  /** Of spans in the tree, where a library's text lies behind the policy's. */
  readonly declared: Reading
  readonly base: number
}

export interface ConstraintContext {
  readonly plan: Plan
  readonly ast: File
  readonly homeOf: (check: Pick<Meta, 'library'>) => Home
  readonly ids: Ids
  readonly examples: Examples
}

/** Rules by the agent they speak of and the step it takes, in the policy's order. */
export function ruleBlocks(context: ConstraintContext, named: (name: string, id: string) => void): Block[] {
  const { plan, ids } = context
  const groups = new Map<string, Map<string, Rule[]>>()
  for (const rule of plan.rules) {
    const agents = [...new Set(rule.when.any.flatMap((one) => one.agents ?? []))]
    const open = rule.when.any.some((one) => one.agents === undefined)
    const agent = open || agents.length === 0 ? 'Any agent' : agents.join(' and ')
    const steps = groups.get(agent) ?? new Map<string, Rule[]>()
    groups.set(agent, steps)
    const { shown } = rule.when
    steps.set(shown, [...(steps.get(shown) ?? []), rule])
  }
  return Array.from(groups).flatMap(([agent, steps]) => [
    heading(3, agent, ids.of(`rules ${agent}`)),
    ...Array.from(steps).flatMap(([shown, rules]) => [
      heading(4, `When ${shown}`, ids.of(`when ${shown}`)),
      ...rules.flatMap((rule) => {
        const id = ids.of(rule.name)
        named(rule.name, id)
        return ruleBlock(rule, id, context)
      }),
    ]),
  ])
}

function ruleBlock(rule: Rule, id: string, context: ConstraintContext): Block[] {
  const { reading, declared, base } = context.homeOf(rule)
  const decl = declOf<RuleDecl>(context.ast, 'rule', rule.span, base)
  const where = rule.when.where
  const condition = where === undefined ? undefined : reading.condition(where)
  const then: Inline[] = [strong('then'), text(' '), ...consequence(rule.action, reading), text('.')]
  const title: Block = { kind: 'heading', level: 4, text: rule.name, id }
  const lead: Inline[] = [strong('When'), text(` ${rule.when.shown}`)]
  const blocks: Block[] =
    condition === undefined
      ? [title, { kind: 'paragraph', of: [...lead, text(', '), ...then] }]
      : condition.items === undefined
        ? [title, { kind: 'paragraph', of: [...lead, text(' and '), ...condition.of, text(', '), ...then] }]
        : [
            title,
            { kind: 'paragraph', of: [...lead, text(', and '), ...condition.of] },
            { kind: 'list', items: condition.items },
            { kind: 'paragraph', of: then },
          ]
  const named = (decl?.named ?? []).map((value) => ({
    of: [
      code(value.name.name),
      text(
        value.kind === 'latest' && value.texts === undefined
          ? ` is the latest ${latest(value, declared)}`
          : ` ${declared.words([value.name.span[1], value.span[1]])}`,
      ),
    ],
  }))
  if (named.length > 0)
    blocks.push({
      kind: 'folded',
      summary: [text(`where ${named.map(({ of }) => of[0]?.text).join(', ')} …`)],
      blocks: [{ kind: 'list', items: named }],
    })
  return [...blocks, ...notesOf(rule, context)]
}

function latest(value: RuleDecl['named'][number] & { kind: 'latest' }, reading: Reading): string {
  const same = value.same.map(({ here, there }) => {
    const [mine, theirs] = [reading.words(here.span), reading.words(there.span)]
    return mine === theirs ? mine : `${mine} as its ${theirs}`
  })
  return `${reading.words(value.of.span)}${same.length === 0 ? '' : ` with the same ${same.join(', ')}`}`
}

const SCOPES = {
  conversation: 'In each conversation',
  agent: 'For each agent',
  turn: 'In each turn',
  fleet: 'Across the whole fleet',
} as const

export function consistencyBlocks(
  context: ConstraintContext,
  named: (name: string, id: string) => void,
): Block[] {
  const { plan, ast, homeOf, ids } = context
  return plan.consistencies.flatMap((check): Block[] => {
    const home = homeOf(check)
    const decl = declOf<ConsistencyDecl>(ast, 'consistency', check.span, home.base)
    // The limits of agents stand with the agents.
    if (decl === undefined) return []
    const id = ids.of(check.name)
    named(check.name, id)
    return [
      heading(3, check.name, id),
      { kind: 'paragraph', of: statement(check, decl, home) },
      { kind: 'figure', rows: figureOf(check.form) },
      ...notesOf(check, context, check.bound),
    ]
  })
}

function statement(check: Consistency, decl: ConsistencyDecl, { reading, declared }: Home): Inline[] {
  const each = [
    ...(check.forEachOf ?? []).map((key) => text(key)),
    ...check.forEach.map((path) => code(path.join('.'))),
  ]
  const during = decl.during === undefined ? [] : [text(`, ${declared.words(decl.during.span)}`)]
  const form = decl.form === undefined ? '' : declared.words(decl.form.span)
  return [
    strong(SCOPES[check.scope]),
    ...(each.length === 0 ? [] : [text(', for each '), ...listed(each)]),
    ...during,
    text(`: ${form}. `),
    strong('Otherwise'),
    text(' '),
    ...consequence(check.otherwise, reading),
    text('.'),
  ]
}

export function flowBlocks(context: ConstraintContext, named: (name: string, id: string) => void): Block[] {
  const { plan, ast, homeOf, ids } = context
  return plan.flows.flatMap((flow: Flow): Block[] => {
    const { reading, declared, base } = homeOf(flow)
    const decl = declOf<FlowDecl>(ast, 'flow', flow.span, base)
    const id = ids.of(flow.name)
    named(flow.name, id)
    const labels = (decl?.labels ?? []).map(({ span }) => ({ of: [text(declared.words(span))] }))
    const form = decl?.form === undefined ? '' : declared.words(decl.form.span)
    return [
      heading(3, flow.name, id),
      ...(labels.length === 0 ? [] : [{ kind: 'list', items: labels } as const]),
      {
        kind: 'paragraph',
        of: [
          text(`${form}. `),
          strong('Otherwise'),
          text(' '),
          ...consequence(flow.otherwise, reading),
          text('.'),
        ],
      },
      ...notesOf(flow, context, flow.bound),
    ]
  })
}

function notesOf(check: Meta, { examples }: ConstraintContext, bound?: string): Block[] {
  const facts: [string, Inline[]][] = []
  if (check.because !== undefined) facts.push(['Because', [text(check.because)]])
  if (check.remedy !== undefined) facts.push(['What helps', [text(check.remedy)]])
  if (check.severity !== undefined) facts.push(['Severity', [note(check.severity)]])
  if (check.library !== undefined) facts.push(['From', [code(check.library)]])
  if (check.shadow) facts.push(['On trial', [text('reported and not enforced (shadow)')]])
  if (check.onError !== 'deny')
    facts.push([
      'If it cannot be decided',
      [text(check.onError === 'allow' ? 'it goes through' : 'it goes through, with a warning')],
    ])
  if (bound !== undefined) facts.push(['Keeps', [text(bound)]])
  const shown = examples.get(check.name) ?? []
  if (shown.length > 0) facts.push(['Examples', listed(shown.map(({ name, id }) => link(name, id)))])
  return facts.length === 0 ? [] : [{ kind: 'facts', facts }]
}

function declOf<D extends RuleDecl | ConsistencyDecl | FlowDecl>(
  ast: File,
  kind: D['kind'],
  span: Span,
  base: number,
): D | undefined {
  return ast.declarations.find(
    (decl): decl is D & typeof decl => decl.kind === kind && decl.span[0] === span[0] + base,
  )
}

export function heading(level: 2 | 3 | 4, said: string, id: string): Block {
  return { kind: 'heading', level, text: said, id }
}
