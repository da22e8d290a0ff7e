/**
 * The tree of a policy text: plain data with spans, nothing resolved. Names and types live in side maps keyed by
 * these nodes (`check/`). What could not be read is a `broken` node, about which no later stage says anything.
 */
import type { Span } from '../plan/plan.ts'
import type { Source } from '../source.ts'
import type { ActionNode } from './ast-action.ts'
import type { CalendarNode, FormNode, Pattern, SameKey, StepNode, StretchNode } from './ast-form.ts'
import type { Entry, Expr, FieldNode, Ident, Path, RecordType, TextNode, TypeExpr } from './ast-value.ts'

export type { ActionNode } from './ast-action.ts'
export type {
  CalendarNode,
  FormNode,
  Pattern,
  SameKey,
  StepNode,
  StretchNode,
  Terms,
} from './ast-form.ts'
export type {
  CheckNode,
  Comparison,
  Constraint,
  Entry,
  Expr,
  FieldNode,
  Ident,
  Path,
  RecordType,
  TextNode,
  TypeExpr,
} from './ast-value.ts'

export interface File {
  readonly kind: 'file'
  readonly declarations: readonly Declaration[]
  readonly span: Span
  /** Texts that `use` brought in; their spans start at `base`, past the end of all texts before. */
  readonly libraries?: readonly LibraryText[]
}

export interface LibraryText {
  readonly source: Source
  readonly base: number
  /** The `use` of the policy itself that brought it in. */
  readonly usedAt: Span
}

export type Declaration =
  | PolicyDecl
  | OwnerDecl
  | SchemaDecl
  | ToolDecl
  | MessageDecl
  | AgentDecl
  | WordsDecl
  | TableDecl
  | GroupDecl
  | FactDecl
  | RuleDecl
  | ConsistencyDecl
  | FlowDecl
  | TestDecl
  | UseDecl
  | LibraryDecl
  | ParameterDecl
  | NeedsDecl
  | DetectorDecl
  | UnknownDecl

interface Node {
  readonly span: Span
}

export interface PolicyDecl extends Node {
  readonly kind: 'policy'
  readonly name: TextNode | undefined
  readonly version: string
}
export interface OwnerDecl extends Node {
  readonly kind: 'owner'
  readonly owner: TextNode | undefined
}
export interface SchemaDecl extends Node {
  readonly kind: 'schema'
  readonly name: Ident | undefined
  readonly body: RecordType
}
export interface ToolDecl extends Node {
  readonly kind: 'tool'
  readonly name: Ident | undefined
  readonly takes: TypeExpr
  readonly returns: TypeExpr | undefined
  readonly traits: readonly Trait[]
}
export interface Trait extends Node {
  readonly kind: 'reads' | 'external' | 'idempotent' | 'settles'
  /** Of `idempotent` its key, of `settles` what is settled. */
  readonly by: readonly Path[]
}
export interface MessageDecl extends Node {
  readonly kind: 'message'
  readonly name: Ident | undefined
  readonly shape: TypeExpr
}
export interface AgentDecl extends Node {
  readonly kind: 'agent'
  readonly name: Ident | undefined
  readonly may: readonly May[]
  readonly limits: readonly Limit[]
}
export interface May extends Node {
  /** As after `may`: `call`, `answer`, … */
  readonly verb: string
  readonly anything: boolean
  readonly objects: readonly Ident[]
  readonly peers: readonly Ident[]
  /** It stands after a comma: `may call pay, finish`. */
  readonly follows?: true
  /** `answer … by sentence`: before all of it is known. */
  readonly bySentence?: true
}
export interface Limit extends Node {
  /** A count of steps, or money spent. */
  readonly amount: Expr
  readonly scope: ScopeName
}
export type ScopeName = 'conversation' | 'agent' | 'turn' | 'fleet'

export interface WordsDecl extends Node {
  readonly kind: 'words'
  readonly name: Ident | undefined
  readonly words: readonly TextNode[]
}
export interface TableDecl extends Node {
  readonly kind: 'table'
  readonly name: Ident | undefined
  readonly by: readonly Ident[]
  readonly rows: readonly TableRow[]
}
export interface TableRow extends Node {
  readonly keys: readonly TextNode[]
  readonly value: Expr
}
export interface GroupDecl extends Node {
  readonly kind: 'group'
  readonly name: Ident | undefined
  readonly members: readonly Ident[]
}
export interface FactDecl extends Node {
  readonly kind: 'fact'
  readonly name: Ident | undefined
  readonly is: Pattern
}
export interface RuleDecl extends Node {
  readonly kind: 'rule'
  readonly name: TextNode | undefined
  readonly when: Pattern | undefined
  readonly named: readonly NamedValue[]
  readonly action: ActionNode | undefined
  readonly notes: Notes
}
/** What rules and consistencies share. */
export interface Notes {
  readonly because?: TextNode
  readonly remedy?: TextNode
  readonly severity?: 'low' | 'medium' | 'high' | 'critical'
  readonly shadow?: boolean
  readonly onError?: 'deny' | 'allow' | 'warn'
}
export type NamedValue =
  | {
      readonly kind: 'latest'
      readonly name: Ident
      readonly of: Pattern
      readonly same: readonly SameKey[]
      /** `the texts of the last 20 …`: the texts of so many steps instead of the fields of one. */
      readonly texts?: number
      readonly span: Span
    }
  /** `the number of X in the last 2 minutes`, `the total amount of X`, `the latest 5 X`, … */
  | {
      readonly kind: 'tally'
      readonly name: Ident
      readonly fn: 'count' | 'distinct' | 'total' | 'average' | 'highest' | 'lowest' | 'since' | 'latest'
      readonly field?: Path
      /** Of `latest`: how many. */
      readonly most?: Expr
      readonly of: Pattern
      readonly same: readonly SameKey[]
      /** `in the last D` */
      readonly window?: Expr
      /** `this calendar day in "ZONE"` */
      readonly per?: CalendarNode
      /** `since the latest Y` */
      readonly after?: Pattern
      readonly span: Span
    }
  | { readonly kind: 'value'; readonly name: Ident; readonly value: Expr; readonly span: Span }

export interface ConsistencyDecl extends Node {
  readonly kind: 'consistency'
  readonly name: TextNode | undefined
  readonly scope: ScopeName
  readonly forEach: readonly Path[]
  /** `kept forever`: where it says so. */
  readonly keptForever?: Node
  readonly during: StretchNode | undefined
  readonly form: FormNode | undefined
  readonly otherwise: ActionNode | undefined
  readonly notes: Notes
}
export interface FlowDecl extends Node {
  readonly kind: 'flow'
  readonly name: TextNode | undefined
  readonly labels: readonly FlowLabelNode[]
  readonly readers: readonly FlowReadersNode[]
  /** May be absent where the flow only says what has a label. */
  readonly form: FlowFormNode | undefined
  readonly otherwise: ActionNode | undefined
  readonly notes: Notes
}
/** `label private on results of read_file`. */
export interface FlowLabelNode extends Node {
  readonly name: Ident
  readonly on: readonly SourceNode[]
}
/** `only readers, "auditor" may read text of read_document`. */
export interface FlowReadersNode extends Node {
  readonly readers: readonly ReaderNode[]
  readonly on: readonly SourceNode[]
}
/** A field of the step that gives the text, or a name. */
export type ReaderNode = Node &
  ({ readonly kind: 'field'; readonly field: Path } | { readonly kind: 'is'; readonly text: TextNode })
export type FlowFormNode = Node &
  (
    | {
        readonly kind: 'comesOnlyFrom'
        /** `links in body of …`: these parts of the text rather than the whole. */
        readonly part: Ident | undefined
        readonly fields: readonly Path[]
        readonly what: Pattern
        readonly sources: readonly SourceNode[]
      }
    | {
        readonly kind: 'neverReaches'
        readonly label: Ident
        /** None: any field. */
        readonly fields: readonly Path[]
        readonly what: Pattern
        readonly evenReworded: boolean
        readonly releasedBy: readonly Ident[]
      }
    | {
        readonly kind: 'readable'
        /** None: any field but those of `by`. */
        readonly fields: readonly Path[]
        readonly what: Pattern
        /** Who will read it: fields of the step, or `peer`. */
        readonly by: readonly Path[]
        readonly evenReworded: boolean
        readonly releasedBy: readonly Ident[]
      }
  )
export type SourceNode = Node &
  (
    | { readonly kind: 'constant'; readonly test: 'is' | 'starts' | 'ends'; readonly text: TextNode }
    | { readonly kind: 'agent' }
    | { readonly kind: 'messages'; readonly from: readonly Ident[]; readonly of: Pattern }
    /** `names`: written bare; each is a tool, a message, a group, or someone who sends messages. */
    | {
        readonly kind: 'steps'
        readonly fields: readonly Path[]
        readonly of: Pattern
        readonly names: readonly Ident[]
      }
  )

export interface TestDecl extends Node {
  readonly kind: 'test'
  readonly name: TextNode | undefined
  /** `at TIME`: when the test starts. */
  readonly startsAt: Expr | undefined
  readonly given: readonly TestStepNode[]
  readonly when: TestStepNode | undefined
  readonly expect: ExpectNode | undefined
}
export interface TestStepNode extends Node {
  readonly after: Expr | undefined
  readonly sameTurn: boolean
  readonly step: StepNode
  /** `result of TOOL to AGENT` names its agent among the step's peers. */
  readonly values: readonly Entry[]
  /** What detectors say of the step: `injection in text = 0.9`. */
  readonly scores: readonly ScoreNode[]
  readonly actor: TextNode | undefined
  /** `in role "manager", "treasurer"` */
  readonly roles: readonly TextNode[]
  readonly tenant: TextNode | undefined
}
export interface ScoreNode extends Node {
  readonly detector: Ident
  readonly of: Path
  readonly value: Expr
}
export interface ExpectNode extends Node {
  readonly verdict: 'allow' | 'repair' | 'ask' | 'deny' | 'quarantine'
  readonly who: Ident | undefined
  readonly because: TextNode | undefined
}
/** `use tools from "…"`, `use schema Name from "…"`. */
export interface UseDecl extends Node {
  readonly kind: 'use'
  readonly what: 'tools' | 'schema'
  /** Of the schema; of the group of all the tools, if it is given one. */
  readonly name: Ident | undefined
  readonly from: TextNode | undefined
  /** What is not understood is left out, with a warning. */
  readonly leniently: boolean
}
/** `use "spend" version 2 with per_conversation = 2 USD as spending`. */
export interface LibraryDecl extends Node {
  readonly kind: 'library'
  readonly from: TextNode | undefined
  readonly version: TextNode | undefined
  readonly settings: readonly Entry[]
  readonly as: Ident | undefined
}
/** What whoever uses the library may set. */
export interface ParameterDecl extends Node {
  readonly kind: 'parameter'
  readonly field: FieldNode | undefined
}
/** What the policy that uses the library must declare; by itself the library has it declared. */
export interface NeedsDecl extends Node {
  readonly kind: 'needs'
  readonly of: ToolDecl | MessageDecl | undefined
  /** `needs group`: a group of tools and messages like `of`, which stands in for all of them by itself. */
  readonly asGroup: boolean
}
/** `detector injection over text { cost 0.001 USD, within 200 milliseconds, gives score from 0 to 1, threshold 0.7 }`. */
export interface DetectorDecl extends Node {
  readonly kind: 'detector'
  readonly name: Ident | undefined
  readonly cost: Expr | undefined
  readonly within: Expr | undefined
  readonly range: readonly [low: number, high: number] | undefined
  readonly threshold: number | undefined
}
export interface UnknownDecl extends Node {
  readonly kind: 'unknown'
}
