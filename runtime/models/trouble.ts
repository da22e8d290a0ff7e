/**
 * Why a live model gives no answer, with what a person does about it: codes for whoever runs the fleet. Codes are permanent;
 * design/errors.md is made of these as well. The same words stand in the log, as the error of the invocation.
 */
import type { Failed, Model } from './model.ts'

export interface TroubleInfo {
  readonly title: string
  readonly means: string
  readonly help: string
}

const trouble = (title: string, means: string, help: string): TroubleInfo => ({ title, means, help })

export const TROUBLES = {
  M0001: trouble(
    'Model’s key is not taken',
    'The endpoint asks for a key, or does not take the one it was given (401, 403).',
    'Set PARAPET_MODEL_KEY to a key of this endpoint, and start again.',
  ),
  M0002: trouble(
    'No models at this address',
    'Something answers at the address, but not as an API of models does: a page for people, or a path it does not know.',
    'Check the address in PARAPET_MODEL; of an OpenAI-compatible server it usually ends in /v1. PARAPET_MODEL_WIRE=anthropic speaks Anthropic’s way.',
  ),
  M0003: trouble(
    'Model is not there',
    'The endpoint has no model of this name, or the key may not use it (404).',
    'Check what stands after `#` in PARAPET_MODEL; a local server has to load the model first.',
  ),
  M0004: trouble(
    'Model cannot be reached',
    'Nobody listens at the address, or its name is not known.',
    'Start the server, or check host and port in PARAPET_MODEL.',
  ),
  M0005: trouble(
    'Model has too much to do',
    'The endpoint turned requests away (429, 503, 529) until the last try. Waits it asked for were kept to.',
    'Nothing needs mending: raise the limit at the provider, or ask less often (`rated`, fewer conversations at once).',
  ),
  M0006: trouble(
    'Model breaks off',
    'Answers were cut, late, or not readable until the last try. What they may have cost counts as spent.',
    'Look at the endpoint’s own log. `parapet trace` shows the turns that went on without the model.',
  ),
  M0007: trouble(
    'Model does not take a request',
    'The endpoint refuses what it was asked, however often.',
    'The message is the endpoint’s. Often the request is too long, or the model takes no tools or no schema for its answer.',
  ),
} as const satisfies Record<string, TroubleInfo>

export type TroubleCode = keyof typeof TROUBLES

/** Undefined: nothing anybody has to know of. */
export function troubleOf({ why, wrong, unreached }: Failed): TroubleCode | undefined {
  if (wrong !== undefined) return ({ key: 'M0001', address: 'M0002', name: 'M0003' } as const)[wrong]
  if (unreached) return 'M0004'
  switch (why) {
    case 'busy':
      return 'M0005'
    case 'down':
    case 'late':
    case 'nonsense':
      return 'M0006'
    case 'refused':
      return 'M0007'
    case 'unfit':
    case 'cancelled':
      return undefined
  }
}

export interface Telling {
  /** The endpoint and the model, as they may be shown. */
  readonly where: string
  readonly notice?: (text: string) => void
}

/** Failures say their code and place; whoever runs the fleet is told what helps. */
export function telling(model: Model, { where, notice }: Telling): Model {
  return {
    ...model,
    async generate(request, context) {
      const outcome = await model.generate(request, context)
      const code = outcome.kind === 'failed' ? troubleOf(outcome) : undefined
      if (outcome.kind !== 'failed' || code === undefined) return outcome
      const { title, help } = TROUBLES[code]
      const error = `${code} ${title}: ${outcome.error} (${where})`
      notice?.(`${error}. ${help}`)
      return { ...outcome, error }
    },
  }
}
