/** The detectors every fleet has (`SCORERS` in the language's prelude); a world's own of the same name go before them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plan } from '#dsl/plan/plan.ts'
import type { Detector, World } from '#runtime/fleet/definition.ts'
import type { SharedMemory } from '#runtime/memory/port.ts'
import { askedScores } from './asked.ts'
import { cached } from './cached.ts'
import type { Embedder } from './embedder.ts'
import { groundsDetectors } from './grounds.ts'
import { type InjectionModel, injectionDetector } from './injection.ts'
import { meaningDetectors } from './meaning.ts'
import { OFFLINE_MODEL, offlineEmbedder } from './offline.ts'

const INJECTION_MODEL = join(import.meta.dirname, 'injection-model.json')

/**
 * Nothing is loaded before the first look. `offline` is for what was trained on its vectors, also where the fleet has an embedder of
 * its own.
 */
export function builtInDetectors(
  embedder: Embedder = cached(offlineEmbedder()),
  offline: Embedder = embedder.model === OFFLINE_MODEL ? embedder : cached(offlineEmbedder()),
): Readonly<Record<string, Detector>> {
  let injection: Detector | undefined
  return {
    ...meaningDetectors(embedder),
    injection: (input, context) => {
      injection ??= injectionDetector(offline, injectionModel())
      return injection(input, context)
    },
  }
}

export function injectionModel(): InjectionModel {
  return JSON.parse(readFileSync(INJECTION_MODEL, 'utf8'))
}

/** The world with what every fleet has. */
export function withDetectors(
  world: World,
  { embedder, offline, memory }: { embedder?: Embedder; offline?: Embedder; memory?: SharedMemory } = {},
): World {
  const ofMemory = memory && groundsDetectors(memory)
  return { ...world, detectors: { ...builtInDetectors(embedder, offline), ...ofMemory, ...world.detectors } }
}

/** Detectors a policy asks that the fleet does not have: what asks them would always be unknown. */
export function lackingDetectors(plan: Plan, world: World): readonly string[] {
  const asked = new Set(askedScores(plan).map(({ detector }) => detector))
  return Array.from(asked)
    .filter((name) => world.detectors === undefined || !Object.hasOwn(world.detectors, name))
    .sort()
}
