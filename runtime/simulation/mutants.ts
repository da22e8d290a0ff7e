/**
 * Small deliberate mistakes in what must not have any: does a simulation notice? A copy of the tree gets one mistake after the
 * other; the trial fleet runs in it on seed after seed.
 *
 * node runtime/simulation/mutants.ts [--seeds 100] [--only WORD]
 */
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'

interface Mutant {
  readonly mistake: string
  readonly file: string
  readonly find: string
  readonly put: string
}

const MUTANTS: readonly Mutant[] = [
  {
    mistake: 'what was denied stays in the monitors',
    file: 'runtime/guard/guard.ts',
    find: '  cells.rollback(mark)\n',
    put: '',
  },
  {
    mistake: 'a repaired step goes out as it was',
    file: 'runtime/guard/guard.ts',
    find: 'const passed = settled === step ? effect : withStep(effect, settled)',
    put: 'const passed = effect',
  },
  {
    mistake: 'the first effect of a transition is not judged',
    file: 'runtime/guard/guard.ts',
    find: '    const step = stepOfEffect(actor, effect)\n    if (!step) {',
    put: '    const step = stepOfEffect(actor, effect)\n    if (!step || effects.length === 0) {',
  },
  {
    mistake: 'an ask is taken for a yes',
    file: 'runtime/guard/guard.ts',
    find: "    const through = verdict.kind === 'allow' && !verdict.needs\n",
    put: "    const through = (verdict.kind === 'allow' || verdict.kind === 'ask') && !verdict.needs\n",
  },
  {
    mistake: 'what has been taken is not marked',
    file: 'runtime/fleet/turns.ts',
    find: "turn.change({ kind: 'seen', source, seq, conversation })",
    put: 'void conversation',
  },
  {
    mistake: 'what partitions sent is not marked as taken',
    file: 'runtime/fleet/turns.ts',
    find: "else if (isPartitionSource(source)) turn.change({ kind: 'seen', source, seq })",
    put: 'else if (isPartitionSource(source)) void seq',
  },
  {
    mistake: 'what comes too early is taken',
    file: 'runtime/fleet/owner.ts',
    find: 'message.seq !== this.#state.seenOf(message.source, who.conversation) + 1',
    put: 'message.seq <= this.#state.seenOf(message.source, who.conversation)',
  },
  {
    mistake: 'doubles are taken',
    file: 'runtime/fleet/owner.ts',
    find: 'message.seq !== this.#state.seenOf(message.source, who.conversation) + 1',
    put: 'message.seq > this.#state.seenOf(message.source, who.conversation) + 1',
  },
  {
    mistake: 'a partition is served without a claim',
    file: 'runtime/fleet/take-over.ts',
    find: 'const claimed = await claim(log, partition, claimant, recovered)',
    put: 'const claimed = { claim: { partition, rev: 0, turns: [] } }',
  },
  {
    mistake: 'what was not posted counts as posted',
    file: 'runtime/fleet/outbox.ts',
    find: "outcome.kind !== 'posted'",
    put: "outcome.kind === 'full'",
  },
  {
    mistake: 'a half-sent record counts as sent',
    file: 'runtime/fleet/outbox.ts',
    find: 'this.#onSent(open && open.rev === last.rev ? last.rev - 1 : last.rev)',
    put: 'this.#onSent(last.rev)',
  },
  {
    mistake: 'a new owner does not send what the old one had not',
    file: 'runtime/fleet/owner.ts',
    find: 'this.#outbox.push(this.#state.unsent)',
    put: '',
  },
  {
    mistake: 'a new owner forgets the calls under way',
    file: 'runtime/fleet/owner.ts',
    find: 'for (const [id, intent] of unsettled(this.#state)) this.#executors.start(id, intent)',
    put: '',
  },
  {
    mistake: 'a new owner forgets the timers',
    file: 'runtime/fleet/owner.ts',
    find: 'for (const [id, timer] of this.#state.timers) this.#heap.push(timer.dueAt, id)',
    put: '',
  },
  {
    mistake: 'time goes back with the clock',
    file: 'runtime/fleet/owner.ts',
    find: 'return Math.max(this.#deps.clock.now(), this.#state.at)',
    put: 'return this.#deps.clock.now()',
  },
  {
    mistake: 'a fenced owner goes on',
    file: 'runtime/fleet/owner.ts',
    find: "if (appended.kind !== 'owned') {",
    put: "if (appended.kind === 'lost') {",
  },
  {
    mistake: 'a result leaves its call open',
    file: 'runtime/fleet/receive.ts',
    find: '  closeOutcome(turn, input)\n',
    put: '',
  },
  {
    mistake: 'whatever was parked has no deadline',
    file: 'runtime/fleet/parking.ts',
    find: "  turn.change({ kind: 'timer', id: pendingTimer(id), timer })\n",
    put: '  void timer\n',
  },
  {
    mistake: 'a refused ask is granted',
    file: 'runtime/fleet/receive.ts',
    find: '  if (granted) {\n    turn.grounds',
    put: '  {\n    turn.grounds',
  },
  {
    mistake: 'parked agents take messages all the same',
    file: 'runtime/fleet/turns.ts',
    find: 'if (agent.parked === undefined && agent.waiting.length === 0) return undefined',
    put: 'if (agent.waiting.length < 1_000) return undefined',
  },
  {
    mistake: 'two messages have one number',
    file: 'runtime/fleet/batch.ts',
    find: '(this.state.posted.get(partition) ?? 0) + 1',
    put: 'Math.max(1, this.state.posted.get(partition) ?? 0)',
  },
  {
    mistake: 'a new state is not written down',
    file: 'runtime/fleet/transition.ts',
    find: "  turn.change({ kind: 'agent', agent: turn.id, state, done })\n",
    put: "  if (!turn.agent || done) turn.change({ kind: 'agent', agent: turn.id, state, done })\n",
  },
  {
    mistake: 'the monitors of a turn are not written down',
    file: 'runtime/fleet/turn.ts',
    find: 'if (cells.length > 0) this.#changes.push',
    put: 'if (cells.length > 3) this.#changes.push',
  },
  {
    mistake: 'what was owed and met stays owed',
    file: 'runtime/fleet/effect-changes.ts',
    find: "else if (batch.state.timers.has(id)) batch.change(changes, { kind: 'timer-done', id })",
    put: '',
  },
  {
    mistake: 'what a call came to is not told to the ledger',
    file: 'runtime/fleet/effect-changes.ts',
    find: '  tellBecame(batch, changes, batch.state.intents.get(id)?.holds, became)\n',
    put: '  void became\n',
  },
  {
    mistake: 'the same call has another key after a restart',
    file: 'runtime/fleet/executors.ts',
    find: 'conversation, agent: intent.agent, key: id,',
    put: "conversation, agent: intent.agent, key: id + '.' + this.busy,",
  },
  {
    mistake: 'a total leaves out the step it judges',
    file: 'dsl/judge/monitors/total.ts',
    find: 'if (sum + more <= bound) return undefined',
    put: 'if (sum <= bound) return undefined',
  },
  {
    mistake: 'a window is a tenth too short',
    file: 'dsl/judge/monitors/window.ts',
    find: 'at - Number(entries[i]) < windowMs; i -= 2',
    put: 'at - Number(entries[i]) < windowMs * 0.9; i -= 2',
  },
  {
    mistake: 'a rolled back cell keeps its new value',
    file: 'dsl/judge/cells.ts',
    find: '      else this.#values.set(cell, before)\n',
    put: '      else void before\n',
  },
  {
    mistake: 'an effect is dropped on the way out of the machine',
    file: 'runtime/kernel/capture.ts',
    find: '  take.effects.push(effect)\n',
    put: '  if (take.effects.length < 4) take.effects.push(effect)\n',
  },
  {
    mistake: 'a fenced partition counts as served',
    file: 'runtime/fleet/ownership.ts',
    find: '    place.fenced = true\n',
    put: '',
  },
  {
    mistake: 'a snapshot leaves the timers out',
    file: 'runtime/fleet/snapshot-format.ts',
    find: "  'timers',\n",
    put: '',
  },
  {
    mistake: 'a conversation moves on under a snapshot',
    file: 'runtime/fleet/snapshot.ts',
    find: 'state.onTouch = (id) => this.#before(id)',
    put: 'state.onTouch = () => {}',
  },
  {
    mistake: 'a rollout that is passed wins',
    file: 'runtime/fleet/switches.ts',
    find: "    if (!isLater(rollout, state.rollout)) return 'passed'\n",
    put: "    if (rollout === state.rollout) return 'passed'\n",
  },
  {
    mistake: 'monitors that have missed steps are kept',
    file: 'runtime/fleet/move-over.ts',
    find: '  for (const cell of dropped) cells.set(cell, undefined)\n',
    put: '',
  },
  {
    mistake: 'what is remembered loses its labels',
    file: 'runtime/guard/guard.ts',
    find: "return withLabels(effect, judge.labelsOf(cells, stepOf(actor, 'remembers', effect.what, effect.fields)))",
    put: 'return withLabels(effect, judge.labelsOf(cells, stepOf(actor, "remembers", effect.what, effect.fields)).slice(0, 0))',
  },
  {
    mistake: 'a claim that was fenced counts',
    file: 'runtime/fleet/take-over.ts',
    find: "  if (appended.kind !== 'owned') return undefined\n",
    put: '  void appended\n',
  },
  {
    mistake: 'what a full inbox refused counts as posted',
    file: 'runtime/fleet/outbox.ts',
    find: "outcome.kind !== 'posted'",
    put: "outcome.kind === 'unsure'",
  },
  {
    mistake: 'one of two people is enough',
    file: 'runtime/fleet/receive.ts',
    find: 'granted.length + 1 >= people',
    put: 'granted.length + 2 >= people',
  },
  {
    mistake: 'one person counts for two',
    file: 'runtime/fleet/receive.ts',
    find: 'if (granted.includes(by)) return',
    put: "if (granted.includes('')) return",
  },
  {
    mistake: 'a detector that failed has found nothing',
    file: 'dsl/judge/scores.ts',
    find: '    asked?.failures.push(',
    put: "    if (evidence.kind === 'failed') return 0\n    asked?.failures.push(",
  },
  {
    mistake: 'a ledger does not take back what did not come about',
    file: 'dsl/judge/ledgers.ts',
    find: '        monitor.amend?.(cells, claim.step, matches(claim), undefined)\n',
    put: '        void cells\n',
  },
  {
    mistake: 'a ledger counts only what has come about',
    file: 'dsl/judge/ledgers.ts',
    find: '      if (counts && (happened || isLimit(monitor))) monitor.advance(cells, step, is, [])\n',
    put: '      if (counts && happened) monitor.advance(cells, step, is, [])\n',
  },
  {
    mistake: 'a ledger forgets what still counts',
    file: 'runtime/fleet/ledger/entry.ts',
    find: '  if (holds.length === 0 && (claim === undefined || ledgers.isOver(cells, claim, batch.at)))',
    put: '  if (holds.length === 0)',
  },
  {
    mistake: 'a conversation wakes without its monitors',
    file: 'runtime/fleet/resting.ts',
    find: '      cells: new Cells(cells),\n',
    put: '      cells: new Cells(),\n',
  },
  {
    mistake: 'a table decides where a guard should',
    file: 'runtime/kernel/table.ts',
    find: 'return guard === undefined || evaluateGuard(guard, state.context, event, state)',
    put: 'return true',
  },
  {
    mistake: 'a pack counts as kept once it has left',
    file: 'runtime/log/packer.ts',
    find: '    void sent.then(acked.resolve, acked.reject)\n',
    put: "    void sent.catch(acked.reject)\n    acked.resolve({ kind: 'posted' } as A)\n",
  },
  {
    mistake: 'the messages of a pack have one position',
    file: 'runtime/log/pack.ts',
    find: 'return place === count - 1 ? sequence : sequence - 1 + (place + 1) / PACK_MESSAGES_MAX',
    put: 'return place < count ? sequence : 0',
  },
  {
    mistake: 'what is left of a pack is passed over after a pause',
    file: 'runtime/log/inbox-feed.ts',
    find: '    this.#left = messages.slice(at)\n',
    put: '    this.#left = this.#left.slice(at)\n',
  },
  {
    mistake: 'a reader that starts within a pack passes over the rest of it',
    file: 'runtime/log/inbox-feed.ts',
    find: 'else if (position > after)',
    put: 'else if (sequence > Math.ceil(after))',
  },
  {
    mistake: 'the last message of a pack is lost',
    file: 'runtime/log/pack.ts',
    find: '  for (const { agent, wire } of messages) {\n',
    put: '  for (const { agent, wire } of messages.slice(0, Math.max(1, messages.length - 1))) {\n',
  },
  {
    mistake: 'a pack goes to the agent of its first message',
    file: 'runtime/log/pack.ts',
    find: "      agent: view.toString('utf8', at + AGENT_AT, lengthAt),\n",
    put: "      agent: messages[0]?.agent ?? view.toString('utf8', at + AGENT_AT, lengthAt),\n",
  },
  {
    mistake: 'what leaves at once leaves in the reverse order',
    file: 'runtime/log/packer.ts',
    find: '    open.messages.push(message)\n',
    put: '    open.messages.unshift(message)\n',
  },
  {
    mistake: 'a pack that is full never leaves',
    file: 'runtime/log/packer.ts',
    find: '      this.#leave(open)\n      open = undefined\n',
    put: '      open = undefined\n',
  },
  {
    mistake: 'what leaves at once leaves to one partition',
    file: 'runtime/log/packer.ts',
    find: '    let open = this.#open.get(partition)\n',
    put: '    let open = this.#open.values().next().value\n',
  },
  {
    mistake: 'a warm-up counts what was denied',
    file: 'runtime/fleet/replay.ts',
    find: "  if (outcome !== 'passed') return steps\n",
    put: '',
  },
  {
    mistake: 'a warm-up leaves out what came in',
    file: 'runtime/fleet/replay.ts',
    find: 'for (const step of receipts(state, actor, turn, letIn(state, turn.input))) {\n    const said',
    put: 'for (const step of [] as Step[]) {\n    const said',
  },
  {
    mistake: 'a warm-up begins without the snapshot',
    file: 'runtime/fleet/warm-up.ts',
    find: '      past = kept.state\n',
    put: '      past = new PartitionState()\n',
  },
  {
    mistake: 'a warm-up looks at a turn once it is over',
    file: 'runtime/fleet/warm-up.ts',
    find: '      follow(deps, warm, past, turn)\n      past.foldTurn(turn, kept.record.rev)\n',
    put: '      past.foldTurn(turn, kept.record.rev)\n      follow(deps, warm, past, turn)\n',
  },
  {
    mistake: 'a warm-up begins anew what goes on',
    file: 'runtime/fleet/warm-up.ts',
    find: 'judge.keeps(cell) && !say.keeps(cell) &&',
    put: 'judge.keeps(cell) &&',
  },
  {
    mistake: 'what is owed after a warm-up has no deadline',
    file: 'runtime/fleet/warm-up.ts',
    find: '  if (!enforces) return changes\n',
    put: '  if (changes.length >= 0) return changes\n',
  },
  {
    mistake: 'what was owed and met is owed after a warm-up',
    file: 'runtime/fleet/warm-up.ts',
    find: '      else owed.delete(obligation.cell)\n',
    put: '      else void 0\n',
  },
  {
    mistake: 'one without a say is owed what came before it',
    file: 'runtime/fleet/warm-up.ts',
    find: ' && (enforces || !owed.has(cell)),',
    put: ',',
  },
  {
    mistake: 'the last of what is warmed up is not written down',
    file: 'runtime/fleet/switches.ts',
    find: 'grouped(await this.#warmedUp(change), bytesMax))',
    put: 'grouped((await this.#warmedUp(change)).slice(0, -1), bytesMax))',
  },
  {
    mistake: 'what was warmed up is dropped with the next turn',
    file: 'runtime/fleet/move-over.ts',
    find: "    state.rollout?.warmUp === 'replay' || !before",
    put: '    !before',
  },
]

const COPIED = ['dsl', 'runtime', 'agents', 'package.json', 'tsconfig.json', 'policies']
const TIMEOUT_MS = 120_000

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '100' }, only: { type: 'string', default: '' } },
})
const root = join(import.meta.dirname, '../..')
const copy = mkdtempSync(join(tmpdir(), 'parapet-mutants-'))
const run = promisify(execFile)
let missed = 0
try {
  for (const part of COPIED) cpSync(join(root, part), join(copy, part), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  console.log(row('mistake', 'seeds', 'noticed by'))
  for (const mutant of MUTANTS.filter(({ mistake }) => mistake.includes(values.only))) {
    const { seeds, by } = await noticed(mutant)
    if (seeds === undefined) missed++
    console.log(row(mutant.mistake, seeds === undefined ? '–' : String(seeds), by))
  }
} finally {
  rmSync(copy, { recursive: true, force: true })
}
if (missed > 0) console.log(`${missed} went unnoticed`)
process.exitCode = missed > 0 ? 1 : 0

async function noticed({ file, find, put }: Mutant): Promise<{ seeds?: number; by: string }> {
  const path = join(copy, file)
  const text = readFileSync(path, 'utf8')
  if (text.split(find).length !== 2) return { by: `its place in ${file} is not there, or not once` }
  writeFileSync(
    path,
    text.replace(find, () => put),
  )
  const args = ['runtime/simulation/hunt.ts', '--json', '--seeds', `1..${values.seeds}`]
  try {
    const { stdout } = await run(process.execPath, args, { cwd: copy, timeout: TIMEOUT_MS }).catch(
      (cause: { stdout?: string; killed?: boolean }) => {
        if (cause.killed) return { stdout: '' }
        return { stdout: cause.stdout ?? '' }
      },
    )
    if (stdout === '') return { by: `nothing said within ${TIMEOUT_MS / 1_000} s` }
    const { found } = JSON.parse(stdout) as { found?: { seed: number; invariant: string } }
    return found ? { seeds: found.seed, by: found.invariant } : { by: `nobody in ${values.seeds} seeds` }
  } finally {
    writeFileSync(path, text)
  }
}

function row(mistake: string, seeds: string, by: string): string {
  return `${mistake.padEnd(56)} ${seeds.padStart(5)}  ${by}`
}
