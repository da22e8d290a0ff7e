/**
 * Where schemas live: resources by URI, anchors by name, and what a `$ref` leads to. Nothing is fetched: a reference to
 * a document that was not given leads nowhere.
 */
import type { Json, JsonObject } from '../step.ts'
import { isObject, own } from '../values.ts'

export interface Resource {
  readonly base: string
  readonly root: Json
  readonly anchors: Map<string, JsonObject>
  readonly dynamicAnchors: Map<string, JsonObject>
}

export interface Target {
  readonly schema: Json
  readonly resource: Resource
}

/** Keywords whose value is a schema, a list of schemas, a map of schemas. Others are not looked into for `$id`. */
const ONE = [
  'additionalProperties',
  'unevaluatedProperties',
  'propertyNames',
  'items',
  'contains',
  'unevaluatedItems',
  'not',
  'if',
  'then',
  'else',
  'contentSchema',
]
const MANY = ['allOf', 'anyOf', 'oneOf', 'prefixItems', 'items']
const NAMED = ['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions', 'dependencies']

/** Base of a document that names none. */
const NOWHERE = 'schema:///'
/** Schemas inside one another that are looked into. */
const NESTING_MAX = 256

export class Documents {
  readonly main: Resource
  /** Some schema has `$dynamicAnchor`: what is open while judging then matters. */
  dynamic = false
  private readonly resources = new Map<string, Resource>()
  private readonly homes = new Map<JsonObject, Resource>()

  constructor(schema: Json, others: Readonly<Record<string, Json>> = {}) {
    for (const [uri, other] of Object.entries(others)) this.add(other, uri)
    this.main = this.add(schema, NOWHERE)
  }

  private add(schema: Json, uri: string): Resource {
    const resource = made(schema, uri)
    this.resources.set(uri, resource)
    this.index(schema, resource, 0)
    return (isObject(schema) && this.homes.get(schema)) || resource
  }

  /** The resource a schema belongs to; `near` for one in a place that is no schema's. */
  homeOf(schema: Json, near: Resource): Resource {
    return (isObject(schema) ? this.homes.get(schema) : undefined) ?? near
  }

  find(ref: string, from: Resource): Target | undefined {
    const [uri, fragment] = split(ref, from.base)
    const resource = uri === undefined ? undefined : this.resources.get(uri)
    if (resource === undefined) return undefined
    if (fragment === '') return { schema: resource.root, resource }
    if (fragment.startsWith('/')) return this.walk(resource, fragment)
    const schema = resource.anchors.get(fragment)
    return schema === undefined ? undefined : { schema, resource }
  }

  private walk(from: Resource, pointer: string): Target | undefined {
    let schema: Json | undefined = from.root
    let resource = from
    for (const part of pointerParts(pointer)) {
      schema = Array.isArray(schema) ? schema[Number(part)] : isObject(schema) ? own(schema, part) : undefined
      if (schema === undefined) return undefined
      resource = this.homeOf(schema, resource)
    }
    if (isObject(schema) && !this.homes.has(schema)) this.index(schema, resource, 0)
    return { schema, resource: this.homeOf(schema, resource) }
  }

  private index(schema: Json, outer: Resource, depth: number): void {
    if (!isObject(schema) || this.homes.has(schema) || depth > NESTING_MAX) return
    const resource = this.resourceOf(schema, outer)
    this.homes.set(schema, resource)
    const anchor = own(schema, '$anchor')
    if (typeof anchor === 'string') resource.anchors.set(anchor, schema)
    const dynamic = own(schema, '$dynamicAnchor')
    if (typeof dynamic === 'string') {
      resource.anchors.set(dynamic, schema)
      resource.dynamicAnchors.set(dynamic, schema)
      this.dynamic = true
    }
    const inside = (one: Json | undefined) => {
      if (one !== undefined) this.index(one, resource, depth + 1)
    }
    for (const keyword of ONE) inside(own(schema, keyword))
    for (const keyword of MANY) {
      const list = own(schema, keyword)
      if (Array.isArray(list)) for (const one of list) inside(one)
    }
    for (const keyword of NAMED) {
      const named = own(schema, keyword)
      if (isObject(named)) for (const one of Object.values(named)) inside(one)
    }
  }

  private resourceOf(schema: JsonObject, outer: Resource): Resource {
    const id = own(schema, '$id')
    if (typeof id !== 'string' || id.startsWith('#')) return outer
    const [base] = split(id, outer.base)
    if (base === undefined) return outer
    const resource = made(schema, base)
    this.resources.set(base, resource)
    return resource
  }
}

function made(root: Json, base: string): Resource {
  return { base, root, anchors: new Map(), dynamicAnchors: new Map() }
}

/** An absolute URI without its fragment, and the fragment unescaped. */
function split(ref: string, base: string): [string | undefined, string] {
  const hash = ref.indexOf('#')
  const path = hash < 0 ? ref : ref.slice(0, hash)
  const fragment = hash < 0 ? '' : unescaped(ref.slice(hash + 1))
  if (path === '') return [base, fragment]
  const absolute = URL.parse(path, base)
  return [absolute === null ? undefined : absolute.href, fragment]
}

function unescaped(fragment: string): string {
  try {
    return decodeURIComponent(fragment)
  } catch {
    // Malformed escapes are an error to the platform; as they stand they match nothing.
    return fragment
  }
}

/** `/a~1b/0` → `a/b`, `0`. */
function pointerParts(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

export function pointerPart(name: string | number): string {
  return `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`
}
