/** Concrete → abstract syntax of steps, patterns, actions and what rules and consistencies share. */
import type { CstNode } from 'chevrotain'
import type { Report } from '../diagnostic.ts'
import type { Span } from '../plan/plan.ts'
import type { ActionNode, CalendarNode, Expr, Notes, Pattern, SameKey, StepNode, TextNode } from './ast.ts'
import { has, ident, idents, node, nodes, span, text, token } from './cst.ts'
import { bound, entries, expr, path, sum } from './expression-tree.ts'
import { numberValue } from './literals.ts'
import { spanOf } from './tokens.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

export function steps(cst: CstNode | undefined): StepNode[] {
  return nodes(cst, 'step').flatMap(step)
}

/** One written step; several when verbs share a subject. */
export function step(cst: CstNode | undefined): StepNode[] {
  const at = span(cst)
  const outcome = node(cst, 'outcome')
  if (outcome !== undefined) {
    const what = token(outcome, 'what')
    const verb = what?.image === 'failure' ? 'fails' : 'result'
    const base = { subjects: [], hasSubject: false, anything: has(outcome, 'any') }
    return [
      {
        ...base,
        verb,
        verbSpan: span(outcome),
        objects: idents(node(outcome, 'names')),
        peers: idents(node(outcome, 'receiver')),
        span: at,
      },
    ]
  }
  const bare = node(cst, 'bare')
  if (bare !== undefined) {
    return [
      {
        subjects: [],
        hasSubject: false,
        verb: undefined,
        verbSpan: at,
        anything: false,
        objects: idents(bare),
        peers: [],
        span: at,
      },
    ]
  }
  const subjects = idents(node(cst, 'subject'))
  const hasSubject = subjects.length > 0
  const named = subjects.filter((subject) => subject.quoted || subject.name !== 'anyone')
  return nodes(node(cst, 'verbs'), 'verb').flatMap((verb): StepNode[] => {
    const written = token(verb, 'Verb')
    if (written === undefined) return []
    const objects = idents(node(verb, 'names'))
    const peers = idents(node(verb, 'peers'))
    const toPeers = written.image === 'answers'
    return [
      {
        subjects: named,
        hasSubject,
        verb: written.image,
        verbSpan: spanOf(written),
        anything: has(verb, 'anything') || has(verb, 'any'),
        objects: toPeers ? [] : objects,
        peers: toPeers ? [...objects, ...peers] : peers,
        span: span(verb, at),
      },
    ]
  })
}

export function conditional(cst: CstNode | undefined, report: Report): Pattern {
  const condition = node(cst, 'expr')
  const where = condition === undefined ? undefined : expr(condition)
  if (where?.kind === 'or') {
    report.add(
      'P0013',
      where.span,
      'this mixes `and` with `or`, and readers disagree on what belongs together',
      'Put the alternatives in parentheses: `and (… or …)`.',
    )
  }
  return { steps: steps(node(cst, 'steps')), where, span: span(cst) }
}

export function pattern(cst: CstNode | undefined, report: Report): Pattern {
  const inner = node(cst, 'conditional')
  if (inner !== undefined) return { ...conditional(inner, report), span: span(cst) }
  return { steps: steps(node(cst, 'steps')), where: undefined, span: span(cst) }
}

export function sameKeys(cst: CstNode | undefined): SameKey[] {
  return nodes(cst, 'sameKey').flatMap((key) => {
    const here = path(node(key, 'path'))
    if (here === undefined) return []
    return [{ here, there: path(node(key, 'other')) ?? here, span: span(key) }]
  })
}

/** `calendar day in "ZONE"` */
export function calendar(cst: CstNode | undefined): CalendarNode | undefined {
  const unit = token(cst, 'unit')?.image
  return unit === 'day' || unit === 'week' || unit === 'month' || unit === 'year'
    ? { unit, zone: text(token(cst, 'Text')), span: span(cst) }
    : undefined
}

export function action(cst: CstNode | undefined): ActionNode | undefined {
  if (cst === undefined) return undefined
  const at = span(cst)
  if (has(cst, 'ask')) {
    const who = ident(token(cst, 'Name'))
    if (who === undefined) return undefined
    const otherwise = token(cst, 'else')?.image === 'allow' ? 'allow' : 'deny'
    const count = token(cst, 'people')
    const people = count === undefined ? undefined : { count: numberValue(count.image), span: spanOf(count) }
    return { kind: 'ask', who, people, within: bound(node(cst, 'bound')), otherwise, span: at }
  }
  const repair = rewriting(cst, at)
  if (repair !== undefined) return repair
  for (const kind of ['allow', 'deny', 'quarantine', 'warn'] as const)
    if (has(cst, kind)) return { kind, span: at }
  if (has(cst, 'alert')) {
    const who = ident(token(cst, 'Name'))
    return who === undefined ? undefined : { kind: 'alert', who, span: at }
  }
  const subject = path(node(cst, 'path'))
  if (subject === undefined) return undefined
  if (has(cst, 'redact')) return { kind: 'redact', what: subject, field: path(node(cst, 'field')), span: at }
  if (has(cst, 'set')) return { kind: 'set', field: subject, to: sum(node(cst, 'sum'), at), span: at }
  return undefined
}

/** The actions that have a grammar rule of their own. */
function rewriting(cst: CstNode, at: Span): ActionNode | undefined {
  const trimming = node(cst, 'trimming')
  const field = path(node(trimming, 'path'))
  if (field !== undefined) {
    const unit = token(trimming, 'unit')?.image === 'items' ? 'items' : 'characters'
    return { kind: 'trim', field, most: bound(node(trimming, 'bound')), unit, span: at }
  }
  const replacement = node(cst, 'replacement')
  const what = path(node(replacement, 'path'))
  if (what !== undefined) {
    const by = sum(node(replacement, 'sum'), at)
    return { kind: 'replace', what, field: path(node(replacement, 'field')), by, span: at }
  }
  if (has(cst, 'route')) {
    const to = ident(token(cst, 'Name'))
    return to === undefined ? undefined : { kind: 'route', to, span: at }
  }
  const retry = node(cst, 'retry')
  if (retry !== undefined) {
    const once = token(retry, 'once')
    const most: Expr | undefined =
      once === undefined ? bound(node(retry, 'bound')) : { kind: 'number', value: 1, span: spanOf(once) }
    const otherwise = action(node(retry, 'action'))
    return { kind: 'retry', feedback: text(token(retry, 'Text')), most, otherwise, span: at }
  }
  const fallBack = node(cst, 'fallBack')
  if (fallBack === undefined) return undefined
  const words = node(fallBack, 'sum')
  return {
    kind: 'fallBack',
    call: ident(token(fallBack, 'Name')),
    values: entries(fallBack),
    words: words === undefined ? undefined : sum(words, at),
    span: at,
  }
}

/** The notes of a rule or consistency; a note said twice is reported. */
export function notes(found: readonly CstNode[], report: Report): Notes {
  const made: Writable<Notes> = {}
  const said = new Map<string, Span>()
  const once = (what: string, at: Span): boolean => saidOnce(said, what, at, report)
  for (const note of found) {
    const at = span(note)
    const words: TextNode | undefined = text(token(note, 'Text'))
    if (has(note, 'because') && once('because', at)) made.because = words ?? { value: '', span: at }
    else if (has(note, 'remedy') && once('remedy', at)) made.remedy = words ?? { value: '', span: at }
    else if (has(note, 'severity') && once('severity', at)) {
      const level = token(node(note, 'severityLevel'), 'level')?.image
      if (level === 'low' || level === 'medium' || level === 'high' || level === 'critical')
        made.severity = level
    } else if (has(note, 'mode') && once('mode', at)) made.shadow = has(note, 'shadow')
    else if (has(note, 'on') && once('on error', at)) {
      const onError = token(note, 'onError')?.image
      if (onError === 'deny' || onError === 'allow' || onError === 'warn') made.onError = onError
    }
  }
  return made
}

export function saidOnce(said: Map<string, Span>, what: string, at: Span, report: Report): boolean {
  const first = said.get(what)
  if (first === undefined) {
    said.set(what, at)
    return true
  }
  report.add('P0012', at, `\`${what}\` is said twice`, 'Keep one of them.', [
    { span: first, message: 'said here first' },
  ])
  return false
}
