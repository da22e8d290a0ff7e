/** A recorded conversation as the steps a policy speaks of. */
import type { Grounds } from '#dsl/judge/grounds.ts'
import type { Json, JsonObject, Step, StepKind } from '#dsl/judge/step.ts'
import { groupTurns } from './group-turns.ts'
import type { Happening, Talk } from './happening.ts'
import { recordedValue, tellsOfFailure } from './recorded-value.ts'
import type { Voice } from './voice.ts'

export interface Conversation {
  readonly conversation: string
  readonly steps: readonly Step[]
  /**
   * Places of steps that were proposed and stopped where they were recorded, so that they never happened. Only a
   * fleet's own log knows of them.
   */
  readonly proposed?: ReadonlySet<number>
  /** The recording's own numbers for the steps; a step without one has its place. */
  readonly seqs?: readonly number[]
  /** What detectors said where it was recorded, by the place of the step. */
  readonly given?: ReadonlyMap<number, Grounds>
}

/** Where a recording does not say when something happened, it is taken to be this long after what was before. */
export const STEP_MS = 1_000

/** `startsAt`: milliseconds since the epoch of the first step, where the recording has no time. */
export function conversationOf(talk: Talk, voice: Voice, startsAt: number): Conversation {
  const steps: Step[] = []
  const seqs: number[] = []
  const calls = new PendingCalls()
  let at = startsAt - STEP_MS
  let turn = 0
  for (const group of groupTurns(talk.happenings, ({ kind }) => kind === 'said' || kind === 'called')) {
    turn++
    for (const happening of group) {
      at = happening.at ?? at + STEP_MS
      const agent =
        happening.agent !== undefined && voice.roles.has(happening.agent) ? happening.agent : voice.agent
      const step = (kind: StepKind, name: string, fields: JsonObject, peer?: string): Step => ({
        kind,
        agent,
        actor: `${talk.id}/${agent}`,
        conversation: talk.id,
        turn,
        at,
        name,
        fields,
        ...(peer === undefined ? {} : { peer }),
      })
      seqs.push(happening.seq ?? steps.length)
      steps.push(stepOf(happening, voice, calls, step))
    }
  }
  const numbered = talk.happenings.some(({ seq }) => seq !== undefined)
  return { conversation: talk.id, steps, ...(numbered ? { seqs } : {}) }
}

type MakeStep = (kind: StepKind, name: string, fields: JsonObject, peer?: string) => Step

function stepOf(happening: Happening, voice: Voice, calls: PendingCalls, step: MakeStep): Step {
  switch (happening.kind) {
    case 'heard':
      return step('receives', voice.hears.message, { text: happening.text }, voice.hears.peer)
    case 'said': {
      const { message, peer } = voice.says
      return step(message === undefined ? 'answers' : 'sends', message ?? '', { text: happening.text }, peer)
    }
    case 'called':
      calls.open(happening.call, happening.tool)
      return step('calls', happening.tool, happening.args)
    case 'returned': {
      const tool = calls.close(happening.call, happening.tool)
      const { value } = happening
      if (happening.failed === true || tellsOfFailure(value))
        return step('fails', tool, { error: typeof value === 'string' ? value : JSON.stringify(value) })
      return step('result', tool, asFields(typeof value === 'string' ? recordedValue(value) : value))
    }
  }
}

/** A record as it is, anything else under `value`: as the gate of a running fleet does it. */
function asFields(value: Json): JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : { value }
}

/** Which tool a result is of: what the recording says, else the call of its id, else the oldest call still open. */
class PendingCalls {
  readonly #open: { readonly call: string | undefined; readonly tool: string }[] = []

  open(call: string | undefined, tool: string): void {
    this.#open.push({ call, tool })
  }

  close(call: string | undefined, tool: string | undefined): string {
    const byId = call === undefined ? -1 : this.#open.findIndex((each) => each.call === call)
    const byTool = tool === undefined ? -1 : this.#open.findIndex((each) => each.tool === tool)
    const place = byId >= 0 ? byId : byTool >= 0 ? byTool : tool === undefined ? 0 : -1
    const [closed] = place < 0 ? [] : this.#open.splice(place, 1)
    return tool ?? closed?.tool ?? UNNAMED
  }
}

/** A result that nothing says the tool of. The audit lists it among the names the policy does not know. */
const UNNAMED = 'unnamed'
