/** One layout for the text, as one change of what differs. */
import { format } from '../format/format.ts'
import type { PolicyDocument } from './document.ts'
import type { TextEdit } from './text-edit.ts'

/** [] when the text is laid out already, or cannot be read. */
export function formatEdits(document: PolicyDocument): readonly TextEdit[] {
  const made = format(document.source)
  return made.kind === 'formatted' ? difference(document.text, made.text) : []
}

/** What stands between the longest equal beginning and the longest equal end. */
export function difference(before: string, after: string): readonly TextEdit[] {
  if (before === after) return []
  const shorter = Math.min(before.length, after.length)
  let start = 0
  while (start < shorter && before[start] === after[start]) start++
  let end = 0
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++
  return [{ span: [start, before.length - end], text: after.slice(start, after.length - end) }]
}
