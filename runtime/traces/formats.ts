/** The formats recordings come in. */

/** `events` is Parapet's own trace format, `steps` plain steps, `fleet` what `parapet trace --json` prints. */
export const FORMATS = ['events', 'steps', 'fleet', 'openai', 'anthropic', 'otel'] as const
export type Format = (typeof FORMATS)[number]
