/**
 * JSON Schema's own test suite (2020-12) against our evaluator and ajv in the same run: which groups pass, by file, where
 * the two disagree, and how fast each judges. `JSON_SCHEMA_SUITE` names the folder; without it there is nothing to run.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { compileSchema } from '#dsl/judge/json-schema/compile.ts'
import type { Json } from '#dsl/judge/step.ts'

interface Case {
  readonly file: string
  readonly group: string
  readonly test: string
  readonly schema: Json
  readonly data: Json
  readonly valid: boolean
}

/** Undefined when the schema or the value could not be judged. */
type Judge = (value: Json) => boolean | undefined

const folder = process.env['JSON_SCHEMA_SUITE']
const suite = folder === undefined ? undefined : join(folder, 'draft2020-12.jsonl')
if (folder === undefined || suite === undefined || !existsSync(suite))
  console.log('skipped: JSON_SCHEMA_SUITE names no folder with draft2020-12.jsonl and remotes.json')
else run(readFileSync(suite, 'utf8'), readFileSync(join(folder, 'remotes.json'), 'utf8'))

function run(lines: string, remoteText: string): void {
  const cases = lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Case => JSON.parse(line))
  const others: Record<string, Json> = { ...metaSchemas() }
  for (const [path, schema] of Object.entries<Json>(JSON.parse(remoteText)))
    others[`http://localhost:1234/${path}`] = schema
  const groups = Map.groupBy(cases, (one) => `${one.file}\u0000${one.group}`)
  const byFile = new Map<string, { cases: number; ours: number; ajv: number; same: number }>()
  const missed: string[] = []
  const judged: { value: Json; ours: Judge; ajv: Judge }[] = []
  let groupsPassed = 0
  for (const group of groups.values()) {
    const [first] = group
    if (first === undefined) continue
    // In the standard's own files formats are remarks; in `optional/format` they are asserted.
    const formats = first.file.startsWith('optional/format/') ? 'assert' : 'note'
    const ours = ourJudge(first.schema, formats, others)
    const ajv = ajvJudge(first.schema, formats, others)
    const tally = byFile.get(first.file) ?? { cases: 0, ours: 0, ajv: 0, same: 0 }
    byFile.set(first.file, tally)
    let passed = true
    for (const { data, valid, test, group: name } of group) {
      const mine = ours(data)
      const theirs = ajv(data)
      tally.cases++
      if (mine === valid) tally.ours++
      else {
        passed = false
        missed.push(`${first.file}: ${name}: ${test} (should be ${valid})`)
      }
      if (theirs === valid) tally.ajv++
      if (mine === theirs) tally.same++
      if (mine === valid && theirs === valid) judged.push({ value: data, ours, ajv })
    }
    if (passed) groupsPassed++
  }
  console.log('file                                      cases   ours    ajv  agree')
  for (const [file, { cases: all, ours, ajv, same }] of byFile)
    console.log(
      `${file.padEnd(40)} ${String(all).padStart(6)} ${String(ours).padStart(6)} ${String(ajv).padStart(6)} ${String(same).padStart(6)}`,
    )
  const sum = (key: 'cases' | 'ours' | 'ajv' | 'same') =>
    Array.from(byFile.values(), (one) => one[key]).reduce((a, b) => a + b, 0)
  console.log(
    `all ${sum('cases')} cases: ours ${sum('ours')}, ajv ${sum('ajv')}, agree ${sum('same')}; groups ours ${groupsPassed} of ${groups.size}`,
  )
  for (const line of missed) console.log(`  missed  ${line}`)
  speed(judged)
}

function metaSchemas(): Record<string, Json> {
  const found: Record<string, Json> = {}
  const ajv = new Ajv2020()
  for (const name of [
    'schema',
    'meta/core',
    'meta/applicator',
    'meta/unevaluated',
    'meta/validation',
    'meta/meta-data',
    'meta/format-annotation',
    'meta/content',
  ]) {
    const uri = `https://json-schema.org/draft/2020-12/${name}`
    const schema = ajv.getSchema(uri)?.schema
    if (schema !== undefined && typeof schema !== 'boolean') found[uri] = JSON.parse(JSON.stringify(schema))
  }
  return found
}

function ourJudge(schema: Json, formats: 'assert' | 'note', others: Readonly<Record<string, Json>>): Judge {
  return compileSchema(schema, { formats, others }).fits
}

function ajvJudge(schema: Json, formats: 'assert' | 'note', others: Readonly<Record<string, Json>>): Judge {
  try {
    const ajv = new Ajv2020({ strict: false, validateFormats: formats === 'assert', logger: false })
    if (formats === 'assert') addFormats.default(ajv)
    for (const [uri, other] of Object.entries(others))
      if (uri.startsWith('http://localhost:1234/draft2020-12/') && typeof other === 'object')
        ajv.addSchema(other as object, uri)
    const validate = ajv.compile(schema as object)
    return (value) => {
      try {
        return validate(value) === true
      } catch {
        // Endless references overflow its stack.
        return undefined
      }
    }
  } catch {
    // What ajv cannot compile it does not judge; it is counted as wrong whatever the case says.
    return () => undefined
  }
}

function speed(judged: readonly { value: Json; ours: Judge; ajv: Judge }[]): void {
  for (const which of ['ours', 'ajv', 'ours', 'ajv'] as const) {
    const start = performance.now()
    let fits = 0
    for (let round = 0; round < 300; round++) for (const one of judged) if (one[which](one.value)) fits++
    const ms = performance.now() - start
    console.log(
      `${which.padEnd(5)} ${Math.round((judged.length * 300) / (ms / 1000)).toLocaleString('en')} values a second (${fits} fit)`,
    )
  }
}
