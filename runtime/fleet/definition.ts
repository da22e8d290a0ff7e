/** What an engineer writes to describe a fleet: `export default defineFleet({…})`. */
import type { Evidence } from '#dsl/judge/grounds.ts'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import type { Embedder } from '#runtime/evidence/embedder.ts'
import type { Machine } from '#runtime/kernel/kernel.ts'
import type { Migrate } from '#runtime/kernel/versions.ts'
import type { ExecutorSettings } from './breakers.ts'
import type { Clock } from './clock.ts'
import type { Keeping } from './keeping.ts'

export interface CallContext {
  readonly conversation: string
  /** Instance id of the agent that asked. */
  readonly agent: string
  /**
   * The intent's place in the log. The same intent is executed again with the same key after a crash, so a tool that
   * remembers keys acts once.
   */
  readonly key: string
  readonly at: number
  readonly signal: AbortSignal
  /** To say something before all is known; absent unless the policy lets the agent answer `by sentence`. */
  readonly parts?: Parts
}

/** What a source says under way. Its machine gets each as `parapet.part`, in order, before the result. */
export interface Parts {
  /** So many are in the log already, from before the daemon stopped; they are not taken back, nor said again. */
  readonly heard: number
  /** The next part; nothing happens once nobody waits any more. Throws past `PARTS_MAX` or `RESULT_CHARS_MAX`. */
  readonly say: (value: Json) => void
}

export type Outcome =
  | { readonly kind: 'ok'; readonly value: Json; readonly spent?: Spent }
  /**
   * A tool that says it failed has done nothing, unless it says otherwise. One that throws or is late may have: limits across
   * the fleet then go on counting it until a person says what became of it.
   */
  | {
      readonly kind: 'failed'
      readonly error: string
      readonly cameAbout?: 'yes' | 'unknown'
      readonly spent?: Spent
    }

/** What a call cost; judged as a `spends` step. */
export interface Spent {
  readonly amount: number
  readonly tokens: number
}

export type ToolExecutor = (args: JsonObject, context: CallContext) => Promise<Outcome> | Outcome
export type SourceExecutor = (input: Json, context: CallContext) => Promise<Outcome> | Outcome
/** Looks at something for the policy. What it throws is evidence that it failed. */
export type Detector = (input: JsonObject, context: CallContext) => Promise<Looked> | Looked
/** What looking cost is judged as a `spends` step of the agent that asked; what was declared, where it is not said. */
export type Looked = Evidence & { readonly spent?: Spent }
/** Delivers an answer to someone outside; must tolerate the same key twice. */
export type OutsideExecutor = (fields: JsonObject, context: CallContext, inlet: Inlet) => Promise<void> | void

/** The way in for the world outside the fleet. */
export interface Inlet {
  /**
   * Durable once resolved. `source` names the sender; messages of one source to one conversation carry `seq` 1, 2, 3 …:
   * saying the same `seq` again has no effect.
   */
  tell(message: {
    readonly source: string
    readonly seq: number
    readonly conversation: string
    readonly to: string
    readonly message: string
    readonly fields: JsonObject
    /** Who speaks, as the policy calls them (`customer`). */
    readonly from: string
  }): Promise<void>
}

/**
 * Who people and agents are to the policy. Asked once a turn and written down with it, so that the answer may change
 * from one turn to the next; it must come at once.
 */
export interface Directory {
  /** Whose conversation it is; undefined: nobody's that is known. */
  readonly tenantOf?: (conversation: string) => string | undefined
  /**
   * Roles of an agent (by its instance id, `conversation/role`) or of somebody outside (by the name messages are
   * `from`); undefined: not known, which a policy that asks takes for unknown.
   */
  readonly rolesOf?: (identity: string) => readonly string[] | undefined
}

/** Where a world is opened. */
export interface WorldPlace {
  readonly dataDir: string
  readonly fleetDir: string
  /** The fleet's time, virtual in a simulation: a world that waits does so by it (`pauseOn`). */
  readonly clock: Clock
  /** Tells whoever runs the fleet what goes wrong around it. The same words are not shown over and over. */
  readonly notice: (text: string) => void
}

export interface FleetDefinition {
  readonly name: string
  /** Path of the policy file, relative to the fleet file. */
  readonly policy: string
  readonly agents: Readonly<Record<string, AgentDefinition>>
  /** Opens what the fleet acts on; `dataDir` is the fleet's own folder. */
  readonly world: (place: WorldPlace) => Promise<World> | World
  readonly partitions?: number
  /** The fleet's time starts here instead of now, for recorded worlds. ISO 8601 with offset. */
  readonly startsAt?: string
  /** Role that is told when an agent cannot go on. */
  readonly escalateTo?: string
  readonly people?: People
  /** Public keys of those who may deploy policies, by name (`parapet keys` makes them). */
  readonly trust?: Readonly<Record<string, string>>
  /** How much of the log is kept and who stays in memory, per partition; `KEEPING` where left out. */
  readonly keeping?: Partial<Keeping>
  /** Whoever has to decide is told again and again until they do. */
  readonly reminders?: Reminders
  readonly directory?: Directory
  /** Deadlines and circuit breakers, by the name of a tool or source. */
  readonly executors?: Readonly<Record<string, ExecutorSettings>>
  readonly memory?: MemorySettings
  /**
   * Gives texts their meaning as vectors, for shared memory and for what the policy asks of meaning (`resembles`, `is about`, `is
   * grounded in`). The model that comes along unless given. Memory belongs to the model that made its vectors.
   */
  readonly embedder?: (place: Pick<WorldPlace, 'fleetDir'>) => Embedder
}

export interface MemorySettings {
  /**
   * What a search of shared memory found is given again for so long, unless this daemon writes in between; of what other
   * daemons write, a search may be behind as long. Every search looks unless given.
   */
  readonly searchesKeptMs?: number
  /**
   * How long rows are kept, by kind, in milliseconds, a minute at least; older ones are forgotten for good, looked for every hour.
   * Of a kind that is not named all are kept.
   */
  readonly keptMs?: Readonly<Record<string, number>>
  /** Where shared memory lies, when daemons on several machines share it: `s3://…`, `gs://…`, `az://…`. `memory/` of the data unless given. */
  readonly at?: string
  /** Keys, regions and endpoints of the object store, as LanceDB names them; the environment's unless given. */
  readonly storage?: Readonly<Record<string, string>>
}

export interface Reminders {
  readonly everyMs: number
  /** For one ask. */
  readonly most: number
}

/** Those who may decide what agents ask for, by name. */
export type People = Readonly<Record<string, Person>>

export interface Person {
  readonly roles: readonly string[]
  /** SHA-256 of the token they show over HTTP, 64 hex digits. Without one they come by NATS only. */
  readonly tokenSha256?: string
}

export interface AgentDefinition {
  readonly machine: Machine
  readonly input?: (conversation: string) => Json
  /** Of the machine, kept with each agent's state; the machine's own `version` when left out. */
  readonly version?: string
  /** Brings the state of another version to this one; without it such an agent is stopped, with the reason. */
  readonly migrate?: Migrate
  /** What becomes of one whose turn fails; without it, it is stopped. */
  readonly supervision?: Supervision
}

export interface World {
  readonly tools: Readonly<Record<string, ToolExecutor>>
  /** What machines `invoke` by name: models, long tasks. */
  readonly sources?: Readonly<Record<string, SourceExecutor>>
  /** Who may be answered, by name. */
  readonly outside?: Readonly<Record<string, OutsideExecutor>>
  /** What a policy may ask to look at texts, by name. */
  readonly detectors?: Readonly<Record<string, Detector>>
  /** Starts conversations; called at every start of the daemon and so must repeat itself exactly. Returns their ids. */
  readonly feed?: (inlet: Inlet) => Promise<readonly string[]>
  /** Warnings met while opening (a damaged line in recorded data, say), shown once. */
  readonly notices?: readonly string[]
  close?(): Promise<void> | void
}

export function defineFleet(definition: FleetDefinition): FleetDefinition {
  return definition
}

/** Declared for each agent in the fleet file. Without it a failure stops the agent and is escalated. */
export interface Supervision {
  /** `retry` goes on from the state before the failure, `restart` from the machine's beginning. */
  readonly onFailure: 'retry' | 'restart'
  /** Tries of one input; then it becomes a dead letter and the agent goes on with the next. */
  readonly triesMax?: number
  /** The first rest; it doubles with each try of the same input. */
  readonly backoffMs?: number
  readonly backoffMaxMs?: number
  /** More failures than this within `withinMs` stop the agent and are escalated. */
  readonly failuresMax?: number
  readonly withinMs?: number
}
