/** What an editor may change on request: what a diagnostic suggests, and clauses that are missing. */
import type { Code } from '../codes.ts'
import type { Diagnostic } from '../diagnostic.ts'
import type { Span } from '../plan/plan.ts'
import type { AgentDecl, Declaration, StepNode } from '../syntax/ast.ts'
import type { PolicyDocument } from './document.ts'
import { nameText } from './name-text.ts'
import type { TextEdit } from './text-edit.ts'

export interface Fix {
  readonly title: string
  readonly edits: readonly TextEdit[]
  /** The diagnostic it does away with. */
  readonly mends?: Diagnostic
  /** The one thing to do. */
  readonly preferred?: boolean
}

export function fixesFor(document: PolicyDocument, range: Span): readonly Fix[] {
  const touched = (span: Span): boolean => span[0] <= range[1] && span[1] >= range[0]
  const mending = document.analysis.diagnostics
    .filter((diagnostic) => touched(diagnostic.span))
    .flatMap((diagnostic) => mend(diagnostic, document))
  const adding = document.analysis.ast.declarations
    .filter((decl) => touched(decl.span))
    .flatMap((decl) => [...addBecause(decl, document), ...addPermissions(decl, document)])
  return [...mending, ...adding]
}

function mend(diagnostic: Diagnostic, document: PolicyDocument): readonly Fix[] {
  const { help = '', span, code } = diagnostic
  const written = document.text.slice(span[0], span[1])
  const fixes: Fix[] = []
  const meant = /Did you mean (?:`([^`]+)`|"([^"]+)")\?/.exec(help)
  if (meant !== null) {
    const name = meant[1] ?? meant[2]!
    const text = written.startsWith('"') ? `"${name}"` : KEYWORDS_MEANT.has(code) ? name : nameText(name)
    fixes.push({
      title: `Change to \`${name}\``,
      edits: [{ span, text }],
      mends: diagnostic,
      preferred: true,
    })
  }
  const stub = STUBS[code]?.(written)
  if (stub !== undefined && /^[A-Za-z_`][^"]*$/.test(written)) {
    const at = ownStart(document, span[0])
    fixes.push({
      title: `Declare ${stub.what}`,
      edits: [{ span: [at, at], text: `${stub.text}\n\n` }],
      mends: diagnostic,
    })
  }
  if (code === 'P0202') {
    const currency = /`[\d._]+ ([A-Z]{3})`/.exec(help)?.[1]
    if (currency !== undefined && /^[\d._]+$/.test(written))
      fixes.push({
        title: `Write \`${written} ${currency}\``,
        edits: [{ span: [span[1], span[1]], text: ` ${currency}` }],
        mends: diagnostic,
        preferred: true,
      })
  }
  if (code === 'P0007')
    fixes.push({
      title: 'Name the policy',
      edits: [{ span: [0, 0], text: 'policy "Name" version 1.0\n\n' }],
      mends: diagnostic,
      preferred: true,
    })
  if (code === 'P0010') fixes.push(...addLine(document, span, '  then deny', 'Add `then deny`', diagnostic))
  return fixes
}

/** Suggestions that are words of the language, not names. */
const KEYWORDS_MEANT: ReadonlySet<Code> = new Set<Code>(['P0006', 'P0102'])

const STUBS: Readonly<
  Partial<Record<Code, (name: string) => { readonly what: string; readonly text: string }>>
> = {
  P0102: (name) => ({ what: `schema ${name}`, text: `schema ${name} {\n  id: text\n}` }),
  P0103: (name) => ({ what: `tool ${name}`, text: `tool ${name}() { reads only }` }),
  P0104: (name) => ({ what: `message ${name}`, text: `message ${name} { text: text }` }),
  P0105: (name) => ({ what: `agent ${name}`, text: `agent ${name} {\n  may finish\n}` }),
  P0106: (name) => ({ what: `tool ${name}`, text: `tool ${name}() { reads only }` }),
  P0108: (name) => ({ what: `words ${name}`, text: `words ${name} are "…"` }),
}

/** Where the declaration at `offset` starts, comments on the lines before it included. */
function ownStart(document: PolicyDocument, offset: number): number {
  let at = document.declarationAt(offset)?.span[0] ?? 0
  for (;;) {
    const before = document.text.lastIndexOf('\n', at - 2) + 1
    if (at < 2 || before >= at || !/^\s*#/.test(document.text.slice(before, at))) return at
    at = before
  }
}

function addBecause(decl: Declaration, document: PolicyDocument): readonly Fix[] {
  if ((decl.kind !== 'rule' && decl.kind !== 'consistency') || decl.notes.because !== undefined) return []
  return addLine(document, decl.span, '  because "…"', 'Say why: add `because`')
}

/** A line of its own before the brace that closes the declaration. */
function addLine(
  document: PolicyDocument,
  within: Span,
  line: string,
  title: string,
  mends?: Diagnostic,
): readonly Fix[] {
  const decl = document.declarationAt(within[0])
  if (decl === undefined || document.text[decl.span[1] - 1] !== '}') return []
  const close = decl.span[1] - 1
  const at = document.text.slice(0, close).trimEnd().length
  // A comment at the end of the last line would swallow what is put behind it; a new line does not.
  const text = document.text.slice(at, close).includes('\n') ? `\n${line}` : `\n${line}\n`
  const end = document.text.slice(at, close).includes('\n') ? at : close
  return [{ title, edits: [{ span: [at, end], text }], ...(mends === undefined ? {} : { mends }) }]
}

/** Calls that a test expects of an agent, or a rule speaks of, and that its `may` does not list. */
function addPermissions(decl: Declaration, document: PolicyDocument): readonly Fix[] {
  if (decl.kind !== 'test' && decl.kind !== 'rule') return []
  const steps =
    decl.kind === 'rule' ? (decl.when?.steps ?? []) : decl.when === undefined ? [] : [decl.when.step]
  return steps.flatMap((step) => missingCalls(step, document))
}

function missingCalls(step: StepNode, document: PolicyDocument): readonly Fix[] {
  if (step.verb !== 'calls') return []
  const { vocabulary } = document.analysis.model
  return step.subjects.flatMap((subject) => {
    const agent = vocabulary.agents.get(subject.name)
    if (agent === undefined) return []
    return step.objects
      .filter((object) => vocabulary.tools.has(object.name) && !mayCall(agent, object.name, document))
      .flatMap((object) => allow(agent, object.name, document))
  })
}

function mayCall(agent: AgentDecl, tool: string, document: PolicyDocument): boolean {
  const { members } = document.analysis.model.vocabulary
  return agent.may.some(
    (may) =>
      may.verb === 'call' &&
      (may.anything ||
        may.objects.some(
          ({ name }) => name === tool || members.get(name)?.some((member) => member.name === tool),
        )),
  )
}

function allow(agent: AgentDecl, tool: string, document: PolicyDocument): readonly Fix[] {
  const title = `Let ${agent.name?.name} call ${tool}`
  const last = agent.may.findLast((may) => may.verb === 'call')?.objects.at(-1)
  if (last !== undefined)
    return [{ title, edits: [{ span: [last.span[1], last.span[1]], text: `, ${nameText(tool)}` }] }]
  return addLine(document, agent.span, `  may call ${nameText(tool)}`, title)
}
