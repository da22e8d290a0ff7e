/** `parapet/tools`: what an engineer writes tools with. */
export { QUEUE_MAX, type Room } from './at-most.ts'
export { SANDBOX_LIMITS, type SandboxLimits, type SandboxSpec, sandboxedTool } from './sandbox/sandbox.ts'
export { fromJsonSchema, fromShape, fromZod, type Read, type Schema } from './schema.ts'
export { defineTool, executorsOf, listingOf, type Tool, type ToolSpec } from './tool.ts'
