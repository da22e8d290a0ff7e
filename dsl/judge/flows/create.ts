/** All flows of a policy over one memory: sources and labels that several flows name are followed once. */
import type { Flow, FlowLabel, FlowReaders, FlowSource, StepPattern } from '../../plan/plan.ts'
import type { FlowCheck, Flows } from './flow-check.ts'
import { BITS_MAX, createKeeper, type Keeper } from './memory.ts'
import { createOrigin } from './origin.ts'
import { encode, printOf } from './prints.ts'
import { createReach } from './reach.ts'
import { createReadable } from './readable.ts'
import { createRecorder, type Label, type LabelBits, type Release, type Source } from './recorder.ts'
import { Texts } from './texts.ts'

export function createFlows(flows: readonly Flow[]): Flows {
  if (flows.length === 0) return { checks: [], recorder: undefined, owns: () => false }
  // Bit 0 says that a piece was seen at all. The front end refuses policies that need more bits than there are.
  let bit = 1
  const nextBit = (): number => 2 ** Math.min(bit++, BITS_MAX)
  const sources = new Map<string, Source>()
  const labels = new Map<string, Label>()
  const releases = new Map<string, Release>()

  const sourceBit = (source: FlowSource): number => {
    const key = meaningOf([source.pattern.any, source.pattern.where, source.field])
    const known = sources.get(key) ?? { source, bit: nextBit() }
    sources.set(key, known)
    return known.bit
  }
  const labelBits = (label: FlowLabel): LabelBits => {
    const known = labels.get(label.name) ?? { label, bits: { labelled: nextBit(), open: nextBit() } }
    labels.set(label.name, known)
    return known.bits
  }
  const releaseBit = (label: string, who: string): number => {
    const key = `${who} ${label}`
    // Releases have a mask of their own.
    const known = releases.get(key) ?? {
      pattern: releaseBy(who),
      label,
      bit: 2 ** Math.min(releases.size, BITS_MAX),
    }
    releases.set(key, known)
    return known.bit
  }

  let restricting: { readonly bits: LabelBits; readonly on: readonly FlowReaders[] } | undefined
  // Bits are given out first: they are part of the memory's name.
  const made = flows.map((flow): ((keeper: Keeper, texts: Texts) => FlowCheck) => {
    const { form } = flow
    if (form.kind === 'comesOnlyFrom') {
      const mask = form.sources.reduce((bits, source) => bits | sourceBit(source), 0)
      return (keeper, texts) => createOrigin(flow, form, keeper, mask, texts)
    }
    const name = form.kind === 'readable' ? READERS : form.label
    const released = form.releasedBy.reduce((mask, who) => mask | releaseBit(name, who), 0)
    if (form.kind === 'readable') {
      restricting ??= { bits: { labelled: nextBit(), open: nextBit() }, on: form.on }
      const { bits } = restricting
      return (keeper) => createReadable(flow, form, keeper, bits, released)
    }
    const bits = labelBits({ name: form.label, on: form.on })
    return (keeper) => createReach(flow, form, keeper, bits, released)
  })
  // Which bit stands for what is part of the memory's meaning.
  const keeper = createKeeper(
    idOf([
      Array.from(sources, ([key, { bit }]) => [key, bit]),
      Array.from(labels.values()),
      Array.from(releases, ([key, one]) => [key, one.bit]),
      ...(restricting === undefined ? [] : [restricting]),
    ]),
  )
  const texts = new Texts()
  const checks = made.map((make) => make(keeper, texts))
  const recorder = createRecorder(
    keeper,
    [...sources.values()],
    [...labels.values()],
    [...releases.values()],
    restricting,
    texts,
  )
  return { checks, recorder, owns: keeper.owns }
}

/** The memory's name: the same sources and labels go on with it. */
function idOf(of: object): string {
  return encode([printOf(0, [meaningOf(of)], 0, 1)])
}

/** Where it stands and how it is shown is no part of what it means. */
function meaningOf(of: object): string {
  return JSON.stringify(of, (key, inner: unknown) => (key === 'span' || key === 'shown' ? undefined : inner))
}

/** As a release may name what is only for some readers. */
const READERS = 'readers'

/** Messages and tools by which a role releases what has a label. */
export const RELEASES = ['release', 'approve', 'approval'] as const

function releaseBy(who: string): StepPattern {
  return {
    any: [
      { kinds: ['receives'], names: RELEASES, peers: [who] },
      { kinds: ['calls', 'sends'], names: RELEASES, agents: [who] },
    ],
    shown: `a release by ${who}`,
  }
}
