/** Times, as they are told. */
export async function timedMs(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

export function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]!
}

export const median = (values: readonly number[]): number => percentile(values, 0.5)

/** The two in turns, so that whatever else the machine does falls on both alike; which comes first changes. */
export async function inTurns(
  times: number,
  ours: (at: number) => Promise<unknown>,
  bare: (at: number) => Promise<unknown>,
): Promise<{ readonly ours: readonly number[]; readonly bare: readonly number[] }> {
  const taken = { ours: [] as number[], bare: [] as number[] }
  for (let at = 0; at < times; at++) {
    if (at % 2 === 0) taken.ours.push(await timedMs(() => ours(at)))
    taken.bare.push(await timedMs(() => bare(at)))
    if (at % 2 === 1) taken.ours.push(await timedMs(() => ours(at)))
  }
  return taken
}

export function heading(): void {
  line('what', 'rows', 'Parapet', 'LanceDB', 'ratio')
}

export function line(what: string, rows: number | string, ours: string, bare = '', ratio = ''): void {
  const cells = [String(rows).padStart(9), ours.padStart(18), bare.padStart(18), ratio.padStart(8)]
  console.log(`${what.padEnd(52)}${cells.join('')}`.trimEnd())
}

/** Above 1: Parapet is faster. */
export function lineOfTimes(
  what: string,
  rows: number,
  taken: { readonly ours: readonly number[]; readonly bare: readonly number[] },
): void {
  line(
    `${what}, ms p50 / p99`,
    rows,
    spread(taken.ours),
    spread(taken.bare),
    (median(taken.bare) / median(taken.ours)).toFixed(2),
  )
}

export function lineOfRates(
  what: string,
  rows: number,
  count: number,
  ms: { readonly ours: number; readonly bare: number },
): void {
  const rate = (taken: number) => ((count / taken) * 1_000).toFixed(0)
  line(`${what}, rows/s`, rows, rate(ms.ours), rate(ms.bare), (ms.bare / ms.ours).toFixed(2))
}

export const spread = (values: readonly number[]): string =>
  `${median(values).toFixed(2)} / ${percentile(values, 0.99).toFixed(2)}`
