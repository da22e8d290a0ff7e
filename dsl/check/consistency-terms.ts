/** Which words go with which pattern: what would mean nothing is refused rather than ignored. */
import type { Span } from '../plan/plan.ts'
import type { ConsistencyDecl, Expr, FormNode, Pattern, Terms } from '../syntax/ast.ts'
import { checkFleetScope } from './fleet-scope.ts'
import type { Checker } from './typing.ts'

type Term = keyof Terms

const SPOKEN: Readonly<Record<Term, string>> = {
  within: 'within',
  apart: 'at least … later',
  percent: '%',
  same: 'with the same',
  bySomeoneElse: 'by someone else',
  people: 'by several people',
  eachTime: 'each time',
  byEnd: 'before the end',
  another: 'before another',
}

/** Terms a pattern knows. */
function known(form: FormNode & Terms): readonly Term[] {
  switch (form.kind) {
    case 'needs':
      if (form.then.length > 0) return ['within', 'same']
      return form.eachTime === undefined
        ? ['within', 'same', 'bySomeoneElse', 'people']
        : ['within', 'same', 'eachTime']
    case 'followedBy':
      return form.byEnd === undefined ? ['within', 'same', 'another'] : ['same', 'another', 'byEnd']
    case 'succession':
      return form.directly ? ['within', 'apart', 'same'] : ['within', 'same']
    case 'pair':
      if (form.how === 'either') return []
      if (isDirect(form)) return ['within', 'apart', 'same']
      return form.how === 'alternate' ? ['within', 'same'] : ['same']
    case 'agreement':
      return ['within', 'percent', 'same']
    default:
      return ['same']
  }
}

function isDirect({ how }: FormNode & { kind: 'pair' }): boolean {
  return how === 'onlyDirectlyAfter' || how === 'directlyFollowedBy' || how === 'neverDirectlyAfter'
}

export function checkDuration(limit: Expr, report: Checker['report']): void {
  if (limit.kind !== 'duration' && limit.kind !== 'broken')
    report.add(
      'P0205',
      limit.span,
      'a length of time is needed here',
      'Add its unit: `30 minutes`, `24 hours`.',
    )
}

export function checkTerms(decl: ConsistencyDecl, form: FormNode, checker: Checker): void {
  const { report } = checker
  const refuse = (at: Span, message: string, help?: string): void => report.add('P0225', at, message, help)
  if ('same' in form) {
    const allowed = known(form)
    for (const [term, at] of said(form))
      if (!allowed.includes(term))
        refuse(at, `\`${SPOKEN[term]}\` means nothing in this pattern`, 'Leave it out.')
    for (const limit of [form.kind === 'agreement' ? undefined : form.within, form.apart])
      if (limit !== undefined) checkDuration(limit, report)
  }
  if (form.kind === 'followedBy') {
    if (form.within === undefined && form.byEnd === undefined && form.another === undefined)
      report.add(
        'P0215',
        form.span,
        'this waits without end',
        'Say how long: `is followed by … within 2 hours`, or `before the end` of the conversation.',
      )
    if (form.another !== undefined) checkAgain(form.another, form.what, checker)
  }
  if (form.kind === 'succession') {
    checkAgain(form.no, form.by, checker)
    checkAgain(form.without, form.what, checker)
  }
  if (form.kind === 'neverAfter') {
    for (const limit of [form.rest, form.window]) if (limit !== undefined) checkDuration(limit, report)
  } else if ('window' in form) {
    const at = form.window?.span ?? form.per?.span
    const counts = form.kind === 'atMost' || (form.kind === 'total' && !waits(form))
    if (at !== undefined && !counts)
      refuse(
        at,
        'what must be reached has no window',
        'Leave the window out, or state the most there may be.',
      )
  }
  if (decl.scope !== 'fleet' && decl.keptForever !== undefined)
    refuse(decl.keptForever.span, 'what a conversation keeps goes with it', 'Leave `kept forever` out.')
  if (decl.scope === 'fleet') checkFleetScope(decl, form, checker)
  else checkScope(decl, form, refuse)
}

function checkScope(
  { scope, during, forEach, span }: ConsistencyDecl,
  form: FormNode,
  refuse: (at: Span, message: string, help?: string) => void,
): void {
  const deadline = form.kind === 'followedBy' && isPlain(form)
  if (scope === 'turn' && waits(form) && !deadline)
    refuse(
      form.span,
      'nothing tells when a turn is over',
      'Use `per conversation` or `per agent` for what must happen.',
    )
  if (scope === 'turn' && 'per' in form && form.per !== undefined)
    refuse(form.per.span, 'a turn has no calendar', 'Use `per conversation` or `per agent`.')
  if (during === undefined) return
  if (during.kind === 'while' && scope !== 'agent')
    refuse(during.span, 'a state is that of one agent', 'Leave `per conversation` or `per turn` out.')
  else if (scope === 'turn')
    refuse(during.span, 'a turn has no stretches', 'Use `per conversation` or `per agent`.')
  if (!waits(form) || during.kind === 'after') return
  if ('same' in form && form.same.length > 0)
    refuse(
      form.same[0]?.span ?? span,
      'what is owed when a stretch ends cannot be told apart by this',
      'Use `for each` instead of `with the same`.',
    )
  if (during.kind === 'while' && forEach.length > 0)
    refuse(
      forEach[0]?.span ?? span,
      'what is owed when a state is left cannot be told apart by this',
      'Leave `for each` out.',
    )
}

/** A deadline and nothing else: the form of a single obligation. */
export function isPlain(form: FormNode & { kind: 'followedBy' }): boolean {
  return form.within !== undefined && form.then.length === 0 && form.another === undefined
}

/** Is anything owed when everything ends? */
export function waits(form: FormNode): boolean {
  switch (form.kind) {
    case 'atLeast':
    case 'exactly':
    case 'followedBy':
    case 'succession':
      return true
    case 'pair':
      return (
        form.how === 'alternate' ||
        form.how === 'together' ||
        form.how === 'requires' ||
        form.how === 'either' ||
        form.how === 'directlyFollowedBy'
      )
    case 'edge':
      return form.which === 'last'
    case 'total':
      if (form.fn === 'average') return false
      return (form.bound === 'atLeast') !== (form.fn === 'lowest')
    default:
      return false
  }
}

/** A step said again, for reading aloud, must be the same one. */
function checkAgain(again: Pattern, first: Pattern, { report }: Checker): void {
  if (again.where !== undefined)
    report.add('P0225', again.span, 'a condition is said once', 'Put it where the step is named first.')
  else if (meaning(again) !== meaning(first))
    report.add(
      'P0225',
      again.span,
      'this is not the step named before',
      'Write the same step again, or make two consistencies of it.',
    )
}

function meaning({ steps }: Pattern): string {
  return JSON.stringify(steps, (key, value) => (key === 'span' || key === 'verbSpan' ? undefined : value))
}

function said(form: FormNode & Terms): [Term, Span][] {
  const made: [Term, Span][] = []
  if (form.within !== undefined) made.push(['within', form.within.span])
  if (form.apart !== undefined) made.push(['apart', form.apart.span])
  if (form.percent === true) made.push(['percent', form.within?.span ?? form.span])
  if (form.same[0] !== undefined) made.push(['same', form.same[0].span])
  if (form.bySomeoneElse) made.push(['bySomeoneElse', form.span])
  if (form.people !== undefined) made.push(['people', form.people.span])
  if (form.eachTime !== undefined) made.push(['eachTime', form.eachTime.span])
  if (form.byEnd !== undefined) made.push(['byEnd', form.byEnd.span])
  if (form.another !== undefined) made.push(['another', form.another.span])
  return made
}
