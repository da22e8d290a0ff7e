/**
 * How many threads LanceDB computes on. It reads both settings when it first computes.
 *
 * Left alone it takes two fewer than there are processors, so one where there are two or three. Who writes an index of words keeps
 * a thread and waits for another one to take what was written: with one alone it never ends, nor does anything that waits for
 * it (seen with 0.31 from 400,000 different words on; mended upstream after it, lance-format/lance#7423).
 */
import { availableParallelism } from 'node:os'

const processors = availableParallelism()
/** Those that wait take no time: more threads than processors cost nothing. Six stores at once were seen to end with eight. */
const threads = Math.max(8, 2 * processors)

process.env['LANCE_CPU_THREADS'] ??= String(threads)
/** So many keep a thread at a time. */
process.env['LANCE_FTS_NUM_SHARDS'] ??= String(processors)
