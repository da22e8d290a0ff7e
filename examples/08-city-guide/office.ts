/** The guide's world: an office that fills the guidebook, and visitors who ask one question each. */
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Inlet, World, WorldPlace } from '#runtime/fleet/definition.ts'
import { liveModel } from '#runtime/models/live.ts'
import { modelSource } from '#runtime/models/source.ts'
import { readPlaces, readQuestions } from './places.ts'

const GUIDEBOOK = 'guidebook'

export async function office({ dataDir, fleetDir, clock, notice }: WorldPlace): Promise<World> {
  const places = readPlaces(join(fleetDir, 'data'))
  const questions = readQuestions(join(fleetDir, 'data'))
  const visitors = questions.map((_, at) => `V-${String(at + 1).padStart(2, '0')}`)
  const live = await liveModel({ env: process.env, clock, random: Math.random, notice })
  return {
    tools: {},
    ...(live && { sources: { model: modelSource(live) } }),
    outside: {
      // The guidebook is open: visitors may come.
      async office(_fields, _context, inlet) {
        for (const [at, visitor] of visitors.entries())
          await say(inlet, visitor, 1, 'question', { text: questions[at] ?? '' })
      },
      async visitor({ text = '' }, { conversation, key }, inlet) {
        const line = { key, conversation, question: questions[visitors.indexOf(conversation)] ?? '', text }
        appendFileSync(join(dataDir, 'answers.jsonl'), `${JSON.stringify(line)}\n`)
        await say(inlet, conversation, 2, 'goodbye', { text: 'Thank you!' })
      },
    },
    async feed(inlet) {
      const tell = (seq: number, message: string, fields: Readonly<Record<string, string | number>>) =>
        inlet.tell({
          source: 'office',
          seq,
          conversation: GUIDEBOOK,
          to: 'curator',
          from: 'office',
          message,
          fields,
        })
      for (const [at, place] of places.entries()) await tell(at + 1, 'place', place)
      await tell(places.length + 1, 'opened', { places: places.length })
      return [GUIDEBOOK, ...visitors]
    },
  }
}

function say(
  inlet: Inlet,
  conversation: string,
  seq: number,
  message: string,
  fields: Readonly<Record<string, string>>,
): Promise<void> {
  return inlet.tell({ source: 'visitor', seq, conversation, to: 'guide', from: 'visitor', message, fields })
}
