/** What machines are written with. */
export * from './effects.ts'
