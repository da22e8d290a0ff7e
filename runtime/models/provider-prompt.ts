/** A request in the words of the AI SDK's provider interface. */

import type { LanguageModel } from 'ai'
import type { ModelMessage, ModelRequest } from './model.ts'

/** What `createAnthropic()('…')`, `createOpenAICompatible({…})('…')` and every other provider of AI SDK 7 give. */
export type ProviderModel = Extract<LanguageModel, { readonly specificationVersion: 'v4' }>

export type CallOptions = Parameters<ProviderModel['doGenerate']>[0]
type Prompt = CallOptions['prompt'][number]

export function optionsOf(request: ModelRequest): CallOptions {
  const { system, messages, tools, output, tokensMax, temperature } = request
  return {
    prompt: [
      ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
      ...messages.map(said),
    ],
    maxOutputTokens: tokensMax,
    ...(temperature !== undefined && { temperature }),
    ...(output && { responseFormat: { type: 'json', schema: output, name: 'answer' } }),
    ...(tools && {
      tools: tools.map(({ name, description, inputSchema }) => ({
        type: 'function' as const,
        name,
        inputSchema,
        ...(description !== undefined && { description }),
      })),
    }),
  }
}

function said(message: ModelMessage): Prompt {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: [{ type: 'text', text: message.text }] }
    case 'model':
      return {
        role: 'assistant',
        content: [
          ...(message.text === '' ? [] : [{ type: 'text' as const, text: message.text }]),
          ...(message.calls ?? []).map(({ id, tool, args }) => ({
            type: 'tool-call' as const,
            toolCallId: id,
            toolName: tool,
            input: args,
          })),
        ],
      }
    case 'tool':
      return {
        role: 'tool',
        content: message.results.map(({ id, tool, value, failed }) => ({
          type: 'tool-result' as const,
          toolCallId: id,
          toolName: tool,
          output: { type: failed ? ('error-json' as const) : ('json' as const), value },
        })),
      }
  }
}
