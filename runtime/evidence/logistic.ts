/**
 * Logistic regression: the weights that make labelled examples most likely, held small by an L2 penalty (`ridge`). Plain
 * gradient descent with momentum: the examples are hundreds, and the same examples must give the same weights.
 */
export interface Example {
  readonly features: ArrayLike<number>
  readonly label: 0 | 1
}

export interface Logistic {
  readonly weights: readonly number[]
  readonly bias: number
}

export interface Training {
  readonly rounds: number
  readonly rate: number
  readonly ridge: number
}

const MOMENTUM = 0.9

export function train(examples: readonly Example[], { rounds, rate, ridge }: Training): Logistic {
  const size = examples[0]?.features.length ?? 0
  const weights = new Float64Array(size)
  const speed = new Float64Array(size + 1)
  // Both labels weigh the same, however many there are of each.
  const ones = examples.filter(({ label }) => label === 1).length
  const weightOf = { 0: 0.5 / Math.max(1, examples.length - ones), 1: 0.5 / Math.max(1, ones) }
  let bias = 0
  for (let round = 0; round < rounds; round++) {
    const slope = new Float64Array(size)
    let biasSlope = 0
    for (const { features, label } of examples) {
      const error = (probability({ weights, bias }, features) - label) * weightOf[label]
      for (let i = 0; i < size; i++) slope[i] = slope[i]! + error * features[i]!
      biasSlope += error
    }
    for (let i = 0; i < size; i++) {
      speed[i] = MOMENTUM * speed[i]! - rate * (slope[i]! + ridge * weights[i]!)
      weights[i] = weights[i]! + speed[i]!
    }
    speed[size] = MOMENTUM * speed[size]! - rate * biasSlope
    bias += speed[size]!
  }
  return { weights: Array.from(weights), bias }
}

/** From 0 to 1. */
export function probability(
  { weights, bias }: { readonly weights: ArrayLike<number>; readonly bias: number },
  features: ArrayLike<number>,
): number {
  let sum = bias
  for (let i = 0; i < features.length; i++) sum += weights[i]! * features[i]!
  return 1 / (1 + Math.exp(-sum))
}
