/** Numbers as they are given on the command line. */
import { InvalidArgumentError } from 'commander'

export function wholeOf(text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 1)
    throw new InvalidArgumentError('It is a whole number from 1.')
  return number
}

export function above0(text: string): number {
  const number = Number(text)
  if (!(number > 0 && number < Number.POSITIVE_INFINITY))
    throw new InvalidArgumentError('It is a number above 0.')
  return number
}
