/** From labelled scores to a threshold: precision, recall and F1 wherever a decision would change. */

export interface Labelled {
  readonly score: number
  /** 1: the detector should speak. */
  readonly label: 0 | 1
}

export interface Counts {
  readonly right: number
  /** It spoke where it should not. */
  readonly falseOnes: number
  readonly missed: number
  readonly quiet: number
}

export interface Measures {
  readonly precision: number
  readonly recall: number
  readonly f1: number
}

export interface Point extends Measures {
  readonly threshold: number
}

/** What a threshold decides: a score over it speaks. */
export function countAt(scored: readonly Labelled[], threshold: number): Counts {
  const count = (over: boolean, label: 0 | 1) =>
    scored.filter((one) => one.score > threshold === over && one.label === label).length
  return { right: count(true, 1), falseOnes: count(true, 0), missed: count(false, 1), quiet: count(false, 0) }
}

/** Where it never speaks, it is never wrong: precision 1. */
export function measures({ right, falseOnes, missed }: Counts): Measures {
  const precision = right + falseOnes === 0 ? 1 : right / (right + falseOnes)
  const recall = right + missed === 0 ? 1 : right / (right + missed)
  return {
    precision,
    recall,
    f1: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall),
  }
}

/** One point below all scores, one between each two neighbours, and one above all; lowest threshold first. */
export function curve(scored: readonly Labelled[]): readonly Point[] {
  const scores = Array.from(new Set(scored.map(({ score }) => score))).sort((a, b) => a - b)
  const between = scores.slice(1).map((score, at) => (scores[at]! + score) / 2)
  return [0, ...between, scores.at(-1) ?? 1].map((threshold) => ({
    threshold,
    ...measures(countAt(scored, threshold)),
  }))
}

/**
 * The highest F1; of a stretch of equals the point farthest from both neighbours that are worse, so that small changes of scores
 * matter least.
 */
export function recommended(scored: readonly Labelled[]): Point {
  const points = curve(scored)
  const most = Math.max(...points.map(({ f1 }) => f1))
  const first = points.findIndex(({ f1 }) => f1 === most)
  let last = first
  while (points[last + 1]?.f1 === most) last++
  const middle =
    ((points[first - 1] ?? points[first]!).threshold + (points[last + 1] ?? points[last]!).threshold) / 2
  const off = ({ threshold }: Point) => Math.abs(threshold - middle)
  return points.slice(first, last + 1).reduce((best, point) => (off(point) < off(best) ? point : best))
}

/** The lowest threshold at which precision is at least so high and anything is found; undefined when none is. */
export function atPrecision(scored: readonly Labelled[], precision: number): Point | undefined {
  return curve(scored).find((point) => point.recall > 0 && point.precision >= precision)
}
