import { describe, expect, test } from 'vitest'
import { compileLinear } from './linear.ts'
import { compile } from './pipeline.ts'
import { source } from './source.ts'

/** A back-slash is doubled in the text of a policy. */
function policyWith(pattern: string): string {
  return `policy "P" version 1
tool note(text: text matching "${pattern.replaceAll('\\', '\\\\')}")
agent clerk { may call note }
rule "R" { when clerk calls note and text matches "${pattern.replaceAll('\\', '\\\\')}" then deny }`
}

function errorsIn(pattern: string): readonly string[] {
  const { diagnostics } = compile(source(policyWith(pattern)))
  return diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code)
}

describe('a pattern that is accepted can be judged', () => {
  test.each(['[A-Z]{2}-\\d{6}', 'a+b*|c?', '\\p{L}+', '(?<order>ORD-\\d+)', '\\++\\*+[*+?]+', 'a{1000}'])(
    '%s',
    (pattern) => {
      expect(errorsIn(pattern)).toEqual([])
      expect(compileLinear(pattern, true, true)).toBeDefined()
    },
  )
})

describe('a pattern that cannot be judged is an error in the policy, not a rule that can never be decided', () => {
  test.each(['\\u{41}', '\\u0041', '[^]q', '\\p{Letter}', '\\cA', 'a{1500}b*', '(?=a)b', '(a', '(a)\\1'])(
    '%s',
    (pattern) => {
      expect(new Set(errorsIn(pattern))).toEqual(new Set(['P0213']))
    },
  )
})

test('a pattern that backtracking would take for ever on takes no time', () => {
  const slow = compileLinear('(a+)+b', true, true)!
  expect(slow('a'.repeat(100_000))).toBe(false)
  expect(slow(`${'a'.repeat(100_000)}b`)).toBe(true)
})
