/** What a fleet offers to MCP clients: a tool for each message that somebody outside may send to an agent. */
import { exportShape } from '#dsl/jsonschema/export.ts'
import type { JsonObject } from '#dsl/judge/step.ts'
import type { Plan } from '#dsl/plan/plan.ts'

export interface Offered {
  readonly name: string
  readonly description: string
  readonly inputSchema: JsonObject & { readonly type: 'object' }
  readonly agent: string
  readonly message: string
}

const CONVERSATION: JsonObject = {
  type: 'string',
  minLength: 1,
  maxLength: 100,
  description: 'Goes on with it; left out, a new one begins. The result names it.',
}

/** What is checked here of a call to any of them: the fields are the policy's to judge, with its own reasons. */
export const ENVELOPE: JsonObject = {
  type: 'object',
  properties: { fields: { type: 'object' }, conversation: CONVERSATION },
  required: ['fields'],
  additionalProperties: false,
}

/** `from`: who the clients are to the policy (`customer`). Throws when two tools would have one name. */
export function offeredBy(plan: Plan, from: string): Offered[] {
  const offered = plan.agents.flatMap(({ name: agent, may }) => {
    const messages = plan.messages.filter((message) =>
      may.some(
        ({ kinds, names, peers }) =>
          (kinds === undefined || kinds.includes('receives')) &&
          (names === undefined || names.includes(message.name)) &&
          (peers === undefined || peers.includes(from)),
      ),
    )
    return messages.map(
      ({ name, shape }): Offered => ({
        name: `${agent}_${name}`,
        description: `Says \`${name}\` to ${agent} and waits for the answer. The policy "${plan.policy.name}" judges it first.`,
        inputSchema: {
          type: 'object',
          properties: { fields: exportShape(shape), conversation: CONVERSATION },
          required: ['fields'],
          additionalProperties: false,
        },
        agent,
        message: name,
      }),
    )
  })
  const names = offered.map(({ name }) => name)
  const double = names.find((name, i) => name === HEAR.name || names.indexOf(name) !== i)
  if (double !== undefined) throw new TypeError(`two tools would be called \`${double}\``)
  return offered
}

/** Further news, when the wait of a call was over before the answer came. */
export const HEAR = {
  name: 'hear',
  description: 'Waits for further news of something said before, as the result of saying it named it.',
  inputSchema: {
    type: 'object',
    properties: {
      conversation: { type: 'string' },
      id: { type: 'string' },
      after: { type: 'integer', minimum: 0, description: '`heard` of the result before.' },
    },
    required: ['conversation', 'id'],
    additionalProperties: false,
  },
} as const

/** The result of every tool. */
export const RESULT: JsonObject & { readonly type: 'object' } = {
  type: 'object',
  properties: {
    outcome: {
      enum: ['answered', 'refused', 'waiting', 'stopped', 'ended', 'nothing-yet'],
      description:
        'refused: the policy did not let it in. waiting: a person has to decide. stopped: the agent cannot go on. nothing-yet: ask again with `hear`.',
    },
    conversation: { type: 'string' },
    id: { type: 'string' },
    heard: { type: 'integer' },
    answers: { type: 'array', items: { type: 'object' } },
    reasons: { type: 'array', items: { type: 'string' } },
    waitingFor: { type: 'array', items: { type: 'string' } },
  },
  required: ['outcome', 'conversation', 'id', 'heard', 'answers'],
}
