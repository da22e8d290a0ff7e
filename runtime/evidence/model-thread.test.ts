/** A thread that breaks is an answer to whoever waits, never a hang; the next question has a new one. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { modelThread } from './model-thread.ts'

const BRITTLE = new URL('./brittle-worker.fixture.ts', import.meta.url)
const thread = modelThread(BRITTLE)
afterEach(() => thread.close())

test.each([
  ['exit', "the model's thread ended"],
  ['throw', "the model's thread failed: Error: out of memory"],
])(
  'whoever waits when the thread breaks (%s) is told, and the next question is answered',
  async (how, why) => {
    const [first] = await thread.ask(['one'])
    const waiting = [thread.ask(['hang', how]), thread.ask(['behind it'])]
    for (const outcome of await Promise.allSettled(waiting))
      expect(outcome).toEqual({ status: 'rejected', reason: new Error(why) })
    const [next] = await thread.ask(['four'])
    expect(next).toEqual([expect.not.toBeOneOf([first![0]]), 4])
  },
)

test('whoever waits when it is closed is told, and who asks from then on has a thread of their own', async () => {
  const [first] = await thread.ask(['one'])
  const waiting = expect(thread.ask(['hang'])).rejects.toThrow('the model was closed')
  const closed = thread.close()
  const asked = thread.ask(['four'])
  await closed
  await waiting
  expect(await asked).toEqual([[expect.not.toBeOneOf([first![0]]), 4]])
})

test('all questions go to one thread, which keeps no process alive that waits for nothing', async () => {
  const script = `
    import { modelThread } from ${JSON.stringify(new URL('./model-thread.ts', import.meta.url).href)}
    const threads = []
    process.on('worker', (worker) => threads.push(worker.threadId))
    const thread = modelThread(new URL(${JSON.stringify(BRITTLE.href)}))
    const said = await Promise.all(['a', 'bb', 'ccc'].map((text) => thread.ask([text])))
    console.log(JSON.stringify([threads.length, said.map(([[, length]]) => length)]))
  `
  const dir = mkdtempSync(join(tmpdir(), 'parapet-thread-'))
  const file = join(dir, 'ask.mjs')
  writeFileSync(file, script)
  const child = spawn(process.execPath, [file])
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  const code = await new Promise((resolve) => child.once('close', resolve))
  rmSync(dir, { recursive: true })
  expect([code, out.trim()]).toEqual([0, '[1,[1,2,3]]'])
})
