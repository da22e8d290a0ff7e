/** The three agents of the desk. */
export { clerk } from './agents/clerk.ts'
export { gateway } from './agents/gateway.ts'
export { supervisor } from './agents/supervisor.ts'
