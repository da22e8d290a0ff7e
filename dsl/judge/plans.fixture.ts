/** Plans written by hand, for the judge's own tests: the smallest words for the nodes of a plan. */
import {
  type Action,
  type Agent,
  type Binding,
  type Compare,
  type Consistency,
  type ConsistencyForm,
  type Expr,
  type FieldShape,
  MICRO,
  PLAN_VERSION,
  type Plan,
  type Rule,
  type Selector,
  type Shape,
  type StepPattern,
  type Tool,
  type Type,
} from '../plan/plan.ts'
import type { JsonObject, Step } from './step.ts'

const at = { span: [0, 0] as const }
export const FLAG: Type = { kind: 'flag' }
export const TEXT: Type = { kind: 'text' }
export const NUMBER: Type = { kind: 'number' }
export const TIME: Type = { kind: 'time' }
export const DURATION: Type = { kind: 'duration' }
export const USD: Type = { kind: 'money', currency: 'USD' }

// ---------------------------------------------------------------- expressions

export const field = (path: string, type: Type = TEXT): Expr => ({
  ...at,
  op: 'field',
  path: path.split('.'),
  type,
})
export const literal = (value: string | number | boolean, type: Type): Expr => ({
  ...at,
  op: 'literal',
  value,
  type,
})
export const usd = (amount: number): Expr => literal(amount * MICRO, USD)
export const text = (value: string): Expr => literal(value, TEXT)
export const number = (value: number): Expr => literal(value, NUMBER)
export const binding = (index: number): Expr => ({ ...at, op: 'binding', index, type: { kind: 'anything' } })
export const get = (of: Expr, path: string, type: Type = TEXT): Expr => ({
  ...at,
  op: 'get',
  of,
  path: path.split('.'),
  type,
})
export const compare = (left: Expr, cmp: Compare, right: Expr): Expr => ({
  ...at,
  op: 'compare',
  cmp,
  left,
  right,
  type: FLAG,
})
export const and = (...of: Expr[]): Expr => ({ ...at, op: 'and', of, type: FLAG })
export const or = (...of: Expr[]): Expr => ({ ...at, op: 'or', of, type: FLAG })
export const not = (of: Expr): Expr => ({ ...at, op: 'not', of, type: FLAG })
export const present = (of: Expr): Expr => ({ ...at, op: 'present', of, type: FLAG })
export const contains = (subject: Expr, ...words: string[]): Expr => ({
  ...at,
  op: 'text',
  test: 'contains',
  subject,
  any: words.map(text),
  exactly: false,
  words: false,
  type: FLAG,
})
export const detects = (subject: Expr, detector: string): Expr => ({
  ...at,
  op: 'detects',
  subject,
  detector,
  type: FLAG,
})

// ---------------------------------------------------------------- vocabulary

export const required = (name: string, shape: Shape): FieldShape => ({ name, shape, optional: false })
export const optional = (name: string, shape: Shape): FieldShape => ({ name, shape, optional: true })
export const textShape: Shape = { ...at, kind: 'text' }
export const usdShape: Shape = { ...at, kind: 'money', currency: 'USD', range: {} }
export const anything: Shape = { ...at, kind: 'anything' }
export const record = (...fields: FieldShape[]): Shape => ({
  ...at,
  kind: 'record',
  fields,
  checks: [],
  closed: true,
})
const openRecord: Shape = { ...at, kind: 'record', fields: [], checks: [], closed: false }

export const tool = (name: string, takes: Shape = openRecord, returns?: Shape): Tool => ({
  name,
  takes,
  ...(returns !== undefined && { returns }),
  traits: { readsOnly: false, external: false, idempotent: false, idempotentBy: [] },
  line: 1,
  ...at,
})
export const agent = (name: string, ...may: Selector[]): Agent => ({ name, may, line: 1, ...at })

// ---------------------------------------------------------------- constraints

export const steps = (selector: Selector, where?: Expr): StepPattern => ({
  any: [selector],
  ...(where !== undefined && { where }),
  shown:
    selector.names?.map((name) => `\`${name}\``).join(' or ') ?? selector.kinds?.join(' or ') ?? 'any step',
})
export const calls = (name: string, where?: Expr): StepPattern =>
  steps({ kinds: ['calls'], names: [name] }, where)

const meta = (name: string) => ({ name, shadow: false, onError: 'deny' as const, line: 1, ...at })

export const rule = (name: string, when: StepPattern, action: Action, more: Partial<Rule> = {}): Rule => ({
  ...meta(name),
  id: idOf(name),
  when,
  action,
  bindings: [],
  locals: [],
  ...more,
})
export const consistency = (
  name: string,
  form: ConsistencyForm,
  more: Partial<Consistency> = {},
): Consistency => ({
  ...meta(name),
  id: idOf(name),
  scope: 'conversation',
  forEach: [],
  form,
  otherwise: { kind: 'deny' },
  bound: '',
  ...more,
})
export const latest = (name: string, of: StepPattern, ...same: string[]): Binding => ({
  name,
  of,
  same: same.map((path) => ({ there: path.split('.'), here: path.split('.') })),
  keep: [],
  bound: '',
  id: idOf(`binding ${name} ${of.shown}`),
})

/** FNV-1a, as 8 hex digits: stable ids without a dependency. */
function idOf(name: string): string {
  let hash = 0x811c9dc5
  for (const char of name) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}

/** A plan whose clerk may do everything, unless told otherwise. */
export const plan = (parts: Partial<Plan>): Plan => ({
  planVersion: PLAN_VERSION,
  policy: { name: 'Test', version: '1', file: 'test.parapet' },
  hash: 'test',
  tools: [],
  messages: [],
  agents: [agent('clerk', {}), agent('supervisor', {})],
  tables: [],
  rules: [],
  consistencies: [],
  flows: [],
  tests: [],
  ...parts,
})

export const step = (name: string, fields: JsonObject = {}, more: Partial<Step> = {}): Step => ({
  kind: 'calls',
  agent: 'clerk',
  actor: 'c1/clerk',
  conversation: 'c1',
  turn: 1,
  at: 1_700_000_000_000,
  name,
  fields,
  ...more,
})
