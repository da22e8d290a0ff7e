import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addressOf, agentId, isPartitionSource, partitionOf, partitionSource } from './address.ts'

test('an instance id gives back its conversation and role, even when the conversation holds slashes', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.stringMatching(/^[a-z_]+$/), (conversation, role) => {
      expect(addressOf(agentId(conversation, role))).toEqual({ conversation, role })
    }),
  )
})

test('a conversation always falls into the same partition, and conversations spread over all of them', () => {
  const hits = new Array<number>(8).fill(0)
  for (let i = 0; i < 8_000; i++) {
    const partition = partitionOf(`conversation-${i}`, 8)
    expect(partition).toBe(partitionOf(`conversation-${i}`, 8))
    hits[partition]!++
  }
  for (const count of hits) expect(count).toBeGreaterThan(700)
})

test('a client cannot call itself like a partition', () => {
  expect(isPartitionSource(partitionSource(3))).toBe(true)
  expect(isPartitionSource('customer')).toBe(false)
})
