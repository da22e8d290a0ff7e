/**
 * The five rules in other engines, each as its users would run it: Cedar with its policies parsed beforehand, CEL with its
 * expression parsed beforehand, json-rules-engine with its engine built beforehand. Each says whether the call may pass.
 * None of them checks the shape of the arguments, keeps what a later verdict needs, or says why.
 */
import { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import { parse } from '@marcbachmann/cel-js'
import { Engine } from 'json-rules-engine'
import type { Step } from '../../dsl/judge/step.ts'

export type Passes = (step: Step) => boolean | Promise<boolean>

export const PEERS: readonly (readonly [name: string, passes: Passes])[] = [
  ['cel-js', cel()],
  ['Cedar wasm', cedar()],
  ['json-rules-engine', jsonRules()],
]

function cel(): Passes {
  const refused = parse(
    'amount > 2000.0 || amount <= 0.0 || (tier == "regular" && amount > 500.0) || items > 20.0 || order == "ORD-000000"',
  )
  return ({ fields }) => refused(fields) !== true
}

function cedar(): Passes {
  // Cedar has no fractions in JSON but its own decimals, so that amounts are in cents, as its users keep them.
  const policies = `
    permit (principal, action, resource);
    forbid (principal, action == Action::"issue_refund", resource) when { context.cents > 200000 };
    forbid (principal, action == Action::"issue_refund", resource) when { context.cents <= 0 };
    forbid (principal, action == Action::"issue_refund", resource)
      when { context.tier == "regular" && context.cents > 50000 };
    forbid (principal, action == Action::"issue_refund", resource) when { context.items > 20 };
    forbid (principal, action == Action::"issue_refund", resource) when { context.order == "ORD-000000" };
    forbid (principal, action == Action::"lookup_order", resource) when { context.order == "ORD-000000" };`
  const parsed = preparsePolicySet('refunds', { staticPolicies: policies })
  if (parsed.type !== 'success') throw new Error(JSON.stringify(parsed))
  const resource = { type: 'Desk', id: 'refunds' }
  return ({ agent, name, fields }) => {
    const { amount, items, order, tier } = fields
    const answer = statefulIsAuthorized({
      principal: { type: 'Agent', id: agent },
      action: { type: 'Action', id: name },
      resource,
      context: {
        cents: Math.round(Number(amount) * 100),
        items: Number(items),
        order: String(order),
        tier: String(tier),
      },
      preparsedPolicySetId: 'refunds',
      entities: [],
    })
    return answer.type === 'success' && answer.response.decision === 'allow'
  }
}

function jsonRules(): Passes {
  const over = (fact: string, operator: string, value: number | string) => ({ fact, operator, value })
  const engine = new Engine([
    { conditions: { all: [over('amount', 'greaterThan', 2_000)] }, event: { type: 'refused' } },
    { conditions: { all: [over('amount', 'lessThanInclusive', 0)] }, event: { type: 'refused' } },
    {
      conditions: { all: [over('tier', 'equal', 'regular'), over('amount', 'greaterThan', 500)] },
      event: { type: 'refused' },
    },
    { conditions: { all: [over('items', 'greaterThan', 20)] }, event: { type: 'refused' } },
    { conditions: { all: [over('order', 'equal', 'ORD-000000')] }, event: { type: 'refused' } },
  ])
  return async ({ fields }) => (await engine.run({ ...fields })).events.length === 0
}
