import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { calibrate } from './calibrate.ts'
import { paintFor } from './paint.ts'

const folder = mkdtempSync(join(tmpdir(), 'parapet-calibrate-'))
afterAll(() => rmSync(folder, { recursive: true }))

function put(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

const policy = put(
  'p.parapet',
  `policy "P" version 1
detector gloom over text { within 1 second, threshold 0.5 }
agent clerk { may answer customer }
rule "No gloom" { when clerk answers and gloom in text over 0.8 then deny }
`,
)
const two = put(
  'two.parapet',
  `policy "P" version 1
agent clerk { may answer customer }
rule "A" { when clerk answers and injection in text then deny }
rule "B" { when clerk answers and text is about "refunds" then warn }
`,
)
const lines = (...examples: readonly object[]) => examples.map((one) => JSON.stringify(one)).join('\n')
const labelled = put(
  'labelled.jsonl',
  lines(
    { text: 'a', label: 1, score: 0.9 },
    { text: 'b', label: true, score: 0.7 },
    { text: 'c', label: 0, score: 0.3 },
    { text: 'd', label: false, score: 0.1 },
  ),
)

async function run(policyFile: string, labelledFile: string, more: { detector?: string; svg?: string } = {}) {
  const out: string[] = []
  const options = { policyFile, labelledFile, detector: more.detector, svg: more.svg, json: false }
  const result = await calibrate(options, (line) => out.push(line), paintFor({}))
  return { result, out: out.join('\n') }
}

test('recommends the threshold that parts the examples, beside the one the policy has', async () => {
  const { result, out } = await run(policy, labelled)
  if (result.kind === 'problem') throw new Error(result.message)
  expect(result).toMatchObject({ detector: 'gloom', examples: 4, failed: 0 })
  expect(result.recommended).toMatchObject({ threshold: 0.5, precision: 1, recall: 1 })
  expect(result.written).toMatchObject([{ check: 'No gloom', threshold: 0.8, precision: 1, recall: 0.5 }])
  expect(out).toContain('over 0.50')
})

test('scores by the embedder of a fleet, where one is named', async () => {
  const runtime = (name: string) => join(import.meta.dirname, '../evidence', name)
  put(
    'p-about.parapet',
    `policy "P" version 1
agent clerk { may answer customer }
rule "About refunds" { when clerk answers and text resembles "refund" over 0.5 then deny }
`,
  )
  const fleetFile = put(
    'fleet.ts',
    `import { wordsEmbedder } from ${JSON.stringify(runtime('words-embedder.fixture.ts'))}
export default {
  name: 'desk',
  policy: 'p-about.parapet',
  agents: { clerk: { machine: {} } },
  embedder: () => wordsEmbedder(),
  world: () => ({ tools: {} }),
}
`,
  )
  const examples = put(
    'about.jsonl',
    lines({ text: 'refund', to: ['refund'], label: 1 }, { text: 'museum', to: ['refund'], label: 0 }),
  )
  const result = await calibrate(
    {
      policyFile: join(folder, 'p-about.parapet'),
      labelledFile: examples,
      detector: undefined,
      svg: undefined,
      fleetFile,
      json: false,
    },
    () => {},
    paintFor({}),
  )
  expect(result).toMatchObject({ written: [{ precision: 1, recall: 1 }] })
  const missing = {
    policyFile: policy,
    labelledFile: examples,
    detector: 'gloom',
    svg: undefined,
    json: false,
  }
  expect(await calibrate({ ...missing, fleetFile: 'nowhere.ts' }, () => {}, paintFor({}))).toMatchObject({
    code: 'D0001',
  })
})

test('draws the curve', async () => {
  const svg = join(folder, 'curve.svg')
  await run(policy, labelled, { svg })
  expect(readFileSync(svg, 'utf8')).toMatch(/^<svg .*<polyline.*<\/svg>\n$/s)
})

test('asks which detector is meant where the policy asks several', async () => {
  const { result } = await run(two, labelled)
  expect(result).toMatchObject({ code: 'D0054', message: 'the policy asks `injection`, `topic`' })
  expect((await run(two, labelled, { detector: 'topic' })).result.kind).toBe('calibrated')
})

test.each([
  ['line 2 is no example', `${lines({ text: 'a', label: 1 })}\n{`],
  ['both labels', lines({ text: 'a', label: 1 })],
])('says “%s” of a file that cannot be used', async (what, text) => {
  const { result } = await run(policy, put('bad.jsonl', text))
  expect(result).toMatchObject({ code: 'D0053', message: expect.stringContaining(what) })
})

test('wants to know what a text is compared with, where that is what the detector does', async () => {
  const file = put('alone.jsonl', lines({ text: 'a', label: 1, to: 'b' }, { text: 'c', label: 0 }))
  expect((await run(two, file, { detector: 'topic' })).result).toMatchObject({
    code: 'D0053',
    message: 'line 2 has no `to`, and `topic` compares a text with others',
  })
})

test('a detector of a fleet’s own world is calibrated by scores that are given', async () => {
  const { result } = await run(
    policy,
    put('bare.jsonl', lines({ text: 'a', label: 1 }, { text: 'b', label: 0 })),
  )
  expect(result).toMatchObject({ code: 'D0054' })
})
