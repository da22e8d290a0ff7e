/**
 * Detectors over recordings: what a policy asks and the recording does not say. Nobody waits for an answer, so that each look has
 * time to load its model; the same question is looked at once, however often it is asked.
 */
import type { Answers } from '#dsl/judge/gathered.ts'
import type { Evidence, EvidenceNeed } from '#dsl/judge/grounds.ts'
import type { Detector } from '#runtime/fleet/definition.ts'

/** For one look, the loading of a model among it. */
export const LOOK_TIMEOUT_MS = 60_000
/** Answers kept; the oldest go first. */
export const ANSWERS_MAX = 20_000

/** A detector that is not among them, throws or takes too long leaves what asks it undecided. */
export function lookingBy(
  detectors: Readonly<Record<string, Detector>>,
): (needs: readonly EvidenceNeed[]) => Promise<Answers> {
  const kept = new Map<string, Promise<Evidence>>()
  const look = (need: EvidenceNeed): Promise<Evidence> => {
    const known = kept.get(need.key)
    if (known) return known
    const looked = lookAt(detectors, need)
    kept.set(need.key, looked)
    const [oldest] = kept.keys()
    if (kept.size > ANSWERS_MAX && oldest !== undefined) kept.delete(oldest)
    return looked
  }
  return async (needs) => {
    const found = await Promise.all(needs.map(look))
    return Object.fromEntries(needs.map(({ key }, at) => [key, found[at]!]))
  }
}

async function lookAt(
  detectors: Readonly<Record<string, Detector>>,
  { detector: name, input, key }: EvidenceNeed,
): Promise<Evidence> {
  const detector = Object.hasOwn(detectors, name) ? detectors[name] : undefined
  if (!detector)
    return { kind: 'failed', why: `the recording does not say it, and no \`${name}\` is at hand` }
  const signal = AbortSignal.timeout(LOOK_TIMEOUT_MS)
  const late = Promise.withResolvers<Evidence>()
  const onLate = () => late.resolve({ kind: 'failed', why: `no answer within ${LOOK_TIMEOUT_MS} ms` })
  signal.addEventListener('abort', onLate, { once: true })
  try {
    const context = { conversation: '', agent: '', key, at: 0, signal }
    return await Promise.race([Promise.resolve(detector(input, context)), late.promise])
  } catch (cause) {
    return { kind: 'failed', why: cause instanceof Error ? cause.message : String(cause) }
  } finally {
    signal.removeEventListener('abort', onLate)
  }
}
