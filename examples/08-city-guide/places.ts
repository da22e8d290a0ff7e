/** The guidebook (`data/places.json`) and what visitors ask of it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Json } from '#dsl/judge/step.ts'
import { isObject } from '#dsl/judge/values.ts'

export type Place = { place: string; text: string }

/** Throws when the file is not there or no JSON. */
export function readPlaces(dataDir: string): Place[] {
  return JSON.parse(readFileSync(join(dataDir, 'places.json'), 'utf8'))
}

export function readQuestions(dataDir: string): string[] {
  return JSON.parse(readFileSync(join(dataDir, 'questions.json'), 'utf8'))
}

/** The texts of recalled rows. */
export function passagesIn(rows: Json | undefined): string[] {
  if (!Array.isArray(rows)) return []
  return rows.flatMap((row) => (isObject(row) && typeof row['text'] === 'string' ? [row['text']] : []))
}
