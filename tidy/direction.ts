/** Who may import whom: examples → agents → runtime → dsl, and the order of the rooms inside runtime and dsl. */
import { covers, type Finding } from './finding.ts'
import { isTest, type SourceFile } from './source-files.ts'

interface Room {
  /** A folder ends in a slash. The first room that covers a file is its room. */
  readonly at: string
  readonly mayImport: readonly string[]
  readonly instead: string
}

/** The plan and the step are the contract between front end and judge: data shapes and some constants; both hash and match texts. */
const CONTRACT = ['dsl/plan/plan.ts', 'dsl/judge/step.ts', 'dsl/sha256.ts', 'dsl/linear.ts']
const GROUND = ['dsl/source.ts', 'dsl/diagnostic.ts', 'dsl/codes.ts', 'dsl/sha256.ts']
const STAGES = [
  ...GROUND,
  'dsl/syntax/',
  'dsl/check/',
  'dsl/plan/',
  'dsl/judge/',
  'dsl/jsonschema/',
  'dsl/libraries/',
  'dsl/pipeline.ts',
]

/** Tools on top of the pipeline. */
const TOPS = ['dsl/format/', 'dsl/lint/', 'dsl/testing/', 'dsl/docs/']

export const ROOMS: readonly Room[] = [
  ...GROUND.map((at) => ({
    at,
    mayImport: [...GROUND, ...CONTRACT],
    instead: 'Sources and diagnostics know no stage; pass in what is needed.',
  })),
  {
    at: 'dsl/syntax/',
    mayImport: [...GROUND, ...CONTRACT, 'dsl/syntax/'],
    instead: 'Names and types belong in dsl/check; syntax gives a tree.',
  },
  {
    at: 'dsl/check/',
    mayImport: [...GROUND, ...CONTRACT, 'dsl/syntax/', 'dsl/check/'],
    instead: 'Lowering belongs in dsl/plan; check gives names and types.',
  },
  {
    at: 'dsl/plan/',
    mayImport: [...GROUND, ...CONTRACT, 'dsl/syntax/', 'dsl/check/', 'dsl/plan/'],
    instead: 'The plan is data: what runs belongs in dsl/judge.',
  },
  {
    at: 'dsl/judge/',
    mayImport: [...CONTRACT, 'dsl/judge/'],
    instead: 'The judge sees only the plan; put what it needs into the plan.',
  },
  {
    at: 'dsl/jsonschema/',
    mayImport: [...GROUND, 'dsl/syntax/', 'dsl/check/', 'dsl/plan/', 'dsl/judge/', 'dsl/jsonschema/'],
    instead: 'Schemas come in and go out as data; who reads files is above.',
  },
  {
    at: 'dsl/libraries/',
    mayImport: [...GROUND, ...CONTRACT, 'dsl/syntax/', 'dsl/check/', 'dsl/jsonschema/', 'dsl/libraries/'],
    instead: 'Libraries are put in as trees; what they mean is found out by the stages after.',
  },
  {
    at: 'dsl/pipeline.ts',
    mayImport: STAGES,
    instead: 'The pipeline lists stages; format, lint, lsp and testing stand on top of it.',
  },
  ...TOPS.map((at) => ({
    at,
    mayImport: [...STAGES, at],
    instead: 'Tools stand side by side on the pipeline; move what is shared down into a stage.',
  })),
  {
    at: 'dsl/prove/',
    mayImport: [...STAGES, 'dsl/lint/reason/', 'dsl/prove/'],
    instead: 'What needs machines belongs in runtime/prove.',
  },
  {
    at: 'dsl/lsp/',
    mayImport: [...STAGES, ...TOPS, 'dsl/lsp/'],
    instead: 'The language server offers what the other tools do, and nothing imports it.',
  },
  {
    at: 'dsl/index.ts',
    mayImport: ['dsl/'],
    instead: 'dsl imports nothing of ours, so that it runs in a browser.',
  },
  { at: 'dsl/', mayImport: ['dsl/'], instead: 'dsl imports nothing of ours, so that it runs in a browser.' },

  {
    at: 'runtime/kernel/',
    mayImport: ['dsl/', 'runtime/kernel/'],
    instead: 'The kernel only computes; what acts belongs in runtime/fleet.',
  },
  {
    at: 'runtime/guard/',
    mayImport: ['dsl/', 'runtime/kernel/', 'runtime/guard/'],
    instead: 'The guard only judges; what acts belongs in runtime/fleet.',
  },
  {
    at: 'runtime/log/',
    mayImport: ['runtime/log/'],
    instead: 'The log carries bytes and knows nobody; pass in what is needed.',
  },
  {
    at: 'runtime/deploy/',
    mayImport: ['dsl/', 'runtime/deploy/'],
    instead: 'Rollouts and bundles are data; who writes them into logs is in runtime/fleet.',
  },
  {
    at: 'runtime/memory/',
    mayImport: ['dsl/', 'runtime/evidence/embedder.ts', 'runtime/memory/'],
    instead: 'Memory keeps rows and knows nobody; pass in what is needed.',
  },
  {
    at: 'runtime/fleet/',
    mayImport: [
      'dsl/',
      'runtime/kernel/',
      'runtime/guard/',
      'runtime/log/',
      'runtime/memory/',
      'runtime/deploy/',
      'runtime/evidence/embedder.ts',
      'runtime/fleet/',
    ],
    instead: 'The fleet is put together in runtime/daemon; take it as a parameter.',
  },
  {
    at: 'runtime/traces/',
    mayImport: ['dsl/', 'runtime/guard/steps.ts', 'runtime/kernel/effect.ts', 'runtime/traces/'],
    instead: 'Traces are judged without a fleet; files and the terminal belong in runtime/daemon.',
  },
  {
    at: 'runtime/evidence/',
    mayImport: ['dsl/', 'runtime/fleet/definition.ts', 'runtime/memory/port.ts', 'runtime/evidence/'],
    instead: 'Detectors are given texts and give scores; who asks them, and when, is in runtime/fleet.',
  },
  {
    at: 'runtime/tools/',
    mayImport: [
      'dsl/',
      'runtime/fleet/definition.ts',
      'runtime/fleet/size.ts',
      'runtime/kernel/json.ts',
      'runtime/control/asks.ts',
      'runtime/control/hearing.ts',
      'runtime/tools/',
    ],
    instead: 'A tool is an executor of a fleet’s world; who calls it, and when, is in runtime/fleet.',
  },
  {
    at: 'runtime/models/',
    mayImport: [
      'dsl/',
      'runtime/fleet/definition.ts',
      'runtime/fleet/clock.ts',
      'runtime/fleet/breakers.ts',
      'runtime/tools/',
      'runtime/models/',
    ],
    instead: 'A model is a source or tool of a fleet’s world; who asks it, and when, is in runtime/fleet.',
  },
  {
    at: 'runtime/telemetry/',
    mayImport: ['dsl/', 'runtime/kernel/', 'runtime/guard/', 'runtime/fleet/', 'runtime/telemetry/'],
    instead: 'Telemetry reads committed records; let runtime/daemon connect it.',
  },
  {
    at: 'runtime/control/',
    mayImport: [
      'dsl/',
      'runtime/deploy/',
      'runtime/fleet/',
      'runtime/telemetry/',
      'runtime/memory/port.ts',
      'runtime/log/bus.ts',
      'runtime/log/subjects.ts',
      'runtime/control/',
    ],
    instead: 'Control answers questions about a fleet; files and the terminal belong in runtime/daemon.',
  },
  {
    at: 'runtime/permissions/',
    mayImport: [
      'dsl/',
      'runtime/control/asks.ts',
      'runtime/control/service.ts',
      'runtime/log/credentials.ts',
      'runtime/log/subjects.ts',
      'runtime/permissions/',
    ],
    instead: 'Permissions are made from a plan and the layout of subjects; files belong in runtime/daemon.',
  },
  {
    at: 'runtime/',
    mayImport: ['dsl/', 'runtime/'],
    instead: 'Agents are given to the runtime as machines; it imports none.',
  },
  {
    at: 'agents/',
    mayImport: ['dsl/', 'runtime/', 'agents/'],
    instead: 'An example is a fleet of its own; move what is shared into agents.',
  },
]

/** Adapters stand behind ports; the daemon is the only place that chooses one. */
export const ADAPTERS: readonly { readonly at: string; readonly room: string; readonly port: string }[] = [
  { at: 'runtime/log/jetstream.ts', room: 'runtime/log/', port: 'runtime/log/port.ts' },
  { at: 'runtime/log/jetstream-log.ts', room: 'runtime/log/', port: 'runtime/log/port.ts' },
  { at: 'runtime/log/nats-server/', room: 'runtime/log/', port: 'runtime/log/port.ts' },
  { at: 'runtime/memory/lance/', room: 'runtime/memory/', port: 'runtime/memory/port.ts' },
  { at: 'runtime/memory/lancedb.ts', room: 'runtime/memory/', port: 'runtime/memory/port.ts' },
]
/** `runtime/index.ts` hands the adapters to the outside. */
const CHOOSERS = ['runtime/daemon/', 'runtime/index.ts', 'bench/', 'bin/']

/** Tests run on real parts: any of their own house, and machines written the way agents are. */
const TESTS_MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  dsl: ['dsl/'],
  runtime: ['dsl/', 'runtime/', 'agents/'],
}

export function direction(files: readonly SourceFile[]): readonly Finding[] {
  return files.flatMap((file) => {
    const room = ROOMS.find(({ at }) => covers(at, file.path))
    if (!room) return []
    return file.imports.flatMap((each): Finding[] => {
      if (each.kind !== 'file' || room.mayImport.some((entry) => covers(entry, each.path))) return []
      if (isTest(file) && TESTS_MAY_IMPORT[top(file.path)]?.some((entry) => covers(entry, each.path)))
        return []
      return [
        {
          file: file.path,
          line: each.line,
          rule: `${room.at} may not import ${each.path}`,
          instead: room.instead,
        },
      ]
    })
  })
}

export function portsNotAdapters(files: readonly SourceFile[]): readonly Finding[] {
  return files.flatMap((file) => {
    if (isTest(file) || CHOOSERS.some((entry) => covers(entry, file.path))) return []
    return file.imports.flatMap((each): Finding[] => {
      const adapter = each.kind === 'file' && ADAPTERS.find(({ at }) => covers(at, each.path))
      if (!adapter || file.path.startsWith(adapter.room)) return []
      const instead = `Import ${adapter.port} and take the rest as a parameter; runtime/daemon chooses.`
      return [{ file: file.path, line: each.line, rule: `imports the adapter ${adapter.at}`, instead }]
    })
  })
}

/** `index.ts` files are doors to the outside. */
export function noOwnBarrels(files: readonly SourceFile[]): readonly Finding[] {
  return files.flatMap((file) => {
    if (file.path.startsWith('examples/') || /(^|\/)index(\.test)?\.ts$/.test(file.path)) return []
    return file.imports.flatMap((each): Finding[] => {
      const isBarrel = each.kind === 'file' ? /(^|\/)index\.ts$/.test(each.path) : each.name === 'parapet'
      if (!isBarrel) return []
      const instead = 'Import the file that has it; index.ts is for those outside.'
      return [{ file: file.path, line: each.line, rule: 'imports a barrel of our own', instead }]
    })
  })
}

function top(path: string): string {
  return path.slice(0, path.indexOf('/'))
}
