/**
 * One call of an MCP client: says a message to an agent and waits for what comes of it.
 *
 * Invariants:
 * 1. Nothing is decided here: the message goes into the agent's inbox, where the policy judges it like any other.
 * 2. A call that carries a key is said under it: repeated, it has no effect and hears the same answer.
 */
import type { JsonObject } from '#dsl/judge/step.ts'
import { type Answer, type Ask, HEAR_WAIT_MS } from '#runtime/control/asks.ts'
import type { Numbered } from '#runtime/control/hearing.ts'
import type { Offered } from './offered.ts'

/** The way to a running fleet: its control plane, as one person. */
export interface FleetDoor {
  ask(ask: Ask): Promise<Answer>
}

export interface Saying {
  readonly door: FleetDoor
  /** Who the clients are to the policy. */
  readonly from: string
  /** The call gives up waiting for news after so many milliseconds; what was said stays said. */
  readonly waitMs: number
  readonly nowMs: () => number
  readonly newId: () => string
}

export type Said =
  | { readonly kind: 'said'; readonly result: JsonObject; readonly isError: boolean }
  /** The fleet could not be asked, or the call was none. */
  | { readonly kind: 'failed'; readonly message: string }

export async function say(
  saying: Saying,
  { agent, message }: Offered,
  args: { readonly fields: JsonObject; readonly conversation: string | undefined },
  key: string | undefined,
  signal: AbortSignal,
): Promise<Said> {
  const id = key ?? saying.newId()
  const conversation = args.conversation ?? `mcp-${id}`
  const told = await saying.door.ask({
    kind: 'tell',
    id,
    conversation,
    to: agent,
    message,
    fields: args.fields,
    from: saying.from,
  })
  // Said before, it may have been the last word of a conversation that has ended since.
  if (told.kind === 'refused' && told.code !== 'too-late') return { kind: 'failed', message: told.message }
  const heard = await hear(saying, { conversation, id, after: 0 }, signal)
  const nothing = heard.kind === 'said' && heard.result['outcome'] === 'nothing-yet'
  return told.kind === 'refused' && nothing ? { kind: 'failed', message: told.message } : heard
}

export async function hear(
  { door, waitMs, nowMs }: Pick<Saying, 'door' | 'waitMs' | 'nowMs'>,
  of: { readonly conversation: string; readonly id: string; readonly after: number },
  signal: AbortSignal,
): Promise<Said> {
  const until = nowMs() + waitMs
  const news: Numbered[] = []
  do {
    const left = Math.max(0, Math.min(HEAR_WAIT_MS, Math.ceil(until - nowMs())))
    const answer = await door.ask({
      kind: 'hear',
      ...of,
      after: news.at(-1)?.number ?? of.after,
      waitMs: left,
    })
    if (answer.kind !== 'heard')
      return { kind: 'failed', message: answer.kind === 'refused' ? answer.message : 'no answer' }
    news.push(...answer.news)
    if (news.some(({ kind }) => kind !== 'taken')) break
  } while (nowMs() < until && !signal.aborted)
  return summedUp(of.conversation, of.id, news, of.after)
}

function summedUp(conversation: string, id: string, news: readonly Numbered[], after: number): Said {
  const answers = news.flatMap((each) => (each.kind === 'answer' ? [each.fields] : []))
  const reasons = news.flatMap((each) => (each.kind === 'refused' ? each.reasons : []))
  const waitingFor = news.flatMap((each) => (each.kind === 'waiting' ? [each.who] : []))
  const has = (kind: Numbered['kind']) => news.some((each) => each.kind === kind)
  const outcome = has('refused')
    ? 'refused'
    : has('answer')
      ? 'answered'
      : has('waiting')
        ? 'waiting'
        : has('stopped')
          ? 'stopped'
          : has('ended')
            ? 'ended'
            : 'nothing-yet'
  return {
    kind: 'said',
    isError: outcome === 'refused' || outcome === 'stopped',
    result: {
      outcome,
      conversation,
      id,
      heard: news.at(-1)?.number ?? after,
      answers,
      ...(reasons.length > 0 && { reasons: [...reasons] }),
      ...(waitingFor.length > 0 && { waitingFor }),
    },
  }
}
