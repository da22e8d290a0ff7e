/** Every code with what it means, a text that has it, and the same text put right. */
import { CODES, type Code, LINT_CODES } from '../codes.ts'

export interface CodeExample {
  /** The policy that has it, and what is said of it. */
  readonly wrong: string
  readonly said: string
  readonly right: string
}

export function codesPage(examples: ReadonlyMap<Code, CodeExample>): string {
  const entries = Object.entries({ ...CODES, ...LINT_CODES }) as [Code, (typeof CODES)['P0001']][]
  return `${INTRODUCTION}\n${entries.map(([code, info]) => section(code, info, examples.get(code))).join('\n')}`
}

/** One code's part of the page. */
export function sectionOf(page: string, code: string): string | undefined {
  const start = page.indexOf(`## ${code} `)
  if (start < 0) return undefined
  const end = page.indexOf('\n## ', start)
  return page.slice(start, end < 0 ? undefined : end).trimEnd()
}

interface Info {
  readonly title: string
  readonly severity: string
  readonly explanation: string
}

function section(
  code: Code,
  { title, severity, explanation }: Info,
  example: CodeExample | undefined,
): string {
  const head = `## ${code} ${title}\n\n*${severity}.* ${explanation}\n`
  if (example === undefined) return head
  const [wrong, right] = withoutShared(example.wrong, example.right)
  return `${head}
Wrong:

\`\`\`text
${wrong}
\`\`\`

\`\`\`text
${example.said.trimEnd()}
\`\`\`

Right:

\`\`\`text
${right}
\`\`\`
`
}

/** Lines of vocabulary that are shown when nothing else changes; longer ones are left out. */
const SHOWN_MAX = 8

/** What both begin with says nothing of the difference, as far as it is whole declarations on lines of their own. */
function withoutShared(wrong: string, right: string): [string, string] {
  const [before, after] = [wrong.trimEnd().split('\n'), right.trimEnd().split('\n')]
  if (before.length <= SHOWN_MAX) return [before.join('\n'), after.join('\n')]
  let same = 0
  while (same < before.length && before[same] === after[same]) same++
  // Back to where the declaration begins that differs.
  while (same > 0 && /^[ }]|^$/.test(before[same] ?? ' ')) same--
  const clip = (lines: readonly string[]) =>
    lines
      .slice(same)
      .map((line) => (line.length <= LINE_MAX ? line : `${line.slice(0, LINE_MAX)}…`))
      .join('\n')
      .trim()
  return [clip(before), clip(after)]
}

const LINE_MAX = 160

const INTRODUCTION = `# What policies can have wrong

Made from \`dsl/codes.ts\` and the examples of its tests by \`node runtime/daemon/policy-codes.ts\`. Codes are permanent. \`P…\` are found
by \`parapet check\`: P00 in reading the text, P01 in names, P02 in types and bounds, P03 are notes. \`L…\` are found by \`parapet lint\` in
policies that are well written. \`parapet check --explain P0104\` prints one of them. What else commands report is in
\`design/errors.md\`.
`
