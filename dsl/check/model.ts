/** What the checks found out, in side maps keyed by the tree's nodes: lowering and the editor tools read it. */
import type { StepKind } from '../judge/step.ts'
import type { FieldType, Selector, StepKey, Type } from '../plan/plan.ts'
import type {
  ActionNode,
  AgentDecl,
  DetectorDecl,
  Expr,
  FactDecl,
  File,
  GroupDecl,
  Ident,
  MessageDecl,
  Path,
  Pattern,
  SchemaDecl,
  TableDecl,
  ToolDecl,
  WordsDecl,
} from '../syntax/ast.ts'
import type { BuiltIn } from './built-ins.ts'

export type { FieldType } from '../plan/plan.ts'
export type StepKindName = StepKind
export type RecordOf = Extract<Type, { kind: 'record' }>

export const ANYTHING: Type = { kind: 'anything' }

/** Fields a step may carry. `rest`: fields nobody declared have this type. */
export interface Fields {
  readonly named: Readonly<Record<string, FieldType>>
  readonly rest?: Type
}

export interface ToolInfo {
  readonly decl: ToolDecl
  readonly takes: Fields
  readonly returns: Type | undefined
  readonly result: Fields
}

export interface MessageInfo {
  readonly decl: MessageDecl
  readonly fields: Fields
}

export interface TableInfo {
  readonly decl: TableDecl
  readonly type: Type
}

export interface Vocabulary {
  readonly schemas: ReadonlyMap<string, SchemaDecl>
  readonly tools: ReadonlyMap<string, ToolInfo>
  readonly messages: ReadonlyMap<string, MessageInfo>
  readonly agents: ReadonlyMap<string, AgentDecl>
  readonly words: ReadonlyMap<string, WordsDecl>
  readonly tables: ReadonlyMap<string, TableInfo>
  readonly groups: ReadonlyMap<string, GroupDecl>
  /** Tools and messages of each group, those of groups within it included. */
  readonly members: ReadonlyMap<string, readonly Ident[]>
  readonly facts: ReadonlyMap<string, FactDecl>
  /** Declared ones; those of the prelude need no declaration. */
  readonly detectors: ReadonlyMap<string, DetectorDecl>
  /** Currency of `spends` steps. */
  readonly spendCurrency: string
}

/** One sort of step a pattern lets in. */
export interface Candidate {
  readonly kind: StepKind
  /** '' where the kind has no names or any name will do. */
  readonly name: string
  readonly fields: Fields
  /** Which of the pattern's selectors it belongs to. */
  readonly selector: number
}

export interface ResolvedPattern {
  readonly selectors: readonly Selector[]
  readonly candidates: readonly Candidate[]
  /** `anything`, or a verb without names: a field need not be in all of them; see `plan/narrow.ts`. */
  readonly generic: boolean
  /** The pattern is a fact's: its condition applies. */
  readonly fact: FactDecl | undefined
}

export type Ref =
  | { readonly kind: 'field'; readonly path: readonly string[] }
  | { readonly kind: 'meta'; readonly name: BuiltIn }
  /** A key that is no field: `for each tool`. */
  | { readonly kind: 'step'; readonly name: StepKey }
  | {
      readonly kind: 'variable'
      readonly name: string
      readonly rest: readonly string[]
      readonly type: Type
    }
  | {
      readonly kind: 'binding'
      readonly index: number
      readonly rest: readonly string[]
      readonly type: Type | undefined
    }
  | { readonly kind: 'local'; readonly index: number; readonly rest: readonly string[]; readonly type: Type }
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'detector'; readonly name: string }

export interface Model {
  readonly file: File
  readonly vocabulary: Vocabulary
  /** Type of every expression that has one; what is broken is `anything`. */
  readonly types: Map<Expr, Type>
  readonly refs: Map<Path, Ref>
  /** What stands in for a field that is absent, in the judge's units. */
  readonly defaults: Map<Path, string | number | boolean>
  readonly patterns: Map<Pattern, ResolvedPattern>
  /** Types of declared schemas. */
  readonly schemaTypes: ReadonlyMap<string, RecordOf>
  /** Where each used name was declared, for editors. */
  readonly definitions: Map<Ident, Ident>
  /** The field an action without one means; [] is everywhere. */
  readonly redactPaths: Map<ActionNode, readonly string[]>
}
