/** Layers that keep a model from being asked: for too long, too often, or while it is broken. */
import { type BreakerSettings, Breakers } from '#runtime/fleet/breakers.ts'
import type { Clock } from '#runtime/fleet/clock.ts'
import { places, type Room } from '#runtime/tools/at-most.ts'
import { failed, type Model, type ModelOutcome } from './model.ts'

/** One try may take `timeoutMs`; then it is told to stop, and is late. */
export function timed(model: Model, timeoutMs: number, clock: Clock): Model {
  return {
    ...model,
    async generate(request, context) {
      const work = new AbortController()
      const abort = () => work.abort(context.signal.reason)
      if (context.signal.aborted) abort()
      context.signal.addEventListener('abort', abort, { once: true })
      let cancel = () => {}
      const late = new Promise<ModelOutcome>((resolve) => {
        cancel = clock.after(timeoutMs, () => {
          resolve(failed('late', `no answer within ${timeoutMs / 1000} seconds`, model.costAtMost(request)))
          work.abort()
        })
      })
      const outcome = await Promise.race([late, model.generate(request, { ...context, signal: work.signal })])
      cancel()
      context.signal.removeEventListener('abort', abort)
      return outcome
    },
  }
}

/** So many requests at once; the next wait in order, and one beyond the queue is turned away. */
export function atOnce(model: Model, room: Room): Model {
  const all = places(room)
  return {
    ...model,
    async generate(request, context) {
      const place = await all.take(context.signal)
      if (place === 'full')
        return failed('busy', `${room.queueMax} requests already wait for \`${model.name}\``)
      if (place === 'left') return failed('cancelled', 'cancelled while it waited')
      try {
        return await model.generate(request, context)
      } finally {
        all.giveBack()
      }
    },
  }
}

export interface Rate {
  /** Requests at once after a rest. */
  readonly burst: number
  readonly perMinute: number
  /** Requests that wait for their turn; one more is turned away. */
  readonly queueMax: number
}

interface Waiting {
  readonly go: (may: boolean) => void
}

/** A bucket of `burst` tokens that fills by `perMinute`; who finds it empty waits in order. */
export function rated(model: Model, { burst, perMinute, queueMax }: Rate, clock: Clock): Model {
  const tokenMs = 60_000 / perMinute
  const waiting: Waiting[] = []
  let tokens = burst
  let filledAt = clock.now()
  let ticking = false

  const fill = () => {
    const now = clock.now()
    const whole = Math.floor((now - filledAt) / tokenMs)
    if (whole <= 0) return
    tokens = Math.min(burst, tokens + whole)
    filledAt = tokens === burst ? now : filledAt + whole * tokenMs
  }
  const tick = () => {
    if (ticking || waiting.length === 0) return
    ticking = true
    clock.after(Math.max(1, Math.ceil(filledAt + tokenMs - clock.now())), () => {
      ticking = false
      fill()
      while (tokens > 0 && waiting.length > 0) {
        tokens--
        waiting.shift()!.go(true)
      }
      tick()
    })
  }
  const turn = (signal: AbortSignal): Promise<boolean> =>
    new Promise((resolve) => {
      const leave = () => {
        waiting.splice(waiting.indexOf(place), 1)
        resolve(false)
      }
      const place: Waiting = {
        go(may) {
          signal.removeEventListener('abort', leave)
          resolve(may)
        },
      }
      waiting.push(place)
      signal.addEventListener('abort', leave, { once: true })
      tick()
    })

  return {
    ...model,
    async generate(request, context) {
      fill()
      if (tokens > 0 && waiting.length === 0) tokens--
      else {
        if (waiting.length >= queueMax)
          return failed('busy', `${queueMax} requests already wait for \`${model.name}\``)
        if (context.signal.aborted || !(await turn(context.signal)))
          return failed('cancelled', 'cancelled while it waited')
      }
      return model.generate(request, context)
    },
  }
}

/** A model that keeps failing is left alone for a while. A request it refuses says nothing of its health. */
export function breaking(model: Model, settings: BreakerSettings, clock: Clock): Model {
  const breakers = new Breakers({ [model.name]: { breaker: settings } }, clock)
  return {
    ...model,
    async generate(request, context) {
      const resting = breakers.refuses(model.name)
      if (resting !== undefined) return failed('down', resting)
      const outcome = await model.generate(request, context)
      breakers.went(model.name, wellOf(outcome))
      return outcome
    },
  }
}

function wellOf(outcome: ModelOutcome): boolean | undefined {
  if (outcome.kind === 'answered') return true
  return outcome.why === 'cancelled' || outcome.why === 'refused' ? undefined : false
}
