/** Every check, in the order of its code. */
import { alwaysHolds } from './checks/always-holds.ts'
import { asksItself } from './checks/asks-itself.ts'
import { foldedAway } from './checks/folded-away.ts'
import { longWait } from './checks/long-wait.ts'
import { looksAlike } from './checks/looks-alike.ts'
import { nearlyNamed } from './checks/nearly-named.ts'
import { neverCertain } from './checks/never-certain.ts'
import { neverSpeaks } from './checks/never-speaks.ts'
import { neverUsed } from './checks/never-used.ts'
import { noBecause } from './checks/no-because.ts'
import { overruled } from './checks/overruled.ts'
import { permissionDecides } from './checks/permission-decides.ts'
import { personDecides } from './checks/person-decides.ts'
import { saidTwice } from './checks/said-twice.ts'
import { shadowWithoutSeverity } from './checks/shadow-without-severity.ts'
import { shadowed } from './checks/shadowed.ts'
import { silenceAllows } from './checks/silence-allows.ts'
import { tooLate } from './checks/too-late.ts'
import { unwatchedTool } from './checks/unwatched-tool.ts'
import type { Check } from './subject.ts'

export const CHECKS: readonly Check[] = [
  neverSpeaks,
  alwaysHolds,
  permissionDecides,
  shadowed,
  overruled,
  saidTwice,
  neverUsed,
  noBecause,
  unwatchedTool,
  looksAlike,
  shadowWithoutSeverity,
  asksItself,
  personDecides,
  longWait,
  foldedAway,
  neverCertain,
  silenceAllows,
  tooLate,
  nearlyNamed,
]
