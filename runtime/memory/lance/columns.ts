/**
 * Rows as columns: what rows are found, narrowed and counted by, a vector where memory has an embedder, and the whole row in
 * one column more, since each column that comes back costs a search as much as a tenth of the rest (measured; design/memory.md).
 */
import { createRequire } from 'node:module'
import type * as Arrow from 'apache-arrow'
import type { NewRow, Row, RowState } from '../port.ts'

/** LanceDB `require`s Arrow and takes tables of that copy as they are; those of the copy one would `import` it takes apart. */
const arrow: typeof Arrow = createRequire(import.meta.url)('apache-arrow')
const { Field, FixedSizeList, Float32, Float64, List, RecordBatch, Schema, Struct, Table, Utf8 } = arrow
const { makeData, vectorFromArray } = arrow

/** Raised when a folder written before cannot be read as it is. */
export const MEMORY_VERSION = 3
export const VERSION_KEY = 'parapet.memory'
const MODEL_KEY = 'parapet.model'

/**
 * Makes LanceDB notice that two processes insert the same id at once; without it each of them inserts its own row.
 * Measured with 0.31: 20 ids written by two connections at once make 40 rows without the mark, 20 with it.
 */
const primaryKey = new Map([['lance-schema:unenforced-primary-key', 'true']])
const text = new Utf8()
const texts = new List(new Field('item', text, true))

const fields = [
  new Field('id', text, false, primaryKey),
  new Field('kind', text, false),
  new Field('text', text, false),
  new Field('writer', text, false),
  new Field('conversation', text, false),
  new Field('written_at', new Float64(), false),
  new Field('sources', texts, false),
  new Field('standing', text, false),
  new Field('state', text, false),
  new Field('row', text, false),
]

export const rowSchema = new Schema(fields, new Map([[VERSION_KEY, String(MEMORY_VERSION)]]))
export const ROW_COLUMNS: readonly string[] = fields.map(({ name }) => name)
/** What was withdrawn: the source that was named and what became of all that rests on it. */
export const withdrawalSchema = new Schema([
  new Field('id', text, false, primaryKey),
  new Field('state', text, false),
])
/** Rows of a kind written before a time are forgotten, those that arrive later too. */
export const forgottenSchema = new Schema([
  new Field('id', text, false, primaryKey),
  new Field('before', new Float64(), false),
])

export interface Model {
  readonly model: string
  readonly dimensions: number
}

/** The model stands in the column itself, so that the two cannot part. */
export function vectorField({ model, dimensions }: Model) {
  const type = new FixedSizeList(dimensions, new Field('item', new Float32(), true))
  return new Field('vector', type, true, new Map([[MODEL_KEY, model]]))
}

/** Undefined: no vectors. A column that somebody else added has no model. */
export function modelIn(schema: Arrow.Schema): Partial<Model> | undefined {
  const field = schema.fields.find(({ name }) => name === 'vector')
  if (!field) return undefined
  const model = field.metadata.get(MODEL_KEY)
  const type: unknown = field.type
  const dimensions =
    typeof type === 'object' && type !== null && 'listSize' in type ? Number(type.listSize) : undefined
  return { ...(model !== undefined && { model }), ...(dimensions !== undefined && { dimensions }) }
}

export interface Incoming {
  readonly row: NewRow
  readonly state: RowState
  /** Undefined: not known yet, or a text without a word. */
  readonly vector: Float32Array | undefined
}

export function tableOf(incoming: readonly Incoming[], model: Model | undefined): Arrow.Table {
  const column = (of: (each: Incoming) => unknown, type: Arrow.DataType) =>
    vectorFromArray(incoming.map(of), type).data[0]!
  const children = [
    column(({ row }) => row.id, text),
    column(({ row }) => row.kind, text),
    column(({ row }) => row.text, text),
    column(({ row }) => row.writer, text),
    column(({ row }) => row.conversation, text),
    column(({ row }) => row.writtenAt, new Float64()),
    column(({ row }) => row.sources, texts),
    column(({ row }) => row.standing, text),
    column(({ state }) => state, text),
    column(({ row }) => JSON.stringify(row), text),
  ]
  if (!model) return inOne(rowSchema, children, incoming.length)
  const schema = new Schema([...fields, vectorField(model)])
  const vectors = vectorColumn(
    incoming.map(({ vector }) => vector),
    model,
  )
  return inOne(schema, [...children, vectors], incoming.length)
}

/** Vectors of rows that are there already. */
export function vectorsOf(found: readonly { id: string; vector: Float32Array }[], model: Model): Arrow.Table {
  const ids = vectorFromArray(
    found.map(({ id }) => id),
    text,
  ).data[0]!
  const vectors = vectorColumn(
    found.map(({ vector }) => vector),
    model,
  )
  return inOne(new Schema([fields[0]!, vectorField(model)]), [ids, vectors], found.length)
}

function vectorColumn(vectors: readonly (Float32Array | undefined)[], model: Model): Arrow.Data {
  const { dimensions } = model
  const data = new Float32Array(vectors.length * dimensions)
  const known = new Uint8Array(Math.ceil(vectors.length / 8))
  let nullCount = 0
  vectors.forEach((vector, at) => {
    if (vector === undefined) nullCount++
    else {
      data.set(vector, at * dimensions)
      known[at >> 3]! |= 1 << (at & 7)
    }
  })
  const child = makeData({ type: new Float32(), length: data.length, nullCount: 0, data })
  const type = vectorField(model).type
  return makeData({ type, length: vectors.length, nullCount, nullBitmap: known, child })
}

function inOne(schema: Arrow.Schema, children: readonly Arrow.Data[], length: number): Arrow.Table {
  const type = new Struct(schema.fields)
  const data = makeData({ type, length, nullCount: 0, children: [...children] })
  return new Table(schema, [new RecordBatch(schema, data)])
}

/** As LanceDB hands rows out: what is needed to give them back whole. */
export interface RawRow {
  readonly row: string
}

export interface RawHit extends RawRow {
  readonly _score: number
}

export interface RawNeighbour extends RawRow {
  readonly _distance: number
}

/** Searches find live rows only, so that they need not read the state. */
export function rowOf({ row }: RawRow, state: RowState = 'live'): Row {
  const written: NewRow = JSON.parse(row)
  return { ...written, state }
}
