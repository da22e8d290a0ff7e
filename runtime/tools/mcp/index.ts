/** `parapet/mcp`: tools of MCP servers, in a fleet's world. */
export { type McpTools, type McpToolsOptions, openMcpTools } from './client.ts'
export type { McpPlace } from './link.ts'
