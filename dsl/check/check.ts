/** Types: every declaration, with names and types noted in the model's side maps. */
import type { Report } from '../diagnostic.ts'
import type { Type } from '../plan/plan.ts'
import type { Declaration, Expr, File, Path } from '../syntax/ast.ts'
import { checkConsistency } from './consistencies.ts'
import {
  checkAgent,
  checkFact,
  checkGroup,
  checkRecordChecks,
  checkSettled,
  checkShape,
  checkToolKey,
} from './declarations.ts'
import { checkFlow } from './flows.ts'
import { ANYTHING, type Model, type Ref } from './model.ts'
import { checkNeeds } from './needs.ts'
import { checkRule } from './rules.ts'
import { checkDetector } from './scores.ts'
import { checkTest } from './tests.ts'
import type { Checker } from './typing.ts'
import { collectScopes, type Scopes } from './vocabulary.ts'

export function check(file: File, broken: ReadonlySet<Declaration>, report: Report): Model {
  const scopes: Scopes = collectScopes(file, report)
  const checker: Checker = {
    file,
    report,
    vocabulary: scopes.vocabulary,
    definitions: scopes.definitions,
    types: new Map<Expr, Type>(),
    refs: new Map<Path, Ref>(),
    defaults: new Map(),
    patterns: new Map(),
    redactPaths: new Map(),
    broken,
  }
  checkHeader(file, report)
  for (const decl of file.declarations) checkDeclaration(decl, checker, scopes)
  const { vocabulary, definitions, schemaTypes } = scopes
  const { types, refs, defaults, patterns, redactPaths } = checker
  return { file, vocabulary, types, refs, defaults, patterns, schemaTypes, definitions, redactPaths }
}

function checkHeader(file: File, report: Report): void {
  const policies = file.declarations.filter((decl) => decl.kind === 'policy')
  const [first, second] = policies
  if (first === undefined) {
    const at: readonly [number, number] = [0, Math.min(1, file.span[1])]
    report.add('P0007', at, 'the policy has no name', 'Start with `policy "Name" version 1.0`.')
  } else if (second !== undefined) {
    report.add('P0012', second.span, '`policy` is said twice', 'One file holds one policy.', [
      { span: first.span, message: 'said here first' },
    ])
  }
}

function checkDeclaration(decl: Declaration, checker: Checker, scopes: Scopes): void {
  switch (decl.kind) {
    case 'schema':
      return checkRecordChecks(decl.body, scopes.schemaTypes.get(decl.name?.name ?? '') ?? ANYTHING, checker)
    case 'tool':
      checkShape(decl.takes, checker, scopes)
      if (decl.returns !== undefined) checkShape(decl.returns, checker, scopes)
      for (const { kind, by } of decl.traits)
        for (const key of by) {
          checkToolKey(key, decl.name, checker)
          if (kind === 'settles') checkSettled(key, decl.name, checker)
        }
      return
    case 'message':
      return checkShape(decl.shape, checker, scopes)
    case 'agent':
      return checkAgent(decl, checker)
    case 'group':
      return checkGroup(decl, checker)
    case 'detector':
      return checkDetector(decl, checker)
    case 'fact':
      return checkFact(decl, checker)
    case 'rule':
      return checkRule(decl, checker)
    case 'consistency':
      return checkConsistency(decl, checker)
    case 'flow':
      return checkFlow(decl, checker)
    case 'needs':
      return checkNeeds(decl, checker, scopes)
    case 'test':
      return checkTest(decl, checker)
  }
}
