/** Conditions on what detectors say → comparisons of a score with a threshold. */
import type { Model } from '../check/model.ts'
import { SCORERS } from '../check/prelude.ts'
import { RELATIONS, type Scored, scorer } from '../check/scores.ts'
import type { Expr as Node } from '../syntax/ast.ts'
import type { Expr, Type } from './plan.ts'

const FLAG: Type = { kind: 'flag' }
const NUMBER: Type = { kind: 'number' }

export function lowerScore(node: Scored, model: Model, lower: (node: Node) => Expr): Expr {
  const { span } = node
  const name = node.kind === 'meaning' ? RELATIONS[node.how] : node.detector.name
  const declared = model.vocabulary.detectors.get(name)
  const { withinMs, cost, currency, threshold } = declared === undefined ? SCORERS[name]! : scorer(declared)
  const left: Expr = {
    op: 'score',
    detector: name,
    subject: lower(node.of),
    ...(node.kind === 'meaning'
      ? {
          to: others(node.to.map(lower), span),
        }
      : {}),
    withinMs,
    cost,
    ...(currency === undefined ? {} : { currency }),
    span: [span[0], end(node)],
    type: NUMBER,
  }
  const right: Expr =
    node.over === undefined ? { op: 'literal', value: threshold ?? 1, span, type: NUMBER } : lower(node.over)
  const over: Expr = { op: 'compare', cmp: '>', left, right, span, type: FLAG }
  return node.kind === 'meaning' && node.not ? { op: 'not', of: over, span, type: FLAG } : over
}

/** Where the score ends and its threshold begins. */
function end(node: Scored): number {
  return node.kind === 'meaning' ? (node.to.at(-1) ?? node.of).span[1] : node.of.span[1]
}

function others(items: readonly Expr[], span: Expr['span']): Expr {
  return items.length === 1
    ? items[0]!
    : { op: 'list', items, span, type: { kind: 'list', of: { kind: 'text' } } }
}
