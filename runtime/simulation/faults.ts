/** What goes wrong in a simulated world, each a knob; a probability is per occasion, a duration in milliseconds. */
export interface Faults {
  /** A request to the broker never arrives; the sender finds out by waiting. */
  readonly requestLost: number
  /** The broker has done it and the answer never arrives. */
  readonly answerLost: number
  /** A request arrives twice. */
  readonly requestTwice: number
  /** One way, uniformly up to. */
  readonly delayMaxMs: number
  /** A request hangs on its way, uniformly up to so long: whoever sent it may have died, and another may have taken over. */
  readonly requestLate: number
  readonly lateMaxMs: number
  /** Per second of virtual time, each. */
  readonly brokerRestartsPerSecond: number
  readonly cutsPerSecond: number
  readonly pausesPerSecond: number
  readonly killsPerSecond: number
  /** A daemon hands its partitions over, ends and is started again. */
  readonly drainsPerSecond: number
  /** The next stage of a deployment is told to the daemons, or it is taken back. Only where there is something to deploy. */
  readonly switchesPerSecond: number
  readonly clockJumpsPerSecond: number
  /** How long a cut, a pause or a broker's absence lasts, uniformly up to. */
  readonly outageMaxMs: number
  /** An inbox takes nothing for want of room, for as long as an outage lasts. */
  readonly fullInboxesPerSecond: number
  /** Per effect (a request to the broker, a call of a tool): the daemon dies before it, and after all it did in the same breath. */
  readonly diesMidway: number
  /** Leases: a second writer wins too, as on old clusters; a broker's restart takes the newest writes away (off unless asked for). */
  readonly leaseWonTwice: number
  readonly leasesLost: number
  /**
   * A broker's restart takes away slots and messages that it had acknowledged. Off unless asked for: all that is promised
   * rests on this not happening (`sync_interval: always`, three nodes). Whoever wrote what is lost finds out and stops.
   */
  readonly tailLost: number
  /** A clock is set forward by up to this. */
  readonly clockJumpMaxMs: number
  /** A process's clock is off by up to this, either way. */
  readonly clockSkewMaxMs: number
  /** Tools: the share of calls that fail (half of them having acted), and how late an answer comes, uniformly up to. */
  readonly toolFails: number
  readonly toolDelayMaxMs: number
  /** The share of tools' results whose values are not what the tool found. */
  readonly toolLies: number
  /** Models (what machines invoke): the share of answers that are refused, made up, the opposite, said before, or an injection. */
  readonly modelRefuses: number
  readonly modelHallucinates: number
  readonly modelContradicts: number
  readonly modelLoops: number
  readonly modelInjects: number
  /** Detectors: the share that throw. */
  readonly detectorFails: number
  /** Shared memory: how long it takes, uniformly up to, and the share of searches that do not see the newest rows. */
  readonly memoryDelayMaxMs: number
  readonly memoryBehind: number
  /** People: the share of asks nobody ever decides, and how long the others take, uniformly up to. */
  readonly approvalsIgnored: number
  readonly approvalDelayMaxMs: number
}

export const NO_FAULTS: Faults = {
  requestLost: 0,
  answerLost: 0,
  requestTwice: 0,
  delayMaxMs: 0,
  requestLate: 0,
  lateMaxMs: 0,
  brokerRestartsPerSecond: 0,
  cutsPerSecond: 0,
  pausesPerSecond: 0,
  killsPerSecond: 0,
  drainsPerSecond: 0,
  switchesPerSecond: 0,
  clockJumpsPerSecond: 0,
  leaseWonTwice: 0,
  leasesLost: 0,
  tailLost: 0,
  outageMaxMs: 0,
  fullInboxesPerSecond: 0,
  diesMidway: 0,
  clockJumpMaxMs: 0,
  clockSkewMaxMs: 0,
  toolFails: 0,
  toolDelayMaxMs: 0,
  toolLies: 0,
  modelRefuses: 0,
  modelHallucinates: 0,
  modelContradicts: 0,
  modelLoops: 0,
  modelInjects: 0,
  detectorFails: 0,
  memoryDelayMaxMs: 0,
  memoryBehind: 0,
  approvalsIgnored: 0,
  approvalDelayMaxMs: 0,
}

/** All at once, each often enough to meet the others; but for what a server that does not sync loses of the log (`tailLost`). */
export const ALL_FAULTS: Faults = {
  requestLost: 0.03,
  answerLost: 0.03,
  requestTwice: 0.01,
  delayMaxMs: 5,
  requestLate: 0.01,
  lateMaxMs: 3_000,
  brokerRestartsPerSecond: 0.02,
  cutsPerSecond: 0.05,
  pausesPerSecond: 0.05,
  killsPerSecond: 0.1,
  drainsPerSecond: 0.03,
  switchesPerSecond: 0.1,
  clockJumpsPerSecond: 0.02,
  leaseWonTwice: 0.3,
  leasesLost: 0.5,
  tailLost: 0,
  outageMaxMs: 5_000,
  fullInboxesPerSecond: 0.2,
  diesMidway: 0.001,
  clockJumpMaxMs: 60_000,
  clockSkewMaxMs: 500,
  toolFails: 0.05,
  toolDelayMaxMs: 200,
  toolLies: 0.05,
  modelRefuses: 0.05,
  modelHallucinates: 0.05,
  modelContradicts: 0.05,
  modelLoops: 0.1,
  modelInjects: 0.05,
  detectorFails: 0.1,
  memoryDelayMaxMs: 50,
  memoryBehind: 0.1,
  approvalsIgnored: 0.1,
  approvalDelayMaxMs: 30_000,
}
