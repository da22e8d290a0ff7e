import fc from 'fast-check'
import { expect, test } from 'vitest'
import { foundPieces, wrap } from './wrap.ts'

test('no line is wider than the terminal, and no word is lost', () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-z0-9{}":,]{1,60}$/), { minLength: 1 }),
      fc.integer({ min: 40, max: 120 }),
      (words, width) => {
        const lines = wrap(words.join(' '), { width, indent: 8 })
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(width)
        expect(lines.join('').replaceAll(' ', '')).toBe(words.join(''))
      },
    ),
  )
})

test('text beyond the lines it may take is cut with an ellipsis', () => {
  expect(wrap('one two three four five six seven', { width: 28, indent: 4, linesMax: 1 })).toEqual([
    '    one two three four five…',
  ])
})

test('what was found is split at its semicolons, not at those in quotes and lists', () => {
  expect(foundPieces('`a` is "x; \\"y; z"; `b` is [{"c":"; "}]; there is no `d` yet')).toEqual([
    '`a` is "x; \\"y; z"',
    '`b` is [{"c":"; "}]',
    'there is no `d` yet',
  ])
})
