/** What every shared memory keeps; each implementation's test runs it on a fresh, empty store per test. */
import { afterEach, describe, expect, test } from 'vitest'
import type { NewRow, Query, SharedMemory } from './port.ts'
import { GET_IDS_MAX, SEARCH_LIMIT_MAX, TEXT_CHARS_MAX, WRITE_ROWS_MAX } from './port.ts'

export function keepsTheMemoryContract(name: string, openEmpty: () => Promise<SharedMemory>): void {
  describe(`${name} as shared memory`, () => {
    const opened: SharedMemory[] = []
    const open = async () => {
      const memory = await openEmpty()
      opened.push(memory)
      return memory
    }
    afterEach(async () => {
      for (const memory of opened.splice(0)) await memory.close()
    })

    test('a row comes back as it was written', async () => {
      const memory = await open()
      const row = aRow('p1.1.0', {
        text: `It's "quoted", 50% of C:\\temp; -- naïve 航空券\n`,
        fields: { amount: 12.5, nested: { list: [1, null, 'O\'Hare"'] } },
        sources: ["tool'1", 'p0.9.9'],
        labels: ['private'],
        standing: 'derived',
      })
      expect(await memory.write([row])).toEqual({ kind: 'written' })
      expect(await memory.get(['p1.1.0'])).toEqual({ kind: 'got', rows: [{ ...row, state: 'live' }] })
    })

    test('a writer reads its own writes without waiting for them', async () => {
      const memory = await open()
      const writing = memory.write([aRow('a', { text: 'seat by the window' })])
      expect(await found(memory, { text: 'window' })).toEqual(['a'])
      expect(await memory.get(['a'])).toMatchObject({ rows: [{ id: 'a' }] })
      await writing
    })

    test('the same row written again, alone or within one write, stays one row and the first stands', async () => {
      const memory = await open()
      await memory.write([aRow('a', { text: 'first words' }), aRow('a', { text: 'second words' })])
      await Promise.all([
        memory.write([aRow('a', { text: 'third words' })]),
        memory.write([aRow('b', { text: 'apart' })]),
      ])
      expect(await found(memory, { text: 'words' })).toEqual(['a'])
      expect(await memory.get(['a'])).toMatchObject({ rows: [{ text: 'first words' }] })
      expect(await memory.summary()).toMatchObject({ rows: { live: 2, held: 0, retracted: 0 } })
    })

    test('many small writes at once all arrive', async () => {
      const memory = await open()
      const ids = Array.from({ length: 500 }, (_, at) => `p0.${at}.0`)
      const written = await Promise.all(ids.map((id) => memory.write([aRow(id)])))
      expect(new Set(written.map((each) => each.kind))).toEqual(new Set(['written']))
      expect(await memory.summary()).toMatchObject({ rows: { live: 500 } })
    })

    test('search finds any of the words, the better match first, whatever the case and accents', async () => {
      const memory = await open()
      await memory.write([
        aRow('one', { text: 'The customer asks about baggage.' }),
        aRow('two', { text: 'Baggage REFUND: refund refused' }),
        aRow('none', { text: 'nothing of the kind' }),
        aRow('accent', { text: 'Café at the gate' }),
      ])
      expect(await found(memory, { text: 'refund baggage' })).toEqual(['two', 'one'])
      expect(await found(memory, { text: 'CAFE' })).toEqual(['accent'])
      expect(await found(memory, { text: 'café' })).toEqual(['accent'])
    })

    test('equally good matches come newest first, also when the limit cuts between them', async () => {
      const memory = await open()
      const rows = Array.from({ length: 60 }, (_, at) =>
        aRow(`r${at}`, { text: 'same words', writtenAt: 1_000 + ((at * 7) % 60) }),
      )
      await memory.write(rows)
      const newest = rows.toSorted((a, b) => b.writtenAt - a.writtenAt).map((row) => row.id)
      expect(await found(memory, { text: 'words', limit: 5 })).toEqual(newest.slice(0, 5))
    })

    test('a search without text gives the newest rows', async () => {
      const memory = await open()
      await memory.write([
        aRow('old', { writtenAt: 1 }),
        aRow('new', { writtenAt: 3 }),
        aRow('mid', { writtenAt: 2 }),
      ])
      expect(await found(memory, { text: '', limit: 2 })).toEqual(['new', 'mid'])
    })

    test('punctuation alone matches nothing, and operators are only words', async () => {
      const memory = await open()
      await memory.write([aRow('a', { text: 'plain text' })])
      for (const text of ['?!', '"', '\\', '(', '*', 'pla*', "'; DROP TABLE memory"])
        expect([text, await found(memory, { text })]).toEqual([text, []])
      expect(await found(memory, { text: '+plain -text "(' })).toEqual(['a'])
    })

    test('search is narrowed by kind, conversation and standing, quotes and all', async () => {
      const memory = await open()
      await memory.write([
        aRow('a', { kind: "o'fact", conversation: "c'1", standing: 'observed' }),
        aRow('b', { kind: "o'fact", conversation: 'c2', standing: 'derived' }),
        aRow('c', { kind: 'note', conversation: "c'1", standing: 'derived' }),
      ])
      expect(await found(memory, { text: 'words', kind: "o'fact" })).toEqual(['a', 'b'])
      expect(await found(memory, { text: 'words', conversation: "c'1" })).toEqual(['a', 'c'])
      expect(await found(memory, { text: 'words', standing: 'derived', kind: 'note' })).toEqual(['c'])
      expect(await found(memory, { text: 'words', kind: "' OR 'a' = 'a" })).toEqual([])
      expect(await found(memory, { text: '', kind: "o'fact", standing: 'derived' })).toEqual(['b'])
    })

    test('a narrow search reaches past better matches that are filtered out', async () => {
      const memory = await open()
      await memory.write(Array.from({ length: 50 }, (_, at) => aRow(`n${at}`, { text: 'refund refund' })))
      await memory.write([aRow('mine', { kind: 'rare', text: 'one refund among other words' })])
      expect(await found(memory, { text: 'refund', kind: 'rare', limit: 1 })).toEqual(['mine'])
    })

    test('retracting a source retracts what names it, at any remove, and hides it from search', async () => {
      const memory = await open()
      await memory.write([
        aRow('seen', { sources: ["tool'7"], standing: 'observed' }),
        aRow('concluded', { sources: ['other', 'seen'], standing: 'derived' }),
        aRow('further', { sources: ['concluded'], standing: 'derived' }),
        aRow('apart', { sources: ['other'] }),
      ])
      expect(await memory.retract("tool'7")).toEqual({
        kind: 'retracted',
        ids: ['concluded', 'further', 'seen'],
      })
      expect(await found(memory, { text: 'words' })).toEqual(['apart'])
      expect(await memory.get(['further', 'apart'])).toMatchObject({
        rows: [{ state: 'retracted' }, { state: 'live' }],
      })
      expect(await memory.summary()).toMatchObject({ rows: { live: 1, held: 0, retracted: 3 } })
    })

    test('retracting a row retracts the row and what was derived from it', async () => {
      const memory = await open()
      await memory.write([aRow('a'), aRow('b', { sources: ['a'] })])
      expect(await memory.retract('a')).toEqual({ kind: 'retracted', ids: ['a', 'b'] })
      expect(await memory.retract('a')).toEqual({ kind: 'retracted', ids: ['a', 'b'] })
    })

    test('rows that name each other in a circle are retracted once', async () => {
      const memory = await open()
      await memory.write([aRow('a', { sources: ['b', 'bad'] }), aRow('b', { sources: ['a'] })])
      expect(await memory.retract('bad')).toEqual({ kind: 'retracted', ids: ['a', 'b'] })
    })

    test('a row that arrives after its source was retracted arrives retracted', async () => {
      const memory = await open()
      expect(await memory.retract('bad')).toEqual({ kind: 'retracted', ids: [] })
      await memory.write([aRow('early', { sources: ['late'] })])
      await memory.write([
        aRow('late', { sources: ['bad'] }),
        aRow('later', { sources: ['late'] }),
        aRow('fine'),
      ])
      expect(await found(memory, { text: 'words' })).toEqual(['fine'])
      expect(await memory.get(['early', 'late', 'later'])).toMatchObject({
        rows: [{ state: 'retracted' }, { state: 'retracted' }, { state: 'retracted' }],
      })
    })

    test('a retracted row written again stays retracted', async () => {
      const memory = await open()
      await memory.write([aRow('a', { sources: ['bad'] })])
      await memory.retract('bad')
      await memory.write([aRow('a', { sources: [] })])
      expect(await found(memory, { text: 'words' })).toEqual([])
    })

    test('the summary counts by kind, standing and writer, most first', async () => {
      const memory = await open()
      await memory.write([
        aRow('a', { kind: 'fact', writer: 'c/1', sources: ['bad'] }),
        aRow('b', { kind: 'fact', writer: 'c/2', standing: 'derived' }),
        aRow('c', { kind: 'note', writer: 'c/2' }),
      ])
      await memory.retract('bad')
      expect(await memory.summary()).toEqual({
        kind: 'summary',
        rows: { live: 2, held: 0, retracted: 1 },
        byKind: [
          { name: 'fact', live: 1, held: 0, retracted: 1 },
          { name: 'note', live: 1, held: 0, retracted: 0 },
        ],
        byStanding: [
          { name: 'observed', live: 1, held: 0, retracted: 1 },
          { name: 'derived', live: 1, held: 0, retracted: 0 },
        ],
        byWriter: [
          { name: 'c/2', live: 2, held: 0, retracted: 0 },
          { name: 'c/1', live: 0, held: 0, retracted: 1 },
        ],
      })
    })

    test('answers are the same after optimizing', async () => {
      const memory = await open()
      await memory.write([
        aRow('a', { text: 'kept words' }),
        aRow('b', { text: 'lost words', sources: ['bad'] }),
      ])
      await memory.retract('bad')
      expect(await memory.optimize()).toEqual({ kind: 'optimized' })
      await memory.write([aRow('c', { text: 'new words' })])
      expect((await found(memory, { text: 'words' })).toSorted()).toEqual(['a', 'c'])
    })

    test('what is out of bounds is refused whole, with a code and a way out', async () => {
      const memory = await open()
      const refused = (code: string) => ({
        kind: 'refused',
        code,
        message: expect.any(String),
        help: expect.any(String),
      })
      const many = Array.from({ length: WRITE_ROWS_MAX + 1 }, (_, at) => aRow(`m${at}`))
      expect(await memory.write(many)).toEqual(refused('MEM01'))
      expect(await memory.write([aRow('a'), aRow('')])).toEqual(refused('MEM02'))
      expect(await memory.write([aRow('a', { text: 'x'.repeat(TEXT_CHARS_MAX + 1) })])).toEqual(
        refused('MEM02'),
      )
      expect(await memory.write([aRow('a', { writtenAt: Number.NaN })])).toEqual(refused('MEM02'))
      expect(await memory.search({ text: 'x', limit: 0 })).toEqual(refused('MEM03'))
      expect(await memory.search({ text: 'x', limit: SEARCH_LIMIT_MAX + 1 })).toEqual(refused('MEM03'))
      expect(await memory.search({ text: 'x'.repeat(5_000), limit: 1 })).toEqual(refused('MEM04'))
      expect(await memory.get(Array.from({ length: GET_IDS_MAX + 1 }, (_, at) => `${at}`))).toEqual(
        refused('MEM05'),
      )
      expect(await memory.retract('')).toEqual(refused('MEM06'))
      expect(await memory.summary()).toMatchObject({ rows: { live: 0, held: 0, retracted: 0 } })
    })

    test('nothing written is nothing lost: an empty write and an empty store answer', async () => {
      const memory = await open()
      expect(await memory.write([])).toEqual({ kind: 'written' })
      expect(await memory.get([])).toEqual({ kind: 'got', rows: [] })
      expect(await found(memory, { text: 'anything' })).toEqual([])
      expect(await memory.optimize()).toEqual({ kind: 'optimized' })
    })

    test('once closed it says so', async () => {
      const memory = await open()
      await memory.close()
      await expect(memory.write([aRow('a')])).rejects.toThrow('closed')
      await expect(memory.search({ text: 'a', limit: 1 })).rejects.toThrow('closed')
    })
  })
}

/** A live, observed row; say only what the test is about. */
export function aRow(id: string, about: Partial<NewRow> = {}): NewRow {
  return {
    id,
    kind: 'note',
    text: 'some words',
    fields: {},
    writer: 'conv-1/clerk',
    conversation: 'conv-1',
    writtenAt: 1_715_760_000_000,
    sources: [],
    labels: [],
    standing: 'observed',
    ...about,
  }
}

/** Ids of the hits; at most 10 unless told. */
export async function found(
  memory: SharedMemory,
  query: Omit<Query, 'limit'> & { readonly limit?: number },
): Promise<readonly string[]> {
  const answer = await memory.search({ limit: 10, ...query })
  if (answer.kind !== 'found') throw new Error(`search answered ${answer.kind}`)
  return answer.hits.map((hit) => hit.row.id)
}
