/** Policies for AgentDojo's four suites over recorded runs; see examples/02-agentdojo, which does it with a sample. */
import { join } from 'node:path'
import { measure, print } from '../../examples/02-agentdojo/measure.ts'
import { readTraces } from '../../examples/02-agentdojo/traces.ts'

export function agentdojo(folder: string): void {
  print(measure(readTraces(join(folder, 'agentdojo', 'traces.jsonl.gz'))), false)
}
