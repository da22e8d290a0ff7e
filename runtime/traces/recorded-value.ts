/** What a tool gave, as recordings keep it: text, which may be JSON or tell of a failure. */
import type { Json } from '#dsl/judge/step.ts'
import { readBlocks } from './block-text.ts'

/**
 * Records and lists are read out of the text. Anything else stays text, numbers too (`255.0`): the tool that was
 * recorded spoke text, and a number's spelling would be lost.
 */
export function recordedValue(content: string): Json {
  if (!/^\s*[[{]/.test(content)) return readBlocks(content) ?? content
  try {
    return JSON.parse(content)
  } catch {
    return content
  }
}

/** For formats without a mark of their own: the convention of most agent frameworks. */
export function tellsOfFailure(content: Json): content is string {
  return typeof content === 'string' && content.startsWith('Error:')
}
