/**
 * JSON Schema 2020-12 → a function of one value. Every keyword of the core, applicator, unevaluated, validation and
 * format vocabularies is judged; annotations are let be; what is unknown or cannot be judged is told as a problem, and
 * a schema that has one of the latter refuses every value.
 */
import type { Issue } from '../shape-issue.ts'
import type { Json, JsonObject } from '../step.ts'
import { isObject, own } from '../values.ts'
import {
  APPLICATORS,
  all,
  type Compiling,
  items,
  members,
  unevaluatedItems,
  unevaluatedProperties,
} from './applicators.ts'
import { ASSERTIONS } from './assertions.ts'
import { Documents, pointerPart, type Resource, type Target } from './documents.ts'
import { type Check, fault, OPEN_MAX, type Run, Seen, WORK_MAX } from './evaluation.ts'
import type { SchemaProblem } from './problem.ts'

export interface CompiledSchema {
  readonly problems: readonly SchemaProblem[]
  /** The values of `issues` are cut to a bounded size; paths start with `base`. */
  fits(value: Json): boolean
  issues(value: Json, base: readonly (string | number)[], issuesMax: number): Issue[]
}

export interface SchemaOptions {
  /** JSON pointer to the schema that is meant; the document itself when left out. */
  readonly at?: string
  /** `note`: formats are remarks, as the standard has it unless told otherwise. */
  readonly formats?: 'assert' | 'note'
  /** Other documents by their URIs. */
  readonly others?: Readonly<Record<string, Json>>
}

/** Keywords that say nothing about which values fit. */
const ANNOTATIONS: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  '$anchor',
  '$dynamicAnchor',
  '$comment',
  '$defs',
  'definitions',
  'title',
  'description',
  'default',
  'examples',
  'example',
  'deprecated',
  'readOnly',
  'writeOnly',
  'contentEncoding',
  'contentMediaType',
  'contentSchema',
  '$vocabulary',
])
/** Read together with another keyword. */
const BESIDE: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  'additionalProperties',
  'prefixItems',
  'items',
  'additionalItems',
  'minContains',
  'maxContains',
  'then',
  'else',
  'unevaluatedProperties',
  'unevaluatedItems',
  '$ref',
  '$dynamicRef',
  'dependencies',
])

export function compileSchema(schema: Json, options: SchemaOptions = {}): CompiledSchema {
  const compiler = new Compiler(new Documents(schema, options.others), options)
  const check = compiler.start()
  const { problems } = compiler
  const refuse = problems.some(({ kind }) => kind !== 'unknown')
  const run = (issues: Issue[] | undefined, base: readonly (string | number)[], issuesMax: number): Run => ({
    issues,
    issuesMax,
    base,
    scope: [],
    open: 0,
    work: 0,
  })
  return {
    problems,
    fits: (value) => !refuse && check(value, undefined, run(undefined, [], 0), undefined),
    issues(value, base, issuesMax) {
      const found: Issue[] = []
      const judged = run(found, base, issuesMax)
      if (refuse) fault(judged, undefined, 'type', 'a schema that can be judged', undefined)
      else if (!check(value, undefined, judged, undefined) && found.length === 0)
        fault(judged, undefined, 'type', 'a value the schema allows', value)
      return found
    },
  }
}

class Compiler {
  readonly problems: SchemaProblem[] = []
  private readonly documents: Documents
  private readonly options: SchemaOptions
  private readonly made = new Map<JsonObject, { check: Check }>()

  constructor(documents: Documents, options: SchemaOptions) {
    this.documents = documents
    this.options = options
  }

  start(): Check {
    const { main } = this.documents
    const at = this.options.at ?? ''
    const target =
      at === '' ? { schema: main.root, resource: main } : this.documents.find(`#${encodeURI(at)}`, main)
    if (target !== undefined) return this.compile(target.schema, target.resource, at)
    this.problems.push({ kind: 'unresolved', pointer: at, message: 'there is no schema' })
    return () => false
  }

  private compile(schema: Json, near: Resource, pointer: string): Check {
    if (schema === true) return () => true
    if (schema === false)
      return (value, place, run) => fault(run, place, 'unexpected', 'no value at all', value)
    if (!isObject(schema)) {
      this.problems.push({ kind: 'malformed', pointer, message: 'a schema is a record, or true or false' })
      return () => false
    }
    const known = this.made.get(schema)
    // Called only after compiling: schemas may refer to themselves.
    if (known !== undefined) return (value, place, run, seen) => known.check(value, place, run, seen)
    const cell: { check: Check } = { check: () => false }
    this.made.set(schema, cell)
    cell.check = this.node(schema, this.documents.homeOf(schema, near), pointer)
    return cell.check
  }

  private node(schema: JsonObject, resource: Resource, pointer: string): Check {
    const checks: Check[] = []
    const add = (check: Check | undefined) => {
      if (check !== undefined) checks.push(check)
    }
    const noteAt =
      (where: string): Compiling['note'] =>
      (kind, message) => {
        this.problems.push({ kind, pointer: where, message })
      }
    const compilingOf = (keyword: string): Compiling => {
      const where = pointer + pointerPart(keyword)
      return {
        beside: schema,
        note: noteAt(where),
        inner: (one, relative) =>
          this.compile(
            one,
            resource,
            relative.startsWith('/../') ? pointer + relative.slice(3) : where + relative,
          ),
      }
    }
    for (const [keyword, value] of Object.entries(schema)) {
      if (keyword === 'format' && this.options.formats === 'note') continue
      const where = pointer + pointerPart(keyword)
      if (Object.hasOwn(ASSERTIONS, keyword)) add(ASSERTIONS[keyword]!(value, noteAt(where)))
      else if (Object.hasOwn(APPLICATORS, keyword)) add(APPLICATORS[keyword]!(value, compilingOf(keyword)))
      else if (keyword === '$ref') add(this.reference(value, resource, where))
      else if (keyword === '$dynamicRef') add(this.dynamicReference(value, resource, where))
      else if (keyword === 'dependencies') add(this.dependencies(value, compilingOf(keyword)))
      else if (!ANNOTATIONS.has(keyword) && !BESIDE.has(keyword) && !keyword.startsWith('x-'))
        noteAt(where)('unknown', `\`${keyword}\` is not understood`)
    }
    add(members(schema, compilingOf))
    add(items(schema, compilingOf))
    const last: Check[] = []
    const names = own(schema, 'unevaluatedProperties')
    if (names !== undefined)
      last.push(unevaluatedProperties(compilingOf('unevaluatedProperties').inner(names, '')))
    const places = own(schema, 'unevaluatedItems')
    if (places !== undefined) last.push(unevaluatedItems(compilingOf('unevaluatedItems').inner(places, '')))
    return this.bounded(withUnevaluated(all(checks), last), resource)
  }

  /** Keeps what is open, and how much was asked, within bounds. */
  private bounded(check: Check, resource: Resource): Check {
    const { documents } = this
    return (value, place, run, seen) => {
      if (run.open >= OPEN_MAX || ++run.work > WORK_MAX)
        return fault(run, place, 'type', 'a value that can be judged in bounded time', undefined)
      run.open++
      const entered = documents.dynamic && run.scope.at(-1) !== resource
      if (entered) run.scope.push(resource)
      const fits = check(value, place, run, seen)
      if (entered) run.scope.pop()
      run.open--
      return fits
    }
  }

  private reference(ref: Json, from: Resource, pointer: string): Check | undefined {
    const target = this.target(ref, from, pointer)
    return target === undefined ? undefined : this.compile(target.schema, target.resource, pointer)
  }

  private target(ref: Json, from: Resource, pointer: string): Target | undefined {
    const target = typeof ref === 'string' ? this.documents.find(ref, from) : undefined
    if (target === undefined)
      this.problems.push({
        kind: 'unresolved',
        pointer,
        message: `\`${String(ref)}\` leads nowhere; nothing is fetched`,
      })
    return target
  }

  /** The outermost open resource that has the anchor decides. */
  private dynamicReference(ref: Json, from: Resource, pointer: string): Check | undefined {
    const target = this.target(ref, from, pointer)
    if (target === undefined || typeof ref !== 'string') return undefined
    const fixed = this.compile(target.schema, target.resource, pointer)
    const name = ref.slice(ref.indexOf('#') + 1)
    if (!ref.includes('#') || target.resource.dynamicAnchors.get(name) !== target.schema) return fixed
    return (value, place, run, seen) => {
      for (const resource of run.scope) {
        const schema = resource.dynamicAnchors.get(name)
        if (schema !== undefined) return this.compile(schema, resource, pointer)(value, place, run, seen)
      }
      return fixed(value, place, run, seen)
    }
  }

  /** Before 2019-09 `dependencies` was both `dependentRequired` and `dependentSchemas`. */
  private dependencies(value: Json, compiling: Compiling): Check | undefined {
    if (!isObject(value)) {
      compiling.note('malformed', '`dependencies` is a map')
      return undefined
    }
    const lists: JsonObject = {}
    const schemas: JsonObject = {}
    for (const [name, one] of Object.entries(value)) (Array.isArray(one) ? lists : schemas)[name] = one
    const checks = [
      ASSERTIONS['dependentRequired']!(lists, compiling.note),
      APPLICATORS['dependentSchemas']!(schemas, compiling),
    ]
    return all(checks.filter((check) => check !== undefined))
  }
}

function withUnevaluated(check: Check, last: readonly Check[]): Check {
  if (last.length === 0) return check
  const finish = all(last)
  return (value, place, run, seen) => {
    const own = new Seen()
    const fits = check(value, place, run, own) && finish(value, place, run, own)
    if (fits) seen?.add(own)
    return fits
  }
}
