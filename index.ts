/** What an engineer needs to describe and run a fleet; the rest is under `parapet/dsl`, `parapet/runtime`, `parapet/agents`. */
export { effects, source } from './agents/effects.ts'
export {
  type AgentDefinition,
  type CallContext,
  defineFleet,
  type FleetDefinition,
  type Inlet,
  type Outcome,
  type OutsideExecutor,
  type SourceExecutor,
  type ToolExecutor,
  type World,
} from './runtime/fleet/definition.ts'
