/**
 * Randomness that is a function of its seed: sfc32 (Chris Doty-Humphrey's small fast counting generator, from PractRand),
 * seeded through splitmix32. Forks have streams of their own, so that one more draw in one place moves nothing in another.
 */
export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number
  /** A whole number from 0 up to, not including, `below`. */
  int(below: number): number
  chance(probability: number): boolean
  pick<T>(list: readonly T[]): T
  /** A stream of its own, the same for the same seed and name. */
  fork(name: string): Random
}

export function randomOf(seed: number): Random {
  return streamOf(seed >>> 0)
}

function streamOf(seed: number): Random {
  let mix = seed
  const word = () => {
    mix = (mix + 0x9e3779b9) | 0
    let z = mix ^ (mix >>> 16)
    z = Math.imul(z, 0x21f0aaad)
    z ^= z >>> 15
    z = Math.imul(z, 0x735a2d97)
    return (z ^ (z >>> 15)) >>> 0
  }
  let [a, b, c] = [word(), word(), word()]
  let counter = 1
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return (sum >>> 0) / 2 ** 32
  }
  // The first outputs still show how the state was filled.
  for (let i = 0; i < 12; i++) next()
  const int = (below: number) => Math.floor(next() * below)
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick: (list) => list[int(list.length)]!,
    fork: (name) => streamOf(hash(name, seed)),
  }
}

/** FNV-1a over UTF-16 units. */
function hash(text: string, seed: number): number {
  let value = 0x811c9dc5 ^ seed
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value >>> 0
}
