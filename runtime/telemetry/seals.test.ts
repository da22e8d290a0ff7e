import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CommitRecord } from '#runtime/fleet/record.ts'
import { readSeal, type Seal, Sealing } from './seals.ts'

function record(partition: number, rev: number, policy = 'p'): CommitRecord {
  return {
    version: 1,
    partition,
    rev,
    at: rev,
    policy,
    position: 0,
    sentThrough: 0,
    turns: [],
  } as CommitRecord
}

const LOG = [0, 1].flatMap((partition) => [1, 2, 3, 5, 6].map((rev) => record(partition, rev)))

function checked(
  seals: readonly Seal[],
  log: readonly CommitRecord[],
  forgotten = new Map<number, number>(),
) {
  const sealing = new Sealing(seals)
  for (const each of log) sealing.add(each)
  sealing.end(forgotten)
  return sealing
}

/** Sealed first through rev 3, then to the end. */
function sealedTwice(): Seal[] {
  const first = checked(
    [],
    LOG.filter(({ rev }) => rev <= 3),
  ).news
  return [...first, ...checked(first, LOG).news]
}

test('a log as it was sealed has no findings, and grows by a seal a partition', () => {
  const seals = sealedTwice()
  expect(seals.map(({ partition, from, through }) => [partition, from, through])).toEqual([
    [0, 1, 3],
    [1, 1, 3],
    [0, 4, 6],
    [1, 4, 6],
  ])
  expect(checked(seals, LOG)).toMatchObject({ findings: [], news: [] })
})

test('any record changed, removed or added in what is sealed breaks that seal and no other', () => {
  const seals = sealedTwice()
  const tampering = fc.constantFrom('change', 'remove', 'add')
  fc.assert(
    fc.property(tampering, fc.nat(LOG.length - 1), (how, at) => {
      const log = [...LOG]
      const { partition, rev } = LOG[at]!
      if (how === 'change') log[at] = record(partition, rev, 'q')
      if (how === 'remove') log.splice(at, 1)
      if (how === 'add') log.splice(at, 0, record(partition, rev, 'q'))
      expect(checked(seals, log).findings).toEqual([
        {
          kind: 'broken',
          seal: seals.find((seal) => seal.partition === partition && seal.from <= rev && seal.through >= rev),
        },
      ])
    }),
  )
})

test('what is no longer kept is said to be gone; what is kept is checked all the same', () => {
  const seals = sealedTwice()
  const kept = LOG.filter(({ rev }) => rev > 3)
  const forgotten = new Map([
    [0, 3],
    [1, 3],
  ])
  expect(checked(seals, kept, forgotten).findings.map(({ kind, seal }) => [kind, seal.through])).toEqual([
    ['gone', 3],
    ['gone', 3],
  ])
})

test('a seal that was changed or removed shows', () => {
  const [first, ...others] = sealedTwice()
  expect(checked(others, LOG).findings.some(({ kind }) => kind === 'unchained')).toBe(true)
  expect(checked([{ ...first!, hash: 'f'.repeat(64) }, ...others], LOG).findings.length).toBeGreaterThan(0)
})

test('a line that is no seal is not taken for one', () => {
  expect(readSeal('{}')).toBe(undefined)
  expect(readSeal('nonsense')).toBe(undefined)
  const [seal] = sealedTwice()
  expect(readSeal(JSON.stringify(seal))).toEqual(seal)
})
