/** `node examples/06-cascade/main.ts [RUNS]`: the same seeded runs without the library and with it, as a table. */
import { type Counted, judgeOf, run } from './desk.ts'

const runs = Number(process.argv[2] ?? 200)
console.log(`${runs} seeded runs; facts a run, mean (least to most)`)
console.log(
  'policy                  poisoned written     poisoned stopped        sound written sound, first refused',
)
for (const [name, file] of [
  ['permissions only', 'without.parapet'],
  ['with "provenance"', 'with.parapet'],
] as const) {
  const judge = judgeOf(file)
  const all: Counted[] = []
  for (let seed = 1; seed <= runs; seed++) all.push(await run(judge, seed))
  const cells = (['poisoned', 'stopped', 'sound', 'corrected'] as const).map((what) => {
    const counts = all.map((each) => each[what])
    const mean = counts.reduce((sum, count) => sum + count, 0) / runs
    return `${mean.toFixed(1)} (${Math.min(...counts)} to ${Math.max(...counts)})`.padStart(20)
  })
  console.log(name.padEnd(20) + cells.join(' '))
}
