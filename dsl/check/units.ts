/** Units of numbers, by dimension: how many of the smallest one each is. Only units of one dimension go together. */
interface Unit {
  readonly dimension: string
  readonly factor: number
  /** Added after multiplying: where the scale's zero lies in kelvin. */
  readonly offset?: number
}

const scale = (dimension: string, factors: Readonly<Record<string, number>>): [string, Unit][] =>
  Object.entries(factors).map(([name, factor]) => [name, { dimension, factor }])

export const UNITS: ReadonlyMap<string, Unit> = new Map([
  ...scale('mass', { mg: 1, g: 1e3, kg: 1e6, t: 1e9, oz: 28_349.523125, lb: 453_592.37 }),
  ...scale('length', { mm: 1, cm: 10, m: 1e3, km: 1e6, inches: 25.4, feet: 304.8, miles: 1_609_344 }),
  ...scale('area', { sqm: 1, hectares: 1e4, sqkm: 1e6 }),
  ...scale('volume', { ml: 1, cl: 10, l: 1e3, gallons: 3_785.411784 }),
  ...scale('data', {
    bytes: 1,
    kB: 1e3,
    MB: 1e6,
    GB: 1e9,
    TB: 1e12,
    KiB: 1_024,
    MiB: 1_048_576,
    GiB: 1_073_741_824,
  }),
  ...scale('share', { percent: 1, permille: 0.1 }),
  ['kelvin', { dimension: 'temperature', factor: 1 }],
  ['celsius', { dimension: 'temperature', factor: 1, offset: 273.15 }],
  ['fahrenheit', { dimension: 'temperature', factor: 5 / 9, offset: 459.67 * (5 / 9) }],
])

export function sameDimension(a: string, b: string): boolean {
  const [from, to] = [UNITS.get(a), UNITS.get(b)]
  return from !== undefined && from.dimension === to?.dimension
}

/** How a number of unit `from` becomes one of `to`: multiplied, divided, then moved. Dividing keeps 300 g exactly 0.3 kg. */
export interface Conversion {
  readonly times: number
  readonly over: number
  readonly plus: number
}

export function conversion(from: string, to: string): Conversion | undefined {
  const [a, b] = [UNITS.get(from), UNITS.get(to)]
  if (a === undefined || b === undefined || a.dimension !== b.dimension || from === to) return undefined
  const plus = ((a.offset ?? 0) - (b.offset ?? 0)) / b.factor
  return a.factor >= b.factor
    ? { times: a.factor / b.factor, over: 1, plus }
    : { times: 1, over: b.factor / a.factor, plus }
}

export function convert(value: number, from: string, to: string): number {
  const by = conversion(from, to)
  return by === undefined ? value : (value * by.times) / by.over + by.plus
}
