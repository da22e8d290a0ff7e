/**
 * What may be said `across the fleet`. A ledger is asked before a step, by many conversations at once, and is told later whether
 * the step came about: it can count, add up and remember what came earlier for a key. It sees neither the order of all steps nor
 * an end.
 */
import type { StepKind } from '../judge/step.ts'
import type { Span } from '../plan/plan.ts'
import type { ConsistencyDecl, FormNode, Pattern } from '../syntax/ast.ts'
import type { Checker } from './typing.ts'

const ALLOWED =
  'Across the fleet: `X at most N times`, `total F of X at most M`, `distinct F of X at most N`, `X needs an earlier Y`, `X never after failure of Y`.'

export function checkFleetScope(
  { during, otherwise, forEach, keptForever }: ConsistencyDecl,
  form: FormNode,
  { report, patterns }: Checker,
): void {
  const refuse = (at: Span, message: string, help: string): void => report.add('P0227', at, message, help)
  if (during !== undefined)
    refuse(
      during.span,
      'a stretch is one of a conversation: across the fleet nothing opens or closes for everybody',
      'Leave the stretch out, or say it `per conversation`.',
    )
  const kindsOf = (pattern: Pattern): readonly StepKind[] =>
    patterns.get(pattern)?.candidates.map(({ kind }) => kind) ?? []
  const [message, help] = complaint(form, kindsOf) ?? []
  if (message !== undefined) refuse(form.span, message, help ?? ALLOWED)
  const grows = forEach.filter(({ parts }) => parts.length > 1 || parts[0]?.name !== 'tool')
  const forever = grows.length > 0 && endures(form)
  if (forever && keptForever === undefined && message === undefined)
    report.add(
      'P0229',
      form.span,
      `for each ${grows.map((key) => `\`${key.parts.map(({ name }) => name).join('.')}\``).join(', ')} an entry would be kept for ever`,
      form.kind === 'needs'
        ? 'Say how long it counts, `within 30 days`; or that it is `kept forever`.'
        : form.kind === 'neverAfter'
          ? 'Say how long, `never within 30 days after`; or that it is `kept forever`.'
          : 'Say a window, `in any 30 days` or `per calendar month in "UTC"`; or that it is `kept forever`.',
    )
  if (keptForever !== undefined && !forever)
    report.add('P0225', keptForever.span, 'this keeps nothing for ever', 'Leave `kept forever` out.')
  if (otherwise !== undefined && !SAID_BY_LEDGERS.has(otherwise.kind))
    refuse(
      otherwise.span,
      `a limit across the fleet cannot \`${otherwise.kind}\`: what it says is said by the ledger, which is asked last`,
      'It may `deny`, `quarantine`, `alert` or `warn`. What needs a person is a rule: `when … then ask …`.',
    )
}

/** Does what it keeps never leave? */
function endures(form: FormNode): boolean {
  switch (form.kind) {
    case 'atMost':
    case 'total':
      return form.window === undefined && form.per === undefined
    case 'needs':
      return form.within === undefined
    case 'neverAfter':
      return form.rest === undefined || (form.times !== undefined && form.window === undefined)
    default:
      return false
  }
}

/** Kinds of steps that have happened when anyone hears of them. */
const TOLD: ReadonlySet<StepKind> = new Set(['receives', 'result', 'fails', 'recalled', 'spends'])

const ONE_NAME = [
  'an entry of a ledger has one name for both steps',
  'Use `for each FIELD` with the same field in both, instead of `with the same`.',
] as const

const SAID_BY_LEDGERS: ReadonlySet<string> = new Set(['deny', 'quarantine', 'alert', 'warn'])

/** What speaks against the form, and what to write instead. */
function complaint(
  form: FormNode,
  kindsOf: (pattern: Pattern) => readonly StepKind[],
): readonly [message: string, help?: string] | undefined {
  switch (form.kind) {
    case 'atMost':
      return form.times?.kind === 'number' && form.times.value === 0
        ? ['what is never allowed needs no ledger', 'Leave `across the fleet` out.']
        : undefined
    case 'atLeast':
    case 'exactly':
      return ['the fleet has no end at which this could be judged', 'Say it `per conversation`.']
    case 'total':
      if (form.fn === 'average')
        return ['an average rises and falls with what is given back', 'State a total, or say it `per agent`.']
      if (form.fn === 'highest' || form.fn === 'lowest')
        return ['this looks at one step alone', 'Leave `across the fleet` out, or write a rule.']
      return form.bound === 'atLeast'
        ? ['the fleet has no end at which this could be judged', 'Say it `per conversation`.']
        : undefined
    case 'needs':
      if (form.then.length > 0 || form.eachTime !== undefined)
        return [
          'a ledger remembers what came earlier, not what was used up or in which order',
          'Write one `needs an earlier` for each step that must have come.',
        ]
      return form.same.length > 0 ? ONE_NAME : undefined
    case 'neverAfter':
      if (form.same.length > 0) return ONE_NAME
      return kindsOf(form.after).every((kind) => TOLD.has(kind))
        ? undefined
        : [
            'what forbids across the fleet must have happened when it is told: it is not certain that a call does',
            'Name what came of it: `never after result of X`, `never after failure of X`.',
          ]
    case 'agreement':
    case 'steady':
      return [
        'the latest value of the whole fleet may change between asking and acting',
        'Let a tool return the value on record, and compare with its result in this conversation.',
      ]
    default:
      return ['this depends on the order of all steps of the fleet, which nothing has', ALLOWED]
  }
}
