/** The guide in a simulated world, and with models that invent, fail, or say what the guidebook says. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fleetFrom, forAll, type Run, simulate } from 'parapet/testing'
import { describe, expect, test } from 'vitest'
import { lint } from '#dsl/lint/lint.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import { runTests } from '#dsl/testing/run.ts'
import { type Said, scripted } from '#runtime/models/scripted.ts'
import { modelSource } from '#runtime/models/source.ts'
import { guide } from './guide.ts'
import { readPlaces } from './places.ts'

const quoting = await fleetFrom(new URL('./fleet.ts', import.meta.url))
const thinking = {
  ...quoting,
  definition: {
    ...quoting.definition,
    agents: { ...quoting.definition.agents, guide: { machine: guide({ thinks: true }) } },
  },
}
/** Says that everything is grounded, or nothing. */
const grounding = (score: number) => ({
  detectors: { grounding: () => ({ kind: 'found', value: { score } }) as const },
})
const saying = (say: (passage: string) => Said | undefined, score = 0.9) => ({
  ...grounding(score),
  sources: {
    model: modelSource(
      scripted('script', ({ messages: [asked] }) =>
        say(asked?.role === 'user' ? (asked.text.split('\n')[1] ?? '') : ''),
      ),
    ),
  },
})
const NOTHING = 'The guidebook says nothing of that.'

function answersOf(run: Run): string[] {
  return run.turns
    .filter(({ outcome, agent }) => outcome === 'passed' && agent.endsWith('/guide'))
    .flatMap(({ effects = [] }) => effects)
    .flatMap((effect) => (effect.kind === 'answer' ? [String(effect.fields['text'])] : []))
}

const places = readPlaces(join(import.meta.dirname, 'data'))
const isQuotation = (answer: string) =>
  answer.split('\n').every((line) => places.some(({ place, text }) => line === `${text} [${place}]`))

describe('without a model', async () => {
  const run = await simulate(quoting, { faults: 'none' })

  test('every visitor gets a quotation of the guidebook with its mark', () => {
    expect(run.settled).toBe(true)
    expect(run.faults).toEqual([])
    const answers = answersOf(run)
    expect(answers).toHaveLength(12)
    expect(answers.filter((answer) => !isQuotation(answer))).toEqual([])
  })

  test('whatever goes wrong, nothing is said that the guidebook does not say', () =>
    forAll(quoting, { seeds: 2 }, (each) => {
      for (const answer of answersOf(each)) expect(isQuotation(answer) || answer === NOTHING).toBe(true)
    }))
})

describe('with a model', () => {
  test('what it says from a recalled passage is said', async () => {
    const world = saying((passage) => `I would say so: ${passage}`)
    const answers = answersOf(await simulate(thinking, { faults: 'none', world }))
    expect(answers).toHaveLength(12)
    for (const answer of answers) expect(isQuotation(answer.replace('I would say so: ', ''))).toBe(true)
  })

  test.each<[string, Said | undefined, number, string]>([
    ['invents a price', 'It costs 999 EUR [P-101].', 0.9, 'Figures were recalled'],
    ['cites a place that is not', 'Go to the moon [P-999].', 0.9, 'Places cited were recalled'],
    ['cites nothing', 'Go anywhere you like.', 0.9, 'Answers say where they come from'],
  ])('one that %s is not heard: the guide quotes', async (_, say, score, because) => {
    const run = await simulate(thinking, { faults: 'none', world: saying(() => say, score) })
    expect(run).toBeDenied({ because })
    expect(answersOf(run).filter((answer) => !isQuotation(answer))).toEqual([])
  })

  test('one that fails is done without', async () => {
    const run = await simulate(thinking, { faults: 'none', world: saying(() => undefined) })
    expect(answersOf(run).filter((answer) => !isQuotation(answer))).toEqual([])
  })

  test('where nothing is borne out, nothing is claimed', async () => {
    const run = await simulate(thinking, { faults: 'none', world: saying((passage) => passage, 0.1) })
    expect(run).toBeDenied({ because: "A model's words are grounded" })
    expect(answersOf(run)).toEqual(Array(12).fill(NOTHING))
  })
})

test('the policy says nothing that is probably not meant, and its tests pass', () => {
  const path = join(import.meta.dirname, 'guide.parapet')
  const text = source(readFileSync(path, 'utf8'), path)
  const { errors, findings } = lint(text)
  expect([...errors, ...findings].filter(({ severity }) => severity !== 'note')).toEqual([])
  expect(runTests(compile(text).plan!).results.filter(({ kind }) => kind === 'failed')).toEqual([])
})
