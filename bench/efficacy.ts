/**
 * Each recorded corpus beside its published figures. The corpora are not part of this repository:
 * `npm run bench efficacy -- --corpora FOLDER`, or PARAPET_CORPORA; what is not there is skipped.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { agentdojo } from './efficacy/agentdojo.ts'
import { airline } from './efficacy/airline.ts'
import { cdisc } from './efficacy/cdisc.ts'
import { texts } from './efficacy/texts.ts'

const folder = process.env['PARAPET_CORPORA']
if (folder === undefined || !existsSync(folder))
  console.log('The corpora are not here: name their folder with --corpora FOLDER or PARAPET_CORPORA.')
else {
  for (const [name, measure] of Object.entries({ agentdojo, airline, cdisc, texts })) {
    heading(name)
    if (existsSync(join(folder, name))) await measure(folder)
    else console.log(`${join(folder, name)} is not here, so that nothing was measured.`)
  }
  // Benches of their own as well, which read the folder themselves.
  heading('eventlogs')
  await import('./declare.ts')
  heading('jsonschema')
  process.env['JSON_SCHEMA_SUITE'] ??= join(folder, 'jsonschema')
  await import('./json-schema.ts')
}

function heading(name: string): void {
  console.log(`\n---- ${name}`)
}
