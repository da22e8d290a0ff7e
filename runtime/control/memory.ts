/** Shared memory as an operator asks for it: what stands in it, and what shall become of rows. */
import type { People } from '#runtime/fleet/definition.ts'
import type { TurnRecord } from '#runtime/fleet/record.ts'
import type { SharedMemory } from '#runtime/memory/port.ts'
import { ANSWER_BYTES_MAX, type Answer, type Ask, refused } from './asks.ts'
import type { MemoryChange } from './memory-change.ts'

export type AboutMemory = Ask & { readonly kind: `memory-${string}` }
type Looking = Exclude<AboutMemory, { readonly kind: 'memory-change' }>

export function isAboutMemory(ask: Ask): ask is AboutMemory {
  return ask.kind.startsWith('memory-')
}

/** Rows hold what people have said: only who is named in the fleet file sees or changes them. */
export function mayCurate(people: People | undefined, by: string): string | undefined {
  if (people && Object.hasOwn(people, by)) return undefined
  return `the fleet file knows nobody called \`${by}\`, and memory is shown to its people only`
}

export async function lookInMemory(memory: SharedMemory, ask: Looking): Promise<Answer> {
  switch (ask.kind) {
    case 'memory-search': {
      const { text, of, conversation, by, limit } = ask
      const found = await memory.search({
        text,
        limit,
        ...(of && { kind: of }),
        ...(conversation && { conversation }),
        ...(by && { by }),
      })
      if (found.kind === 'failed') return refused('failed', found.cause.message)
      if (found.kind === 'refused') return refused('bad-ask', `${found.message}. ${found.help}`)
      const { hits, wordsOnly } = found
      if (JSON.stringify(hits).length > ANSWER_BYTES_MAX)
        return refused('bad-ask', 'the rows found are too long for one answer; ask for fewer')
      return { kind: 'memory-found', hits, ...(wordsOnly !== undefined && { wordsOnly }) }
    }
    case 'memory-show': {
      const got = await memory.get([ask.row])
      if (got.kind === 'failed') return refused('failed', got.cause.message)
      if (got.kind === 'refused') return refused('bad-ask', `${got.message}. ${got.help}`)
      const [row] = got.rows
      return row ? { kind: 'memory-row', row } : refused('not-found', `there is no row \`${ask.row}\``)
    }
    case 'memory-stats': {
      const stats = await memory.summary()
      if (stats.kind === 'failed') return refused('failed', stats.cause.message)
      return { kind: 'memory-stats', place: memory.describe, stats }
    }
  }
}

/** The intent that the turn has committed. */
export function intentIn({ changes }: TurnRecord): string | undefined {
  return changes.find((change) => change.kind === 'intent')?.id
}

/** `settled`: the turn that took the outcome. `turn`: the one that ordered it, as `parapet explain` takes it. */
export function changedBy({ input }: TurnRecord, change: MemoryChange, turn: string): Answer {
  if (input.kind === 'failure') return refused('failed', input.error)
  const value = input.kind === 'result' ? input.value : null
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    return refused('failed', 'the outcome says nothing')
  const { rows, ids } = value
  return {
    kind: 'memory-changed',
    change,
    rows: typeof rows === 'number' ? rows : 0,
    ids: Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [],
    turn,
  }
}
