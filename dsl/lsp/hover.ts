/** What stands at a place, in words: names with what they are, built-ins, and the words of the language. */
import { showType } from '../check/type-text.ts'
import type { Span } from '../plan/plan.ts'
import { walk } from '../syntax/walk.ts'
import { describe } from './describe.ts'
import { endOf, type PolicyDocument } from './document.ts'
import { expressionsIn } from './expressions-in.ts'
import { BUILT_IN_HELP, DETECTOR_HELP, KEYWORD_HELP } from './keyword-help.ts'
import { describeLibrary, describeParameter, settingAt } from './library.ts'
import { occurrenceAt } from './meaning.ts'

export interface Hover {
  readonly markdown: string
  readonly span: Span
}

/** Declarations of one field that are described when it is that of several records. */
const MEANINGS_MAX = 3

export function hover(document: PolicyDocument, offset: number): Hover | undefined {
  if (document.isInComment(offset)) return undefined
  const found = occurrenceAt(document.occurrences, offset)
  if (found !== undefined) {
    const shown = found.means.slice(0, MEANINGS_MAX).map((meaning) => describe(meaning, document))
    const more = found.means.length - shown.length
    const rest = more > 0 ? [`… and ${more} more`] : []
    const markdown = [...shown, ...rest].filter((part) => part !== '').join('\n\n---\n\n')
    return markdown === '' ? undefined : { markdown, span: found.span }
  }
  const used = inUse(document, offset)
  if (used !== undefined) return used
  const token = document.tokenAt(offset)
  if (token === undefined) return undefined
  const span: Span = [token.startOffset, endOf(token)]
  const named = builtIn(document, span)
  if (named !== undefined) return { markdown: named, span }
  const help = KEYWORD_HELP.get(token.image)
  return help === undefined ? undefined : { markdown: `**${token.image}**\n\n${help}`, span }
}

/** A library where it is used, or one of its parameters where it is set. */
function inUse(document: PolicyDocument, offset: number): Hover | undefined {
  const decl = document.declarationAt(offset)
  if (decl?.kind !== 'library' || decl.from === undefined) return undefined
  const setting = settingAt(decl, document, offset)
  if (setting !== undefined) return { markdown: describeParameter(setting.parameter), span: setting.span }
  const { value, span } = decl.from
  const library = span[0] <= offset && offset <= span[1] ? document.library(value) : undefined
  return library && { markdown: describeLibrary(library), span }
}

/** A path that stands for something nobody declared: `now`, a detector, a field of a built-in step. */
function builtIn(document: PolicyDocument, span: Span): string | undefined {
  const decl = document.declarationAt(span[0])
  if (decl === undefined) return undefined
  const { refs, types } = document.analysis.model
  let found: string | undefined
  for (const expr of expressionsIn(decl)) {
    walk(expr, (node) => {
      if (node.span[1] <= span[0] || node.span[0] >= span[1]) return false
      if (node.kind !== 'path' || node.span[0] !== span[0] || node.span[1] !== span[1]) return true
      const ref = refs.get(node)
      if (ref?.kind === 'meta') found = `**${ref.name}**\n\n${BUILT_IN_HELP[ref.name] ?? ''}`
      else if (ref?.kind === 'detector') found = `**${ref.name}**\n\n${DETECTOR_HELP[ref.name] ?? ''}`
      else if (ref?.kind === 'field') {
        const type = types.get(node)
        if (type !== undefined) found = `**${ref.path.join('.')}**: ${showType(type)}`
      }
      return false
    })
  }
  return found
}
