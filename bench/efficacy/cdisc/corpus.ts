/** The recorded rules and their cases, as the corpus has them. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { Json } from '../../../dsl/judge/step.ts'

export interface Leaf {
  readonly name?: string
  readonly operator?: string | null
  readonly value?: Json
  readonly value_is_literal?: boolean
  readonly value_is_reference?: boolean
  readonly type_insensitive?: boolean
  readonly within?: string
  readonly prefix?: number
  readonly suffix?: number
  readonly negative?: boolean
}
export interface Tree extends Leaf {
  readonly all?: readonly Tree[] | null
  readonly any?: readonly Tree[] | null
  readonly not?: Tree
}

export interface Operation {
  readonly id: string
  readonly operator: string | null
  readonly domain?: string
  readonly name?: string
  readonly group?: readonly string[]
  readonly filter?: Readonly<Record<string, Json>>
}

export interface Dataset {
  readonly label?: string
  readonly columns: readonly { readonly variable: string; readonly type?: string }[]
  readonly rows: readonly Readonly<Record<string, string | null>>[]
}

export interface Case {
  readonly case: string
  readonly datasets: Readonly<Record<string, Dataset>>
  readonly expected_known: boolean
  readonly expected: readonly { readonly path?: string }[]
  readonly expected_rows: readonly (readonly [dataset: string, record: string])[]
}

interface Side {
  readonly Include?: readonly string[]
  readonly Exclude?: readonly string[]
}

export interface CdiscRule {
  readonly id: string
  readonly rule_type: string
  readonly sensitivity: string
  readonly class: 'record' | 'cross_record' | 'cross_dataset' | 'metadata'
  readonly needs: readonly string[]
  readonly check: Tree | null
  readonly operations: readonly Operation[]
  readonly match_datasets: readonly {
    readonly Name: string
    readonly Keys?: readonly (string | { readonly Left: string; readonly Right: string })[]
  }[]
  readonly scope: {
    readonly Classes?: Side | null
    readonly Domains?: Side | null
    readonly Entities?: Side | null
    readonly Datasets?: Side | null
    readonly [other: string]: unknown
  }
  readonly cases: readonly Case[]
}

export function readLines<T>(file: string): T[] {
  const bytes = readFileSync(file)
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
  return text.split('\n').flatMap((line): T[] => (line === '' ? [] : [JSON.parse(line)]))
}
