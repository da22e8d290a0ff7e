/** Do two texts say the same? Trees are compared but for their places, tokens but for separating commas. */
import type { Parsed } from '../syntax/parse.ts'
import { Comma } from '../syntax/tokens.ts'

/** What was found to differ, if anything. */
export function difference(a: Parsed, b: Parsed): 'tree' | 'words' | 'comments' | undefined {
  if (!sameTree(a.ast, b.ast)) return 'tree'
  if (!sameList(words(a), words(b))) return 'words'
  return sameList(comments(a), comments(b)) ? undefined : 'comments'
}

const PLACES: ReadonlySet<string> = new Set(['span', 'verbSpan'])

/** Plain data, its places left out. */
function sameTree(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b)
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const left = new Map(Object.entries(a).filter(([key]) => !PLACES.has(key)))
  const right = Object.entries(b).filter(([key]) => !PLACES.has(key))
  return (
    left.size === right.length &&
    right.every(([key, value]) => left.has(key) && sameTree(left.get(key), value))
  )
}

function words({ tokens }: Parsed): string[] {
  return tokens.filter((token) => token.tokenType !== Comma).map((token) => token.image)
}

function comments(of: Parsed): string[] {
  return of.comments.map((comment) => comment.image.trimEnd())
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index])
}
