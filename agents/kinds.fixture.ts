/** Kinds on the real kernel, guard and log, with a scripted model, under a policy; what they say outside is kept. */
import type { JsonObject } from '#dsl/judge/step.ts'
import type { ToolExecutor } from '#runtime/fleet/definition.ts'
import { type FleetUnderTest, startFleet } from '#runtime/fleet/fleet.fixture.ts'
import type { Machine } from '#runtime/kernel/kernel.ts'
import type { ModelRequest } from '#runtime/models/model.ts'
import { type Said, scripted } from '#runtime/models/scripted.ts'
import { modelSource } from '#runtime/models/source.ts'

export interface Running {
  readonly under: FleetUnderTest
  /** What was said outside, oldest first, with to whom. */
  readonly said: JsonObject[]
  /** What the model was asked, oldest first. */
  readonly asked: ModelRequest[]
  /** `from` is customer unless said. */
  tell(to: string, message: string, fields?: JsonObject, from?: string): Promise<void>
  /** Moves time on. */
  pass(ms: number): Promise<void>
  calls(): string[]
}

export async function running(setup: {
  readonly policy: string
  readonly agents: Readonly<Record<string, Machine>>
  readonly model?: (request: ModelRequest, time: number) => Said | undefined
  readonly tools?: Readonly<Record<string, ToolExecutor>>
  readonly escalateTo?: string
}): Promise<Running> {
  const said: JsonObject[] = []
  const asked: ModelRequest[] = []
  const model = scripted('script', (request) => {
    asked.push(request)
    return setup.model?.(request, asked.length)
  })
  const hears = (to: string) => (fields: JsonObject) => void said.push({ to, ...fields })
  const under = await startFleet({
    policy: setup.policy,
    agents: Object.fromEntries(Object.entries(setup.agents).map(([role, machine]) => [role, { machine }])),
    world: {
      tools: setup.tools ?? {},
      sources: { model: modelSource(model) },
      outside: { customer: hears('customer'), colleague: hears('colleague') },
    },
    ...(setup.escalateTo !== undefined && { escalateTo: setup.escalateTo }),
  })
  /** Timers that are due at once are due one after the other. */
  const quiet = async () => {
    for (let before = -1; before !== under.records.length; ) {
      before = under.records.length
      await under.pass(0)
    }
  }
  return {
    under,
    said,
    asked,
    async tell(to, message, fields, from) {
      await under.tell('c1', to, message, fields, from)
      await quiet()
    },
    async pass(ms) {
      await under.pass(ms)
      await quiet()
    },
    calls: () =>
      under
        .turns()
        .flatMap(({ outcome, effects = [] }) => (outcome === 'passed' ? effects : []))
        .flatMap((effect) => (effect.kind === 'call' ? [effect.tool] : [])),
  }
}
