/** What gives texts their meaning in this process: the fleet's own embedder, or the one that comes along. */
import { dirname } from 'node:path'
import { cached } from '#runtime/evidence/cached.ts'
import type { Embedder } from '#runtime/evidence/embedder.ts'
import { offlineEmbedder } from '#runtime/evidence/offline.ts'
import { errorText } from '#runtime/kernel/refusal.ts'
import type { LoadedFleet } from './load.ts'
import { loadFleet } from './load.ts'
import { shownPath } from './paint.ts'
import { debugDetail, type Problem, problem } from './problem.ts'

export interface Embedding {
  readonly kind: 'embedding'
  readonly embedder: Embedder
  /** For what was trained on its vectors; the same where the fleet has no other. */
  readonly offline: Embedder
  close(): Promise<void>
}

/**
 * One that comes along is loaded with the first text. One of the fleet's own is tried at once: what would never work is a problem,
 * and one that does not answer now is told (`notice`).
 */
export async function openEmbedding(
  fleet: Pick<LoadedFleet, 'definition' | 'file'> | undefined,
  notice: (text: string) => void,
): Promise<Embedding | Problem> {
  const offline = cached(offlineEmbedder())
  if (fleet?.definition.embedder === undefined)
    return { kind: 'embedding', embedder: offline, offline, close: async () => offline.close?.() }
  const where = shownPath(fleet.file)
  try {
    const embedder = cached(fleet.definition.embedder({ fleetDir: dirname(fleet.file) }))
    const close = async () => {
      await Promise.all([embedder.close?.(), offline.close?.()])
    }
    const tried = await embedder.embed(['ready'])
    if (tried.kind === 'failed' && tried.lasting) {
      await close()
      return problem('D0039', `the fleet’s embedder is of no use: ${tried.why}`, {
        where,
        help: 'mend what it says; nothing was started',
      })
    }
    if (tried.kind === 'failed')
      notice(`the fleet’s embedder does not answer: ${tried.why}; what asks for meaning is unknown meanwhile`)
    return { kind: 'embedding', embedder, offline, close }
  } catch (cause) {
    return problem('D0039', `the fleet’s embedder could not be made: ${errorText(cause)}`, {
      where,
      ...debugDetail(cause),
      help: '`embedder: ({ fleetDir }) => transformersEmbedder({ … })`',
    })
  }
}

/** For commands that work without a fleet, and may be given one for its embedder. */
export async function embeddingOf(
  fleetFile: string | undefined,
  color: boolean,
  notice: (text: string) => void,
): Promise<Embedding | Problem> {
  const fleet = fleetFile === undefined ? undefined : await loadFleet(fleetFile, color)
  return fleet?.kind === 'problem' ? fleet : openEmbedding(fleet, notice)
}
