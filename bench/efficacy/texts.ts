/** The detectors that come along, over texts with labelled spans. A span counts as found when a detector's overlaps it. */
import { join } from 'node:path'
import { spans } from '../../dsl/judge/detectors.ts'
import { fold } from '../../dsl/judge/text.ts'
import { readLines } from './cdisc/corpus.ts'

interface Labelled {
  readonly text: string
  readonly spans: readonly { readonly start: number; readonly end: number; readonly type: string }[]
}

const DETECTED: Readonly<Record<string, string>> = {
  CREDIT_CARD: 'card_number',
  EMAIL_ADDRESS: 'email_address',
  IBAN_CODE: 'iban',
  PHONE_NUMBER: 'phone_number',
}

export function texts(folder: string): void {
  const labelled = readLines<Labelled>(join(folder, 'texts', 'pii.jsonl'))
  for (const [type, detector] of Object.entries(DETECTED)) {
    let [known, found, said, right] = [0, 0, 0, 0]
    for (const { text, spans: marked } of labelled) {
      const wanted = marked.filter((span) => span.type === type)
      // Folding keeps the length of these texts, else places could not be compared.
      const folded = fold(text)
      if (folded.length !== text.length) continue
      const got = spans(detector, folded) ?? []
      known += wanted.length
      said += got.length
      found += wanted.filter((one) => got.some((each) => overlap(one, each))).length
      right += got.filter((each) => wanted.some((one) => overlap(one, each))).length
    }
    console.log(
      `${detector.padEnd(14)} recall ${found} of ${known}, precision ${right} of ${said} (${labelled.length} texts)`,
    )
  }
  console.log(
    'Names, addresses and places have no detector that comes along, nor have injections: a policy may declare its own.',
  )
}

function overlap(a: { start: number; end: number }, b: { start: number; end: number }): boolean {
  return a.start < b.end && b.start < a.end
}
