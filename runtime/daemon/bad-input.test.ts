/** What an operator can get wrong: each is named with its code, its place and a way out, and nothing is lost. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { DESK, DESK_POLICY, newRoot, put, QUICK, run, serverPort, start, up } from './operator.fixture.ts'

const MACHINES = join(DESK, '../agents.ts')

/** A fleet file of its own beside the desk's machines. */
function fleetFile(root: string, policy: string, more = ''): string {
  return put(
    root,
    'fleet.ts',
    `import { clerk } from ${JSON.stringify(MACHINES)}
export default { name: 'small', policy: ${JSON.stringify(policy)}, agents: { clerk: { machine: clerk } }, world: () => ({ tools: {} }) ${more}}
`,
  )
}

test('a policy with several errors is shown with all of them, and nothing is started', async () => {
  const root = newRoot()
  put(
    root,
    'broken.parapet',
    `policy "Broken" version 1.0
agent clerk { may call nothing_known }
rule "Half" { when clerk calls also_unknown then deny because "x" }
`,
  )
  const { code, out, err } = await run([
    'up',
    fleetFile(root, 'broken.parapet'),
    '--once',
    '--data',
    join(root, 'data'),
  ])
  expect(code).toBe(1)
  expect(err).toMatch(/error\[P\d{4}\]/)
  expect(err).toContain('`nothing_known`')
  expect(err).toContain('`also_unknown`')
  expect(err).toContain('broken.parapet:3:')
  expect(err).toContain('error[D0011]')
  expect(err).toContain('nothing was started')
  expect(out).toBe('')
  expect(existsSync(join(root, 'data'))).toBe(false)
})

test('a data folder that cannot be made is said at once, with its path', async () => {
  const file = put(newRoot(), 'file', '')
  const below =
    process.platform === 'linux' ? [join(file, 'data'), '/proc/nowhere/data'] : [join(file, 'data')]
  for (const data of below) {
    const { code, err } = await run(['up', DESK, '--once', '--data', data])
    expect(code).toBe(1)
    expect(err).toContain(`error[D0005]: cannot write to ${data}`)
    expect(err).toContain('choose another folder with --data DIR')
  }
})

test('a missing fleet file and a missing policy are named with their paths', async () => {
  const root = newRoot()
  const [noFleet, noPolicy] = await Promise.all([
    run(['up', join(root, 'nowhere.ts'), '--data', root]),
    run(['up', fleetFile(root, 'gone.parapet'), '--data', root]),
  ])
  expect(noFleet.code).toBe(1)
  expect(noFleet.err).toContain('error[D0001]')
  expect(noFleet.err).toContain('nowhere.ts')
  expect(noPolicy.code).toBe(1)
  expect(noPolicy.err).toContain('error[D0009]')
  expect(noPolicy.err).toContain('gone.parapet')
  expect(noPolicy.err).toContain('relative to the fleet file')
})

test('a fleet file that throws is named with the line that threw; one that exports nothing too', async () => {
  const root = newRoot()
  const throwing = put(root, 'throws.ts', `export const a = 1\nthrow new TypeError('no such desk')\n`)
  const wordless = put(root, 'wordless.ts', 'export const a = 1\n')
  const stray = fleetFile(root, DESK_POLICY, ", startsAt: 'yesterday'")
  const worldless = put(
    root,
    'worldless.ts',
    readFileSync(stray, 'utf8').replace("=> ({ tools: {} }) , startsAt: 'yesterday'", '=> undefined'),
  )
  const [thrown, nothing, odd, noWorld] = await Promise.all([
    run(['up', throwing, '--data', root]),
    run(['up', wordless, '--data', root]),
    run(['up', stray, '--data', root]),
    run(['up', worldless, '--data', root, '--memory']),
  ])
  expect(thrown.code).toBe(1)
  expect(thrown.err).toContain('error[D0002]')
  expect(thrown.err).toContain('TypeError: no such desk')
  expect(thrown.err).toContain('throws.ts:2:7')
  expect(nothing.err).toContain('no default export')
  expect(odd.err).toContain('`startsAt`')
  expect(noWorld.err).toContain('error[D0034]')
  expect(noWorld.err).toContain('`world` must return')
})

test('a world that cannot be opened or closed is named, whatever it throws, and no server is left running', async () => {
  const root = newRoot()
  const fleet = (file: string, world: string) => {
    const text = readFileSync(fleetFile(root, DESK_POLICY), 'utf8')
    return put(root, file, text.replace('({ tools: {} })', world))
  }
  const [opening, closing] = [
    fleet('opening.ts', "{ throw { reason: 'no books' } }"),
    fleet('closing.ts', "({ tools: {}, close() { throw 'the books are stuck' } })"),
  ]
  const opened = await run(['up', opening, '--once', '--data', join(root, 'a')])
  expect([opened.code, opened.err]).toEqual([1, expect.stringContaining('{"reason":"no books"}')])
  const closed = await run(['up', closing, '--once', '--data', join(root, 'b')])
  expect([closed.code, closed.err]).toEqual([1, expect.stringContaining('the books are stuck')])
  expect([serverPort(join(root, 'a'), 'small'), serverPort(join(root, 'b'), 'small')]).toEqual([
    undefined,
    undefined,
  ])
})

test('a tool that the policy knows and the world lacks is said at the start, and so are settings of none', async () => {
  const root = newRoot()
  put(
    root,
    'two.parapet',
    'policy "Two" version 1\ntool pay(amount: number) { external }\nagent clerk { may call pay }\n',
  )
  const fleet = fleetFile(root, 'two.parapet', ', executors: { pai: { timeoutMs: 5 } }')
  const { out } = await run(['up', fleet, '--once', '--memory', '--data', join(root, 'data')])
  expect(out).toContain('call what the world does not have: `pay`')
  expect(out).toContain('settings of what nobody can call: `pai`')
})

test('damaged recorded lines are named by file and line, and the other conversations are served', async () => {
  const root = newRoot()
  const recorded = gunzipSync(readFileSync(join(DESK, '../data/conversations.jsonl.gz')))
    .toString('utf8')
    .split('\n')
  const file = put(
    root,
    'recorded.jsonl',
    [recorded[0], '{"id": "airline/7', '{"id": "x"}', recorded[1], ''].join('\n'),
  )
  const { code, out } = await up(join(root, 'data'), { DESK_RECORDINGS: file, DESK_PACE_MS: '10' }).ended
  expect(out).toContain(`${file}:2: not JSON`)
  expect(out).toContain(`${file}:3: wrong shape`)
  expect(out).toContain('2 of 2 ended')
  expect(code).toBe(0)
})

test('a port in use is named, and another is taken when none is asked for', async () => {
  const root = newRoot()
  const taken = createServer()
  await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done))
  const address = taken.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const { code, err } = await up(root, QUICK, '--port', String(port)).ended
  taken.close()
  expect(code).toBe(1)
  expect(err).toContain('error[D0041]')
  expect(err).toContain(`Port ${port}`)
  expect((await up(root).ended).code).toBe(0)
  const nothingNew = await up(root).ended
  expect(nothingNew.code).toBe(0)
  expect(nothingNew.out).toContain('Every conversation had ended before this start')
})

test('data of another format or partition count is refused and left untouched', async () => {
  const root = newRoot()
  const written = (format: number, partitions: number) =>
    JSON.stringify({ format, fleet: 'airline-desk', fleetFile: DESK, partitions })
  const file = put(root, 'airline-desk/fleet.json', written(99, 4))
  const format = await up(root).ended
  expect(format.code).toBe(1)
  expect(format.err).toContain('error[D0003]')
  expect(format.err).toContain('format 99')
  expect(readFileSync(file, 'utf8')).toBe(written(99, 4))
  expect(readdirSync(join(root, 'airline-desk'))).toEqual(['fleet.json'])

  put(root, 'airline-desk/fleet.json', written(1, 7))
  const partitions = await up(root).ended
  expect(partitions.code).toBe(1)
  expect(partitions.err).toContain('error[D0004]')
  expect(partitions.err).toContain('`partitions: 7`')
  expect(readFileSync(file, 'utf8')).toBe(written(1, 7))

  put(root, 'airline-desk/fleet.json', '{ "format"')
  const damaged = await run(['trace', '--data', root])
  expect(damaged.err).toContain('error[D0006]')
})

test('a server that cannot be reached is named, with --again told what it cannot do', async () => {
  const root = newRoot()
  const env = { ...QUICK, NATS_URL: 'nats://127.0.0.1:1' }
  const unreachable = await up(root, env).ended
  put(root, 'airline-desk/finished.json', '{}')
  const again = await up(root, env, '--again').ended
  expect(unreachable.code).toBe(1)
  expect(unreachable.err).toContain('error[D0042]')
  expect(unreachable.err).toContain('nats://127.0.0.1:1')
  expect(again.err).toContain('error[D0045]')
})

test('without any nats-server a new fleet runs in memory and says so; a fleet with a log is not started over', async () => {
  const root = newRoot()
  const without = { ...QUICK, PARAPET_NATS_SERVER: join(root, 'no-such-server') }
  const production = await up(root, { ...without, NODE_ENV: 'production' }).ended
  expect([production.code, production.err]).toEqual([1, expect.stringContaining('error[D0046]')])
  const first = await up(root, without).ended
  expect(first.code).toBe(0)
  expect(first.out).toContain('no nats-server can be had')
  expect(first.out).toContain('there is no such program')
  expect(first.out).toContain('in memory: this run does not survive its process')
  expect(first.out).toContain('3 of 3 ended')
  expect((await run(['trace', '--data', root, '--replay'])).out).toContain('all as recorded')

  expect((await up(root).ended).code).toBe(0)
  const refused = await up(root, without).ended
  expect(refused.code).toBe(1)
  expect(refused.err).toContain('error[D0046]')
  const beside = await up(root, QUICK, '--memory').ended
  expect(beside.out).toContain('3 of 3 ended')
})

test('wrong use ends with 2 and help; every command explains itself with an example; the version is told', async () => {
  const commands = ['check', 'test', 'up', 'trace', 'explain']
  const [unknown, option, nothing, port, version, ...helps] = await Promise.all([
    run(['fly']),
    run(['trace', '--nonsense']),
    run(['check']),
    run(['up', DESK, '--port', '99999']),
    run(['--version']),
    ...commands.map((command) => run([command, '--help'])),
  ])
  expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining("unknown command 'fly'") })
  expect(option).toMatchObject({ code: 2, err: expect.stringContaining("unknown option '--nonsense'") })
  expect(nothing).toMatchObject({
    code: 2,
    err: expect.stringContaining("missing required argument 'files'"),
  })
  expect(port).toMatchObject({ code: 2, err: expect.stringContaining('1 to 65535') })
  expect(version).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
  for (const help of helps) expect(help).toMatchObject({ code: 0, out: expect.stringContaining('Example:') })
})

test('what can only be read later is told like any other wrong use', async () => {
  const root = newRoot()
  const away = join(root, 'nowhere', 'file')
  const policy = put(root, 'fine.parapet', 'policy "Fine" version 1\nagent clerk { may answer customer }\n')
  const [field, fleet, keys] = await Promise.all([
    run(['tell', 'c1/clerk', 'refund', 'order', '--data', root]),
    run(['simulate', policy]),
    run(['keys', away]),
  ])
  const places = [
    ['check', policy, '--sarif', away],
    ['docs', policy, '--out', away],
    ['test', policy, '--junit', away],
    ['bundle', policy, away],
  ]
  for (const told of await Promise.all(places.map((words) => run(words))))
    expect(told).toMatchObject({ code: 1, err: expect.stringContaining('error[D0099]') })
  expect(field).toMatchObject({ code: 2, err: expect.stringContaining('`order` is no field') })
  expect(fleet).toMatchObject({ code: 1, err: expect.stringContaining('is a policy, not a fleet') })
  expect(keys).toMatchObject({ code: 1, err: expect.stringContaining('error[D0099]') })
})

test('check shows every error with its place and ends with 1', async () => {
  const root = newRoot()
  const file = put(
    root,
    'half.parapet',
    'policy "Half" version 1.0\nrule "x" { when nobody calls it then deny }\n',
  )
  const [broken, fine, absent, folder] = await Promise.all([
    run(['check', file]),
    run(['check', DESK_POLICY]),
    run(['check', join(root, 'none.parapet')]),
    run(['check', root]),
  ])
  expect(broken.code).toBe(1)
  expect(broken.out).toContain('half.parapet:2:')
  expect(fine).toMatchObject({ code: 0, out: expect.stringContaining('well written') })
  expect(absent).toMatchObject({ code: 1, out: expect.stringContaining('D0010') })
  expect(folder).toMatchObject({ code: 1, out: expect.stringContaining('D0010'), err: '' })
})

test('output that nobody reads any more ends the work quietly', async () => {
  const reading = start(['--help'])
  reading.child.stdout!.destroy()
  expect((await reading.ended).err).toBe('')
})
