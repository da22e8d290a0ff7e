/** Finds the daemons of a fleet: over the server NATS_URL names, or the one that a daemon looks after in the data folder. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Ask, refused } from '#runtime/control/asks.ts'
import { type Asked, askFleet } from '#runtime/control/client.ts'
import { openBus } from '#runtime/log/bus.ts'
import type { FleetDoor } from '#runtime/tools/mcp/say.ts'
import { ownCredentials } from './credentials.ts'
import { runningPort } from './nats.ts'
import { findPlace, inMemoryDir, isPlaceLocked, type Place } from './place.ts'
import { type Problem, problem } from './problem.ts'

export interface ReachOptions {
  readonly dataRoot: string
  readonly fleet: string | undefined
  readonly natsUrl: string | undefined
  /** Who asks: as the fleet file calls them. */
  readonly by: string
}

export interface Reached {
  readonly kind: 'reached'
  readonly fleet: string
  /** `by`: who asks, if it is not who opened this. */
  ask(ask: Ask, by?: string): Promise<Problem | (Asked & { kind: 'answers' })>
  close(): Promise<void>
}

const START_FIRST =
  'start it with `parapet up FLEET.ts`; if it runs on another server, set NATS_URL and --fleet'

export async function reach(options: ReachOptions): Promise<Reached | Problem> {
  const at = await whereItListens(options)
  if (at.kind === 'problem') return at
  const { fleet, url } = at
  const opened = await openBus({
    servers: url,
    name: `parapet ${fleet} asks`,
    stay: false,
    credentials: ownCredentials(options.natsUrl),
  })
  if (opened.kind === 'refused')
    return problem('D0047', `the server of \`${fleet}\` does not answer: ${opened.message}`, {
      where: url,
      help: START_FIRST,
    })
  const { bus } = opened
  return {
    kind: 'reached',
    fleet,
    async ask(ask, by = options.by) {
      const asked = await askFleet(bus, fleet, ask, by)
      if (asked.kind === 'answers') return asked
      if (asked.kind === 'forbidden')
        return problem(
          'D0048',
          `the server does not let these credentials ask \`${ask.kind}\` as \`${options.by}\``,
          {
            where: url,
            help: 'say who you are with --as, or have NATS_CREDS name another file of `parapet nats-permissions`',
          },
        )
      return problem('D0047', `no daemon of the fleet \`${fleet}\` answers`, {
        where: url,
        help: START_FIRST,
      })
    },
    close: () => bus.close(),
  }
}

/** The fleet as one person asks it. */
export function doorOf(on: Reached, by?: string): FleetDoor {
  return {
    async ask(ask) {
      const heard = await on.ask(ask, by)
      if (heard.kind === 'problem') return refused('busy', heard.message)
      return heard.answers[0] ?? refused('busy', 'no answer')
    },
  }
}

async function whereItListens(
  options: ReachOptions,
): Promise<{ readonly kind: 'at'; readonly fleet: string; readonly url: string } | Problem> {
  const { natsUrl, dataRoot, fleet } = options
  if (natsUrl !== undefined && fleet !== undefined) return { kind: 'at', fleet, url: natsUrl }
  const place = findPlace(dataRoot, fleet)
  if (place.kind === 'problem') return place
  if (natsUrl !== undefined) return { kind: 'at', fleet: place.fleet, url: natsUrl }
  if (!isPlaceLocked(place)) return notRunning(place)
  const port = await runningPort(join(place.dir, 'nats'))
  if (port !== undefined) return { kind: 'at', fleet: place.fleet, url: `nats://127.0.0.1:${port}` }
  if (existsSync(inMemoryDir(place)))
    return problem('D0047', `\`${place.fleet}\` runs in memory and can be asked over HTTP only`, {
      help: 'start it with --http PORT',
    })
  return problem('D0047', `a daemon runs \`${place.fleet}\`, but no server of its own`, { help: START_FIRST })
}

function notRunning(place: Place): Problem {
  return problem('D0047', `no daemon runs the fleet \`${place.fleet}\``, {
    where: place.dir,
    help: START_FIRST,
  })
}
