/** In whose words a recording is judged: which role of the policy the assistant plays, and how it hears and speaks. */
import type { Agent, Plan, Selector } from '#dsl/plan/plan.ts'

export interface Voice {
  /** The assistant's role. */
  readonly agent: string
  /** A user's words become `receives MESSAGE from PEER`. */
  readonly hears: { readonly message: string; readonly peer: string }
  /** The assistant's words become `answers PEER`, or `sends MESSAGE to PEER` where it may not answer. */
  readonly says: { readonly message?: string; readonly peer: string }
  /** Every role of the policy: a recording that names one of them means it. */
  readonly roles: ReadonlySet<string>
}

export type VoiceChoice =
  | { readonly kind: 'voice'; readonly voice: Voice }
  | { readonly kind: 'unclear'; readonly message: string; readonly roles: readonly string[] }

/** Of the message where the role may receive none; the audit then says that the policy does not know it. */
const UNHEARD = 'message'

/** `agent` may be left out where only one role may call tools. */
export function voiceFor(plan: Plan, agent: string | undefined, customer: string): VoiceChoice {
  const roles = plan.agents.map(({ name }) => name)
  const able = plan.agents.filter(({ may }) => may.some((selector) => speaksOf(selector, 'calls')))
  const chosen = agent ?? (able.length === 1 ? able[0]?.name : roles.length === 1 ? roles[0] : undefined)
  const role = plan.agents.find(({ name }) => name === chosen)
  if (role === undefined)
    return {
      kind: 'unclear',
      roles: chosen === undefined && able.length > 0 ? able.map(({ name }) => name) : roles,
      message:
        chosen === undefined
          ? 'several roles of the policy may call tools, and it is not clear which one the assistant plays'
          : `the policy declares no agent \`${chosen}\``,
    }
  return {
    kind: 'voice',
    voice: {
      agent: role.name,
      hears: {
        message: named(role, 'receives')?.names?.[0] ?? UNHEARD,
        peer: named(role, 'receives')?.peers?.[0] ?? customer,
      },
      says: saying(role, customer),
      roles: new Set(roles),
    },
  }
}

function saying(role: Agent, customer: string): Voice['says'] {
  const answers = role.may.find((selector) => speaksOf(selector, 'answers'))
  if (answers !== undefined) {
    const peer = answers.peers?.[0] ?? customer
    return { peer: answers.peers?.includes(customer) ? customer : peer }
  }
  const sends = named(role, 'sends')
  const message = sends?.names?.[0]
  return message === undefined ? { peer: customer } : { message, peer: sends?.peers?.[0] ?? customer }
}

function named(role: Agent, kind: 'receives' | 'sends'): Selector | undefined {
  return role.may.find((selector) => speaksOf(selector, kind) && selector.names !== undefined)
}

function speaksOf(selector: Selector, kind: 'calls' | 'answers' | 'receives' | 'sends'): boolean {
  return selector.kinds?.includes(kind) ?? true
}
