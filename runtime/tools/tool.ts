/**
 * A tool as a plain function with schemas, declared once: `executorsOf` makes it a fleet world's `tools`, `listingOf`
 * the listing that a policy reads with `use tools from "…"`.
 *
 *   const lookup = defineTool({
 *     name: 'lookup_order', description: 'One order by its number.', readsOnly: true,
 *     takes: fromZod(z.object({ order: z.string() })), returns: fromZod(Order),
 *     run: ({ order }) => ({ kind: 'ok', value: orders.get(order) }),
 *   })
 */
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import type { CallContext, Outcome, ToolExecutor } from '#runtime/fleet/definition.ts'
import { exceeds } from '#runtime/fleet/size.ts'
import { NotJson, toJson } from '#runtime/kernel/json.ts'
import { atMost, type Room } from './at-most.ts'
import type { Schema } from './schema.ts'

/** A result as JSON, unless the tool names a smaller limit; a record holds no larger one. */
export const TOOL_RESULT_CHARS_MAX = 100_000

export interface ToolSpec<Args> extends Partial<Room> {
  readonly name: string
  /** For whoever chooses tools: people, models. */
  readonly description: string
  readonly takes: Schema<Args>
  /** Absent: any JSON. */
  readonly returns?: Schema<unknown>
  readonly readsOnly?: boolean
  /** It acts once for each `context.key`, however often it is called with it. */
  readonly idempotent?: boolean
  readonly resultCharsMax?: number
  /** `args` fit `takes`. What it throws counts as "may have happened"; a known failure is an outcome. */
  readonly run: (args: Args, context: CallContext) => Promise<Outcome> | Outcome
}

export interface Tool {
  readonly name: string
  /** As in MCP's `tools/list`; what a model is offered. */
  readonly listed: Listed
  readonly execute: ToolExecutor
}

export type Listed = JsonObject & { name: string; description: string; inputSchema: JsonObject }

export function defineTool<Args>(spec: ToolSpec<Args>): Tool {
  const { name, description, takes, returns, readsOnly = false, idempotent = false } = spec
  const charsMax = Math.min(spec.resultCharsMax ?? TOOL_RESULT_CHARS_MAX, TOOL_RESULT_CHARS_MAX)
  const checked: ToolExecutor = async (args, context) => {
    const read = takes.read(args)
    if (read.kind === 'unfit')
      return { kind: 'failed', error: `\`${name}\` was not called: ${read.faults.join('; ')}` }
    return checkedResult(name, await spec.run(read.value, context), returns, charsMax)
  }
  return {
    name,
    listed: {
      name,
      description,
      inputSchema: takes.json,
      ...(returns && { outputSchema: returns.json }),
      annotations: { readOnlyHint: readsOnly, idempotentHint: idempotent },
    },
    execute: atMost(spec, checked),
  }
}

/** A result that is no JSON, too long or not of its schema is a failure that came about. */
export function checkedResult(
  name: string,
  outcome: Outcome,
  returns: Schema<unknown> | undefined,
  charsMax: number,
): Outcome {
  if (outcome.kind !== 'ok') return outcome
  const spent = outcome.spent === undefined ? {} : { spent: outcome.spent }
  const unfit = (error: string): Outcome => ({ kind: 'failed', error, cameAbout: 'yes', ...spent })
  const value = toJson(outcome.value)
  if (value instanceof NotJson) return unfit(`the result of \`${name}\` holds ${value.found}`)
  if (exceeds(value, charsMax)) return unfit(`the result of \`${name}\` takes over ${charsMax} characters`)
  const read = returns?.read(value)
  if (read?.kind === 'unfit')
    return unfit(`the result of \`${name}\` is not what it declares: ${read.faults.join('; ')}`)
  return { kind: 'ok', value, ...spent }
}

export function isTool(value: unknown): value is Tool {
  const tool = typeof value === 'object' && value !== null ? (value as Partial<Tool>) : {}
  return (
    typeof tool.name === 'string' && typeof tool.listed === 'object' && typeof tool.execute === 'function'
  )
}

/** For a world's `tools`. Throws when two tools have one name. */
export function executorsOf(tools: readonly Tool[]): Record<string, ToolExecutor> {
  const executors: Record<string, ToolExecutor> = {}
  for (const { name, execute } of tools) {
    if (Object.hasOwn(executors, name)) throw new TypeError(`two tools are called \`${name}\``)
    executors[name] = execute
  }
  return executors
}

/** What `use tools from "…"` reads. */
export function listingOf(tools: readonly Tool[]): { readonly tools: Json[] } {
  return { tools: tools.map(({ listed }) => listed) }
}
