/** A policy as a page for those who own it and those who audit it. */
import type { Analysis } from '../pipeline.ts'
import type { Plan, TestCase, TestStep } from '../plan/plan.ts'
import { sizeOf } from '../plan/size.ts'
import type { AgentDecl, File, May } from '../syntax/ast.ts'
import { tokenize } from '../syntax/tokens.ts'
import { type ConstraintContext, consistencyBlocks, flowBlocks, heading, ruleBlocks } from './constraints.ts'
import { type Block, code, Ids, type Inline, link, listed, type Page, strong, text } from './document.ts'
import { Reading } from './sentences.ts'
import { type Named, VocabularyPage } from './vocabulary.ts'

/** Values of a test's step that are shown. */
const VALUES_MAX = 6
const VALUE_MAX = 60

export function policyPage(analysis: Analysis, plan: Plan): Page {
  const { policy } = plan
  const ids = new Ids()
  const reading = new Reading(analysis.source.text, analysis.tokens)
  const testIds = new Map(plan.tests.map((test) => [test.name, ids.of(`example ${test.name}`)]))
  const { file } = analysis.model
  const context: ConstraintContext = {
    plan,
    ast: file,
    homeOf: homes(file, reading),
    ids,
    examples: examplesOf(plan, testIds),
  }
  const index: Named[] = []
  const noted = (what: string) => (name: string, id: string) => index.push({ name, what, id })
  const agents = agentBlocks(analysis, reading, ids, noted('agent'))
  const rules = ruleBlocks(context, noted('rule'))
  const consistencies = consistencyBlocks(context, noted('consistency'))
  const flows = flowBlocks(context, noted('flow'))
  const vocabulary = new VocabularyPage(analysis, reading, ids)
  index.push(...vocabulary.index)
  const sections: [string, Block[]][] = [
    ['Agents and what they may do', agents],
    ['Rules', rules],
    ['Consistencies', consistencies],
    ['Flows', flows],
    ['Vocabulary', vocabulary.blocks],
    ['Examples', plan.tests.flatMap((test) => exampleBlocks(test, testIds.get(test.name) ?? ''))],
    ['Index', indexBlocks(index)],
  ]
  const shown = sections.flatMap(([title, blocks]) =>
    blocks.length === 0 ? [] : [{ title, blocks, id: ids.of(`section ${title}`) }],
  )
  return {
    title: policy.name,
    subtitle: `Version ${policy.version}${policy.owner === undefined ? '' : `, owned by ${policy.owner}`}. Meaning ${plan.hash.slice(0, 12)}.`,
    blocks: [
      { kind: 'paragraph', of: overview(plan) },
      { kind: 'list', items: shown.map(({ title, id }) => ({ of: [link(title, id)] })) },
      ...shown.flatMap(({ title, blocks, id }) => [heading(2, title, id), ...blocks]),
    ],
  }
}

function homes({ libraries = [] }: File, reading: Reading): ConstraintContext['homeOf'] {
  const known = new Map(
    libraries.map(({ source, base }) => {
      const { tokens } = tokenize(source.text)
      return [
        source.file,
        { reading: new Reading(source.text, tokens), declared: new Reading(source.text, tokens, base), base },
      ]
    }),
  )
  const own = { reading, declared: reading, base: 0 }
  return ({ library }) => (library === undefined ? own : (known.get(library) ?? own))
}

function overview(plan: Plan): Inline[] {
  const { agents, tools, rules, consistencies, flows, tests } = sizeOf(plan)
  const counts = [
    [agents, 'agent'],
    [tools, 'tool'],
    [rules, 'rule'],
    [consistencies, 'consistency'],
    [flows, 'flow'],
    [tests, 'example'],
  ] as const
  const said = counts.filter(([count]) => count > 0).map(([count, name]) => `${count} ${plural(name, count)}`)
  const shadow = [...plan.rules, ...plan.consistencies, ...plan.flows].filter((check) => check.shadow).length
  return [
    text(`${said.slice(0, -1).join(', ')}${said.length > 1 ? ' and ' : ''}${said.at(-1) ?? ''}. `),
    text(
      'Every step of an agent is judged before it has an effect; what is not listed as permitted is denied.',
    ),
    ...(shadow === 0
      ? []
      : [text(` ${shadow} of the checks ${shadow === 1 ? 'is' : 'are'} on trial: reported, not enforced.`)]),
  ]
}

const plural = (name: string, count: number): string =>
  count === 1 ? name : name.endsWith('y') ? `${name.slice(0, -1)}ies` : `${name}s`

function agentBlocks(
  { ast }: Analysis,
  reading: Reading,
  ids: Ids,
  named: (name: string, id: string) => void,
): Block[] {
  const agents = ast.declarations.filter((decl): decl is AgentDecl => decl.kind === 'agent')
  return agents.flatMap((agent): Block[] => {
    const name = agent.name?.name ?? ''
    const id = ids.of(`agent ${name}`)
    named(name, id)
    const blocks: Block[] = [heading(3, name, id)]
    if (agent.may.length > 0)
      blocks.push({ kind: 'table', head: ['May', 'What', 'With'], rows: agent.may.map(mayRow) })
    else blocks.push({ kind: 'paragraph', of: [text('May do nothing.')] })
    if (agent.limits.length > 0)
      blocks.push({
        kind: 'list',
        items: agent.limits.map(({ amount, scope }) => ({
          of: [text(`at most ${reading.words(amount.span)} per ${scope}`)],
        })),
      })
    return blocks
  })
}

function mayRow({ verb, anything, objects, peers, bySentence }: May): Inline[][] {
  const isPeer = verb === 'answer'
  const what = anything ? [text('anything')] : isPeer ? [] : listed(objects.map(({ name }) => code(name)))
  const whom = isPeer ? [...objects, ...peers] : peers
  const joint = verb === 'receive' ? 'from ' : 'to '
  return [
    [strong(verb)],
    what,
    [
      ...(whom.length === 0
        ? []
        : [text(isPeer ? '' : joint), ...listed(whom.map(({ name }) => code(name)))]),
      ...(bySentence ? [text(' by sentence')] : []),
    ],
  ]
}

function examplesOf({ tests }: Plan, ids: ReadonlyMap<string, string>): ConstraintContext['examples'] {
  const examples = new Map<string, { name: string; id: string }[]>()
  for (const { name, expect } of tests) {
    if (expect.because === undefined) continue
    examples.set(expect.because, [...(examples.get(expect.because) ?? []), { name, id: ids.get(name) ?? '' }])
  }
  return examples
}

const VERDICTS = {
  allow: 'goes through',
  repair: 'is repaired',
  deny: 'is denied',
  quarantine: 'stops the agent',
} as const

function exampleBlocks({ name, given, when, expect, startsAt }: TestCase, id: string): Block[] {
  const verdict = expect.kind === 'ask' ? `waits for ${expect.who ?? 'a decision'}` : VERDICTS[expect.kind]
  const because = expect.because === undefined ? [] : [text(', because “'), text(expect.because), text('”')]
  const start =
    startsAt === undefined
      ? []
      : [{ of: [text(`It is ${new Date(startsAt).toISOString().replace('.000Z', 'Z')}.`)] }]
  return [
    heading(4, name, id),
    {
      kind: 'list',
      items: [
        ...start,
        ...given.map((step) => ({ of: [text('Given '), ...stepInlines(step)] })),
        { of: [strong('When'), text(' '), ...stepInlines(when)] },
        { of: [strong(`it ${verdict}`), ...because, text('.')] },
      ],
    },
  ]
}

function stepInlines({ agent, kind, name, peer, fields }: TestStep): Inline[] {
  const shown = Object.entries(fields).slice(0, VALUES_MAX)
  const more = Object.keys(fields).length - shown.length
  const whom = peer === undefined ? '' : kind === 'receives' ? ` from ${peer}` : ` to ${peer}`
  const what =
    kind === 'result'
      ? `${agent} gets the result of ${name}`
      : `${agent} ${kind}${name === '' ? '' : ` ${name}`}${whom}`
  const values = shown.flatMap(([key, value], index) => [
    text(index === 0 ? ' with ' : ', '),
    code(`${key} = ${clip(JSON.stringify(value))}`),
  ])
  return [text(what), ...values, ...(more > 0 ? [text(` and ${more} more`)] : [])]
}

const clip = (said: string): string => (said.length <= VALUE_MAX ? said : `${said.slice(0, VALUE_MAX - 1)}…`)

function indexBlocks(names: readonly Named[]): Block[] {
  const sorted = names.toSorted((a, b) => compare(a.name.toLowerCase(), b.name.toLowerCase()))
  return sorted.length === 0
    ? []
    : [
        {
          kind: 'list',
          items: sorted.map(({ name, what, id }) => ({ of: [link(name, id), text(`, ${what}`)] })),
        },
      ]
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
