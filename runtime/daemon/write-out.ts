/** Puts what a command makes into the file it was asked to: whole, or not at all; what is in the way is told. */
import { appendFileSync, renameSync, writeFileSync } from 'node:fs'
import { makeFolder } from './make-folder.ts'
import { ProblemError, problem } from './problem.ts'

/** Whoever reads the file meanwhile reads the former one. Throws ProblemError. */
export function writeOut(file: string, text: string): void {
  told(file, () => {
    writeFileSync(`${file}.partial`, text)
    renameSync(`${file}.partial`, file)
  })
}

/** For its owner's eyes only; a file that is there is left alone. Throws ProblemError. */
export function writeSecret(file: string, text: string): void {
  told(file, () => writeFileSync(file, text, { mode: 0o600, flag: 'wx' }))
}

/** Throws ProblemError. */
export function folderOut(dir: string): void {
  told(dir, () => makeFolder(dir))
}

/** Throws ProblemError. */
export function appendOut(file: string, text: string): void {
  told(file, () => appendFileSync(file, text))
}

function told(file: string, write: () => void): void {
  try {
    write()
  } catch (cause) {
    throw new ProblemError(problem('D0099', `${file}: ${(cause as Error).message}`))
  }
}
