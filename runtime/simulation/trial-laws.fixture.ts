/** What must hold of the trial fleet besides what holds of every fleet. */
import type { JsonObject } from '#dsl/judge/step.ts'
import type { CommitRecord, TurnRecord } from '#runtime/fleet/record.ts'
import type { Told } from './simulate.ts'
import { adviserLaw } from './trial-adviser-laws.fixture.ts'
import { askedOf, DECIDES_MAX, secretIn } from './trial-agents.fixture.ts'
import { ledgerLaw } from './trial-ledger-laws.fixture.ts'
import { CAP, STRICT } from './trial-policy.fixture.ts'
import type { Report } from './witness.ts'

/** What the policy means, said again in plain code over what was committed. */
export function lawsOf(
  told: readonly Told[],
  strict: string,
): (record: CommitRecord, report: Report) => void {
  const spent = new Map<string, number>()
  const known = new Map<string, number>()
  const thanked = new Map<string, number>()
  const lately = new Map<string, number[]>()
  const orders = new Map(told.map((each) => [`${each.conversation} ${JSON.stringify(each.fields)}`, each]))
  const others = [ledgerLaw(), adviserLaw()]
  return (record, report) => {
    for (const law of others) law(record, report)
    for (const turn of record.turns) {
      const conversation = turn.agent.slice(0, turn.agent.lastIndexOf('/'))
      const { input } = turn
      if (input.kind === 'message' && input.message === 'order') {
        if (!orders.has(`${conversation} ${JSON.stringify(input.fields)}`))
          report(`${turn.agent} takes an order nobody gave: ${JSON.stringify(input.fields)}`)
        if (turn.outcome === 'passed') {
          const wanted = (turn.effects ?? []).map(({ kind }) => kind).join(' ')
          if (wanted !== 'call call send remember answer')
            report(`${turn.agent} takes an order and does: ${wanted}`)
          const before = known.get(turn.agent) ?? 0
          const after = countIn(turn, 'orders')
          if (after !== before + 1)
            report(`${turn.agent} has taken ${before + 1} orders and knows of ${after}`)
        }
        if (turn.outcome === 'passed' && String(input.fields['note']).includes('!'))
          report(`${turn.agent} lets shouting in`)
      }
      if (input.kind === 'message' && input.message === 'thanks' && turn.outcome === 'passed') {
        const before = thanked.get(turn.agent) ?? 0
        const after = countIn(turn, 'thanks')
        if (after !== (before < 12 ? before + 1 : before))
          report(`${turn.agent} was thanked after ${before} times and knows of ${after}`)
      }
      if (input.kind === 'message' && input.message === 'parapet.approval') {
        const amount = askedOf(input.fields)
        if (amount > DECIDES_MAX && turn.effects?.some(({ kind }) => kind === 'decide'))
          report(`${turn.agent} decides over ${amount}, which is not for it to decide`)
      }
      known.set(turn.agent, countIn(turn, 'orders') ?? known.get(turn.agent) ?? 0)
      thanked.set(turn.agent, countIn(turn, 'thanks') ?? thanked.get(turn.agent) ?? 0)
      for (const change of turn.changes) {
        if (change.kind !== 'intent') continue
        if (change.effect.kind === 'remember') {
          const { fields } = change.effect
          const labels = Array.isArray(fields['labels']) ? fields['labels'] : []
          if (secretIn(fields) !== undefined && !labels.includes('private'))
            report(`${turn.agent} remembers a secret without its label: ${JSON.stringify(fields)}`)
        }
        if (change.effect.kind !== 'call') continue
        if (change.effect.tool === 'post' && secretIn(change.effect.args) !== undefined)
          report(`${turn.agent} posts a secret: ${JSON.stringify(change.effect.args)}`)
        if (['whisper', 'post', 'lift'].includes(change.effect.tool)) continue
        const amount = Number(change.effect.args['amount'])
        if (change.effect.tool === 'look') {
          if (amount > 50) report(`${turn.agent} looks for ${amount}`)
          continue
        }
        const total = (spent.get(conversation) ?? 0) + amount
        spent.set(conversation, total)
        if (total > CAP) report(`${conversation} has paid ${total}, over ${CAP}`)
        if (amount > STRICT && (turn.policy ?? record.policy) === strict)
          report(`${turn.agent} pays ${amount}, over ${STRICT}, under the strict policy`)
        if (amount > 90) report(`${turn.agent} pays ${amount}, over 90`)
        if (amount > 70) report(`${turn.agent} pays ${amount}, which nobody grants`)
        if (amount === 13) report(`${turn.agent} pays thirteen`)
        if (amount > 60 && !turn.grounds?.approved?.includes('Boss decides'))
          report(`${turn.agent} pays ${amount} and nobody was asked`)
        const recent = (lately.get(conversation) ?? []).filter((at) => at > record.at - 20_000)
        lately.set(conversation, [...recent, record.at])
        if (recent.length >= 4) report(`${turn.agent} pays ${recent.length + 1} times within 20 seconds`)
      }
    }
  }
}

/** How many orders, or thanks, the clerk knows of after a turn that wrote its state. */
function countIn(turn: TurnRecord, what: 'orders' | 'thanks'): number | undefined {
  const written = turn.changes.find((change) => change.kind === 'agent')
  const context = written?.kind === 'agent' ? (written.state['context'] as JsonObject | undefined) : undefined
  return context === undefined ? undefined : Number(context[what])
}
