/** Approvers that are no declared agents: people. */
import { asksOf } from '../asks.ts'
import type { Check, Finding } from '../subject.ts'

export const personDecides: Check = {
  code: 'L0013',
  find(subject) {
    const told = new Set<string>()
    return asksOf(subject).flatMap(({ ask, node }): Finding[] => {
      if (subject.model.vocabulary.agents.has(ask.who) || told.has(ask.who)) return []
      told.add(ask.who)
      return [
        {
          span: node.who.span,
          message: `\`${ask.who}\` is no agent here, so a person of that role decides`,
          help: `If an agent should, declare it: \`agent ${ask.who} { … }\`.`,
        },
      ]
    })
  },
}
