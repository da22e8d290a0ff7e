/** Colours, or none where the output is no terminal or NO_COLOR is set: the one owner of picocolors. */
import { relative, resolve } from 'node:path'
import pc from 'picocolors'

export type Paint = ReturnType<typeof pc.createColors>

export function paintFor(stream: { readonly isTTY?: boolean }): Paint {
  const wanted =
    process.env['FORCE_COLOR'] !== undefined ||
    (stream.isTTY === true && process.env['NO_COLOR'] === undefined)
  return pc.createColors(wanted)
}

/** Cuts to `width` columns with an ellipsis; line breaks become spaces. */
export function clip(text: string, width: number): string {
  const line = text.replaceAll(/[\r\n\t]+/g, ' ')
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`
}

export function duration(ns: number): string {
  if (ns < 1e3) return `${Math.round(ns)} ns`
  if (ns < 1e6) return `${(ns / 1e3).toFixed(1)} µs`
  if (ns < 1e9) return `${(ns / 1e6).toFixed(1)} ms`
  return `${(ns / 1e9).toFixed(2)} s`
}

/** The path as seen from here, when it lies below. */
export function shownPath(path: string): string {
  const local = relative(process.cwd(), resolve(path))
  return local === '' || local.startsWith('..') ? path : local
}
