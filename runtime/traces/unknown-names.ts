/** Names a recording uses that the policy does not declare: each once, with how often. They are judged all the same, and a policy allows only what it names. */

import type { Step } from '#dsl/judge/step.ts'
import type { Plan } from '#dsl/plan/plan.ts'

export interface UnknownName {
  readonly kind: 'agent' | 'tool' | 'message'
  readonly name: string
  readonly steps: number
}

export class UnknownNames {
  readonly #known: Readonly<Record<UnknownName['kind'], ReadonlySet<string>>>
  readonly #counts = new Map<string, { kind: UnknownName['kind']; name: string; steps: number }>()

  constructor(plan: Plan) {
    const names = (list: readonly { readonly name: string }[]) => new Set(list.map(({ name }) => name))
    this.#known = { agent: names(plan.agents), tool: names(plan.tools), message: names(plan.messages) }
  }

  add(step: Step): void {
    this.#count('agent', step.agent)
    if (step.kind === 'calls' || step.kind === 'result' || step.kind === 'fails')
      this.#count('tool', step.name)
    else if (step.kind === 'sends' || step.kind === 'receives') this.#count('message', step.name)
  }

  /** The most frequent first. */
  list(): UnknownName[] {
    return [...this.#counts.values()].sort((a, b) => b.steps - a.steps || (a.name < b.name ? -1 : 1))
  }

  #count(kind: UnknownName['kind'], name: string): void {
    if (this.#known[kind].has(name)) return
    const key = `${kind} ${name}`
    const counted = this.#counts.get(key)
    if (counted === undefined) this.#counts.set(key, { kind, name, steps: 1 })
    else counted.steps++
  }
}
