/** Names inside expressions and paths, with the variables of quantifiers in scope. */
import type { Expr, Path, TypeExpr } from '../syntax/ast.ts'
import { parts } from '../syntax/walk.ts'
import type { NamedThing, Noted, Scope } from './noted.ts'
import { elementsOf } from './written.ts'

/** Notes every name in an expression; gives the types it may have as written, [] when nobody wrote one. */
export function noteExpression(expr: Expr, scope: Scope, noted: Noted): readonly TypeExpr[] {
  switch (expr.kind) {
    case 'path':
      return notePath(expr, scope, noted)
    case 'group':
      return noteExpression(expr.of, scope, noted)
    case 'count': {
      const list = noteExpression(expr.list, scope, noted)
      if (expr.variable !== undefined) noted.declare('variable', expr.variable)
      if (expr.where !== undefined)
        noteExpression(expr.where, withVariable(expr.variable, list, scope, noted), noted)
      return []
    }
    case 'quantified': {
      const list = noteExpression(expr.list, scope, noted)
      noted.declare('variable', expr.variable)
      noteExpression(expr.has, withVariable(expr.variable, list, scope, noted), noted)
      return []
    }
    case 'total': {
      const list = noteExpression(expr.list, scope, noted)
      noted.declare('variable', expr.variable)
      return noteExpression(expr.of, withVariable(expr.variable, list, scope, noted), noted)
    }
    case 'scored':
      noted.detector(expr.detector)
      break
    case 'lookup':
      noted.table(expr.table)
      break
    case 'arith': {
      const left = noteExpression(expr.left, scope, noted)
      noteExpression(expr.right, scope, noted)
      return left
    }
  }
  for (const part of parts(expr)) noteExpression(part, scope, noted)
  return []
}

export function notePath(path: Path, scope: Scope, noted: Noted): readonly TypeExpr[] {
  const [head, ...rest] = path.parts
  if (head === undefined) return []
  const named = scope.named.get(head.name)
  if (named !== undefined) {
    noted.use(head, [named.meaning])
    return noted.follow(rest, named.types)
  }
  const types = noted.follow(path.parts, scope.records)
  if (types.length === 0 && rest.length === 0) noted.words(head)
  return types
}

function withVariable(
  variable: Extract<Expr, { kind: 'count' }>['variable'],
  list: readonly TypeExpr[],
  scope: Scope,
  noted: Noted,
): Scope {
  if (variable === undefined) return scope
  const thing: NamedThing = { meaning: noted.meaning('variable', variable), types: elementsOf(list) }
  return { records: scope.records, named: new Map(scope.named).set(variable.name, thing) }
}
