import fc from 'fast-check'
import { expect, test } from 'vitest'
import { spokenPrefix, spokenSource } from './people.ts'

const name = fc
  .array(fc.constantFrom('a', '|', '%', 'ü'), { minLength: 1, maxLength: 4 })
  .map((all) => all.join(''))

test('no two people speak under one source, whatever they and their messages are called', () => {
  fc.assert(
    fc.property(name, name, name, name, (by, id, otherBy, otherId) => {
      const same = by === otherBy && id === otherId
      expect(spokenSource(by, id) === spokenSource(otherBy, otherId)).toBe(same)
      expect(spokenSource(by, id).startsWith(spokenPrefix(otherBy))).toBe(by === otherBy)
    }),
  )
})
