/**
 * Seals over the log: a hash chain over every record with its verdicts, written down somewhere else. Whoever changes,
 * removes or adds a record afterwards would have to change the seals too, which is why they are kept where daemons cannot write.
 *
 * A seal covers a stretch of one partition and starts from the hash of the seal before, so that stretches whose records are
 * no longer kept do not stand in the way of checking later ones.
 */
import { createHash } from 'node:crypto'
import type { CommitRecord } from '#runtime/fleet/record.ts'

export interface Seal {
  readonly partition: number
  /** Slots, both inclusive; `through` is a record's. */
  readonly from: number
  readonly through: number
  /** Of the seal before; GENESIS for the first. */
  readonly before: string
  readonly hash: string
}

export const GENESIS = '0'.repeat(64)

export type Finding =
  /** Its records do not come to its hash: one was changed, removed or added. */
  | { readonly kind: 'broken'; readonly seal: Seal }
  /** The seal does not start where the one before ends: a seal was changed or removed. */
  | { readonly kind: 'unchained'; readonly seal: Seal }
  /** Older slots are no longer kept, and with them what it covers. */
  | { readonly kind: 'gone'; readonly seal: Seal }

interface Chain {
  readonly seals: readonly Seal[]
  /** Which of `seals` the next record belongs to; past the last: it is new. */
  at: number
  hash: string
  rev: number
}

/** Records of a partition are added in order; then `findings` tells of the old seals, and `news` gives the next ones. */
export class Sealing {
  readonly findings: Finding[] = []
  readonly #chains = new Map<number, Chain>()

  constructor(seals: readonly Seal[]) {
    for (const seal of seals) {
      const chain = this.#chain(seal.partition)
      const last = chain.seals.at(-1)
      const follows = seal.before === (last?.hash ?? GENESIS) && seal.from === (last?.through ?? 0) + 1
      if (!follows) this.findings.push({ kind: 'unchained', seal })
      this.#chains.set(seal.partition, {
        ...chain,
        seals: [...chain.seals, seal],
        hash: chain.seals[0]?.before ?? seal.before,
      })
    }
  }

  add(record: CommitRecord): void {
    const chain = this.#chain(record.partition)
    for (let seal = chain.seals[chain.at]; seal && record.rev > seal.through; seal = chain.seals[chain.at])
      this.#close(chain, seal)
    chain.hash = createHash('sha256').update(chain.hash).update(JSON.stringify(record)).digest('hex')
    chain.rev = record.rev
  }

  /** All records have been added. `forgotten`: slots no longer kept, by partition. */
  end(forgotten: ReadonlyMap<number, number>): void {
    for (const chain of this.#chains.values())
      for (let seal = chain.seals[chain.at]; seal; seal = chain.seals[chain.at]) this.#close(chain, seal)
    for (const [i, finding] of this.findings.entries()) {
      const gone = forgotten.get(finding.seal.partition) ?? 0
      if (finding.kind === 'broken' && gone >= finding.seal.from)
        this.findings[i] = { ...finding, kind: 'gone' }
    }
  }

  /** Over what no seal covers yet. */
  get news(): Seal[] {
    return Array.from(this.#chains).flatMap(([partition, { seals, hash, rev }]) => {
      const { through = 0, hash: before = GENESIS } = seals.at(-1) ?? {}
      return rev > through ? [{ partition, from: through + 1, through: rev, before, hash }] : []
    })
  }

  /** What comes next counts from what the seal says, so that one break is one finding. */
  #close(chain: Chain, seal: Seal): void {
    if (chain.hash !== seal.hash) this.findings.push({ kind: 'broken', seal })
    chain.at += 1
    chain.hash = seal.hash
  }

  #chain(partition: number): Chain {
    const known = this.#chains.get(partition)
    if (known) return known
    const chain: Chain = { seals: [], at: 0, hash: GENESIS, rev: 0 }
    this.#chains.set(partition, chain)
    return chain
  }
}

/** A line of a file of seals; `undefined`: it is none. */
export function readSeal(line: string): Seal | undefined {
  try {
    const seal: Partial<Seal> | null = JSON.parse(line)
    if (seal === null || typeof seal !== 'object') return undefined
    const { partition, from, through, before, hash } = seal
    if (![partition, from, through].every(Number.isSafeInteger)) return undefined
    if (typeof before !== 'string' || typeof hash !== 'string') return undefined
    return seal as Seal
  } catch {
    return undefined
  }
}
