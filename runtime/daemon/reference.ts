/** docs/reference.md: run this file to write it; a test compares. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { referencePage } from '#dsl/docs/reference-page.ts'

export const REFERENCE_PAGE = join(import.meta.dirname, '../../docs/reference.md')

if (import.meta.main) writeFileSync(REFERENCE_PAGE, referencePage())
