/** `parapet/testing`: whole fleets in a simulated world, for vitest. */
import './matchers.ts'

export type { FleetDefinition, World } from '#runtime/fleet/definition.ts'
export { ALL_FAULTS, type Faults, NO_FAULTS } from '#runtime/simulation/faults.ts'
export type { Decision, Person } from '#runtime/simulation/people.ts'
export type { Told } from '#runtime/simulation/simulate.ts'
export { type ForAllOptions, forAll } from './for-all.ts'
export type { Cost, Sometime, Stopped } from './matchers.ts'
export { pathsOf } from './paths.ts'
export { type Moment, Run, recordedRun } from './run.ts'
export { grants, type Happening, passes, refuses, type Story, says, scenario } from './scenario.ts'
export { type SimulateOptions, simulate } from './simulate.ts'
export { fleetFrom, fleetOf, type Subject } from './subject.ts'
