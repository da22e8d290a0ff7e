/** `parapet docs`: a policy as a page to read, in Markdown or as one HTML file. */
import { renderDiagnostic } from '#dsl/diagnostic.ts'
import { html } from '#dsl/docs/html.ts'
import { markdown } from '#dsl/docs/markdown.ts'
import { policyPage } from '#dsl/docs/policy-page.ts'
import { analyze, compile } from '#dsl/pipeline.ts'
import { source as sourceOf } from '#dsl/source.ts'
import { readPolicy } from './load-policy.ts'
import { shownPath } from './paint.ts'
import { filesBeside } from './policy-files.ts'
import { type Problem, problem } from './problem.ts'
import { writeOut } from './write-out.ts'

export interface DocsOptions {
  readonly file: string
  readonly html: boolean
  /** Absent: the page goes to `write`. */
  readonly out?: string
}

export function docsPage(file: string, as: 'markdown' | 'html'): string | Problem {
  const text = readPolicy(file)
  if (typeof text !== 'string') return text
  const source = sourceOf(text, shownPath(file))
  const { plan, diagnostics } = compile(source, filesBeside(file))
  if (plan === undefined)
    return problem('D0011', `${shownPath(file)} has errors; no page was made`, {
      where: file,
      detail: diagnostics.map((diagnostic) => renderDiagnostic(source, diagnostic)).join('\n'),
      help: `mend them and run \`parapet check ${shownPath(file)}\``,
    })
  const page = policyPage(analyze(source, filesBeside(file)), plan)
  return as === 'html' ? html(page) : markdown(page)
}

export function writeDocs(options: DocsOptions, write: (text: string) => void): Problem | undefined {
  const page = docsPage(options.file, options.html ? 'html' : 'markdown')
  if (typeof page !== 'string') return page
  if (options.out === undefined) write(page)
  else writeOut(options.out, page)
  return undefined
}
