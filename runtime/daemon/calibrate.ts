/** `parapet calibrate`: which threshold parts labelled examples best, and how the policy's own thresholds do. */
import { existsSync, readFileSync } from 'node:fs'
import { RELATIONS } from '#dsl/check/scores.ts'
import { type AskedScore, askedScores } from '#runtime/evidence/asked.ts'
import { curveSvg } from '#runtime/evidence/curve-svg.ts'
import { builtInDetectors } from '#runtime/evidence/detectors.ts'
import { readLabelled, scoreAll } from '#runtime/evidence/labelled.ts'
import {
  atPrecision,
  countAt,
  curve,
  type Labelled,
  type Measures,
  measures,
  type Point,
  recommended,
} from '#runtime/evidence/thresholds.ts'
import { embeddingOf } from './embedding.ts'
import { loadPolicy } from './load-policy.ts'
import { type Paint, shownPath } from './paint.ts'
import { type Problem, problem } from './problem.ts'
import { writeOut } from './write-out.ts'

export interface CalibrateOptions {
  readonly policyFile: string
  readonly labelledFile: string
  /** Which of the policy's detectors; needed where it asks several. */
  readonly detector: string | undefined
  readonly svg: string | undefined
  /** Whose embedder gives the scores; the one that comes along unless given. */
  readonly fleetFile?: string | undefined
  readonly json: boolean
}

export interface Calibrated {
  readonly kind: 'calibrated'
  readonly detector: string
  readonly examples: number
  readonly failed: number
  readonly recommended: Point
  /** The lowest threshold that is wrong in at most one of twenty cases. */
  readonly careful?: Point
  /** What the policy says now. */
  readonly written: readonly (AskedScore & Measures)[]
  readonly curve: readonly Point[]
}

/** Rows of the curve that are shown. */
const ROWS = 20
const BAR = 24
const CAREFUL = 0.95

export async function calibrate(
  options: CalibrateOptions,
  write: (line: string) => void,
  paint: Paint,
): Promise<Calibrated | Problem> {
  const policy = await loadPolicy(options.policyFile, paint.isColorSupported)
  if (policy.kind === 'problem') return policy
  const asked = askedScores(policy.plan)
  const detector = which(asked, options)
  if (typeof detector !== 'string') return detector
  const examples = existsSync(options.labelledFile)
    ? readLabelled(readFileSync(options.labelledFile, 'utf8'))
    : 'there is no such file'
  if (typeof examples === 'string') return unusable(options.labelledFile, examples)
  const bare = examples.findIndex(({ input, score }) => score === undefined && input['to'] === undefined)
  if (bare >= 0 && Object.values(RELATIONS).some((relation) => relation === detector))
    return unusable(
      options.labelledFile,
      `line ${bare + 1} has no \`to\`, and \`${detector}\` compares a text with others`,
    )
  const embedding = await embeddingOf(options.fleetFile, paint.isColorSupported, (text) =>
    write(paint.yellow(text)),
  )
  if (embedding.kind === 'problem') return embedding
  const { embedder, offline } = embedding
  const { scored, failures } = await scoreAll(examples, builtInDetectors(embedder, offline)[detector])
  await embedding.close()
  if (scored.length === 0)
    return problem('D0054', `\`${detector}\` gave no score: ${failures[0]}`, {
      where: shownPath(options.labelledFile),
      help: 'a detector of a fleet’s own world is calibrated by examples that carry its `score`',
    })
  const result = judged(detector, asked, scored, failures.length)
  if (options.svg !== undefined)
    writeOut(
      options.svg,
      curveSvg(`${detector}, ${scored.length} examples`, result.curve, result.recommended.threshold),
    )
  if (options.json) write(JSON.stringify(result, null, 2))
  else show(result, failures, write, paint)
  return result
}

function which(asked: readonly AskedScore[], { detector, policyFile }: CalibrateOptions): string | Problem {
  const names = Array.from(new Set(asked.map((one) => one.detector))).sort()
  if (detector !== undefined && names.includes(detector)) return detector
  const [only, ...others] = names
  if (detector === undefined && only !== undefined && others.length === 0) return only
  return problem(
    'D0054',
    `the policy asks ${names.length === 0 ? 'no detector' : `\`${names.join('`, `')}\``}`,
    {
      where: shownPath(policyFile),
      help:
        names.length === 0
          ? 'write a condition such as `injection in text over 0.7`'
          : `name one: --detector ${only}`,
    },
  )
}

function unusable(file: string, what: string): Problem {
  return problem('D0053', what, {
    where: shownPath(file),
    help: 'one example a line: `{"text": "…", "label": 1}`, with `to` for what it is compared with',
  })
}

function judged(
  detector: string,
  asked: readonly AskedScore[],
  scored: readonly Labelled[],
  failed: number,
): Calibrated {
  const careful = atPrecision(scored, CAREFUL)
  return {
    kind: 'calibrated',
    detector,
    examples: scored.length,
    failed,
    recommended: recommended(scored),
    ...(careful && { careful }),
    written: asked.flatMap((one) =>
      one.detector === detector && one.threshold !== undefined
        ? [{ ...one, ...measures(countAt(scored, one.threshold)) }]
        : [],
    ),
    curve: curve(scored),
  }
}

function show(
  { detector, examples, recommended: best, careful, written, curve: points }: Calibrated,
  failures: readonly string[],
  write: (line: string) => void,
  paint: Paint,
): void {
  write(paint.bold(`${detector}, ${examples} labelled examples`))
  if (failures.length > 0)
    write(paint.yellow(`${failures.length} could not be scored, first: ${failures[0]}`))
  write(paint.dim(`\nthreshold  precision   recall      F1`))
  for (const point of spread(points)) {
    const mark = point.threshold === best.threshold ? paint.green(' ← recommended') : ''
    write(`${number(point.threshold)}     ${cells(point)}  ${'█'.repeat(Math.round(point.f1 * BAR))}${mark}`)
  }
  for (const one of written)
    write(`\nnow       ${number(one.threshold ?? 0)}  ${cells(one)}  ${paint.dim(`"${one.check}"`)}`)
  write(`\n${paint.green('recommended')} ${paint.bold(`over ${best.threshold.toFixed(2)}`)}, the highest F1`)
  if (careful && careful.threshold > best.threshold)
    write(
      `careful     over ${careful.threshold.toFixed(2)}, right in ${percent(careful.precision)} of what it says, finds ${percent(careful.recall)}`,
    )
}

/** So many points that all of the curve is seen, the recommended one among them where it is a point of its own. */
function spread(points: readonly Point[]): readonly Point[] {
  if (points.length <= ROWS) return points
  const best = points.reduce((a, b) => (b.f1 > a.f1 ? b : a))
  return points.filter((point, at) => point === best || at % Math.ceil(points.length / ROWS) === 0)
}

const number = (value: number): string => value.toFixed(3).padStart(6)
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
const cells = ({ precision, recall, f1 }: Measures): string =>
  [precision, recall, f1].map((share) => percent(share).padStart(9)).join(' ')
