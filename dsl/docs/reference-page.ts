/** The language on one page, made of the entries. */
import { HISTORIES } from './reference/histories.ts'
import { RULES } from './reference/rules.ts'
import { FRAME, type Section } from './reference/section.ts'
import { VOCABULARY } from './reference/vocabulary.ts'

export const SECTIONS: readonly Section[] = [...VOCABULARY, ...RULES, ...HISTORIES]

export function referencePage(): string {
  return `${INTRODUCTION}\n${SECTIONS.map(section).join('\n')}`
}

function section({ title, lead, entries }: Section): string {
  const rows = entries.map(
    ([said, means, example]) => `| ${code(said)} | ${cell(means)} | ${example === '' ? '' : code(example)} |`,
  )
  return `## ${title}\n\n${lead}\n\n| written | means | example |\n| --- | --- | --- |\n${rows.join('\n')}\n`
}

const code = (said: string): string => `\`${cell(said).replaceAll('`', "'")}\``
const cell = (said: string): string => said.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')

const INTRODUCTION = `# Reference of the policy language

Made from \`dsl/docs/reference/\` by \`node runtime/daemon/reference.ts\`; a test compiles every example and looks for every
keyword. Why the language is as it is: \`design/language.md\`. What a text can have wrong: \`docs/codes.md\`.

The examples speak of this vocabulary:

\`\`\`text
${FRAME.trimEnd()}
\`\`\`
`
