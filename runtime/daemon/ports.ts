/** Ports and addresses as they are given on the command line. */
import { InvalidArgumentError } from 'commander'

export function portOf(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new InvalidArgumentError('a port is a whole number from 1 to 65535')
  return port
}

export function httpPlaceOf(text: string): { host: string; port: number } {
  const cut = text.lastIndexOf(':')
  const port = text.slice(cut + 1)
  // 0 takes a free one.
  return { host: cut === -1 ? '127.0.0.1' : text.slice(0, cut), port: port === '0' ? 0 : portOf(port) }
}
