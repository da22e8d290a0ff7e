/** design/errors.md, made of the registry: run this file to write it; a test compares. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TROUBLES } from '#runtime/models/trouble.ts'
import { CODES, type CodeInfo } from './codes.ts'

export const ERRORS_PAGE = join(import.meta.dirname, '../../design/errors.md')

export function errorsPage(): string {
  const parts = Object.entries<CodeInfo>({ ...CODES, ...TROUBLES }).map(
    ([code, { title, means, help }]) => `## ${code} ${title}\n\n${means}\n\n*What to do:* ${help}\n`,
  )
  return `# Problems the command line names\n\n${INTRODUCTION}\n\n${parts.join('\n')}`
}

const INTRODUCTION = `Made from \`runtime/daemon/codes.ts\` and, for models (\`M0001\` and up), \`runtime/models/trouble.ts\` by \`node runtime/daemon/errors-page.ts\`. Codes are permanent. What a policy
text can have wrong has codes of its own (\`P0001\` and up, \`dsl/codes.ts\`).

Exit codes: 0 all went well; 1 the work found fault or could not be done; 2 wrong use; 130 stopped before its end by Ctrl-C.`

if (import.meta.main) writeFileSync(ERRORS_PAGE, errorsPage())
