/**
 * Trains the injection detector on the labelled texts and writes its weights:
 *   PARAPET_CORPORA=… node bench/efficacy/train-injection.ts
 * Only weights are kept, none of the texts. The texts are MIT licensed: BIPIA, NotInject and PIGuard.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cached } from '#runtime/evidence/cached.ts'
import { type InjectionText, trainInjection } from '#runtime/evidence/injection-training.ts'
import { offlineEmbedder } from '#runtime/evidence/offline.ts'

const corpora = process.env['PARAPET_CORPORA']
if (corpora === undefined) throw new Error('set PARAPET_CORPORA to the folder of the corpora')
const file = join(import.meta.dirname, '../../runtime/evidence/injection-model.json')
const texts = readFileSync(join(corpora, 'texts/injection.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line): InjectionText => JSON.parse(line))
const embedder = cached(offlineEmbedder())
const model = await trainInjection(embedder, texts)
writeFileSync(file, `${JSON.stringify(model)}\n`)
await embedder.close?.()
console.log(`${texts.length} texts, ${model.weights.length} weights → ${file}`)
