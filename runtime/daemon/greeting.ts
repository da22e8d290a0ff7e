/** The first and the last lines of a run. */

import { sizeOf } from '#dsl/plan/size.ts'
import type { Tally } from '#runtime/telemetry/tally.ts'
import { shellWord } from './command.ts'
import { counted } from './counted.ts'
import type { LoadedFleet } from './load.ts'
import { type Paint, shownPath } from './paint.ts'

export function greetingLines({ definition, policy }: LoadedFleet, paint: Paint): string[] {
  const { plan } = policy
  const { rules, consistencies, tools } = sizeOf(plan)
  return [
    paint.bold(`Parapet · fleet ${definition.name}`),
    `policy  "${plan.policy.name}" ${plan.policy.version}, ${counted(rules, 'rule')} and ${counted(consistencies, 'consistency', 'consistencies')} over ${counted(tools, 'tool')} ${paint.dim(plan.hash.slice(0, 12))}`,
    `agents  ${Object.keys(definition.agents).join(', ')}`,
    ...(policy.warnings === '' ? [] : [policy.warnings]),
  ]
}

/** How the command line is called from here, so that the lines can be copied and run. */
export interface Called {
  /** `node bin/parapet.js` */
  readonly launcher: string
  /** ` --data DIR`, or nothing. */
  readonly dataFlag: string
}

export function lookFurtherLines(tally: Tally, called: Called, paint: Paint): string[] {
  const ref = tally.example
  const commands: [string, string][] = []
  if (ref !== undefined)
    commands.push(
      [`explain ${shellWord(ref)}`, 'why that step was stopped, every value that decided it'],
      [`trace ${shellWord(ref.slice(0, ref.lastIndexOf('#')))}`, 'that conversation, turn by turn'],
    )
  commands.push([
    'trace --stopped --replay',
    'every verdict that stopped something, judged again and compared',
  ])
  const width = Math.max(...commands.map(([command]) => command.length))
  return [
    '',
    paint.bold('Look further'),
    ...commands.map(
      ([command, why]) =>
        `  ${called.launcher} ${command}${called.dataFlag}${' '.repeat(width - command.length)}   ${paint.dim(`# ${why}`)}`,
    ),
  ]
}

export type Finished = 'over' | 'stopped' | 'stalled'

/** How the run ended, unless all went as it should, and the command that goes on. */
export function endingLines(
  finished: Finished,
  waiting: readonly string[],
  nothingNew: boolean,
  options: { readonly fleetFile: string; readonly once: boolean; readonly inMemory: boolean },
  called: Called,
): string[] {
  const again = `${called.launcher} up ${shellWord(shownPath(options.fleetFile))}${options.once ? ' --once' : ''}${called.dataFlag}`
  if (finished === 'over' && !nothingNew) return []
  if (finished === 'over')
    return [
      '',
      'Every conversation had ended before this start. To put the data aside and start anew:',
      `  ${again} --again`,
    ]
  if (finished === 'stopped' && options.inMemory)
    return ['', 'Stopped. This run was in memory; the next one starts anew.']
  if (finished === 'stopped')
    return ['', 'Stopped. What is committed is kept; this goes on from here:', `  ${again}`]
  const named = waiting.slice(0, WAITING_NAMED_MAX).join(', ')
  const more = waiting.length > WAITING_NAMED_MAX ? ` and ${waiting.length - WAITING_NAMED_MAX} more` : ''
  return [
    '',
    `${waiting.length === 1 ? '1 conversation waits' : `${waiting.length} conversations wait`} for something that did not come: ${named}${more}`,
    `  ${called.launcher} trace ${shellWord(waiting[0]!)}${called.dataFlag}`,
  ]
}

/** Conversations that are named when they wait in vain. */
const WAITING_NAMED_MAX = 5
