/** Does a layout fit on the rest of a line? */
import { type Doc, isList } from './doc.ts'

export interface Task {
  readonly indent: number
  /** Lines stay on one line. */
  readonly flat: boolean
  /** Of a fill: the item that comes next. */
  readonly from: number
  /** Of a fill: lines that had ended when the item before was begun. */
  readonly linesThen: number
  readonly doc: Doc
}

/** `first` with all that follows it up to where a line ends anyway. `room` in characters. */
export function fits(first: Task, after: readonly Task[], room: number): boolean {
  const tasks: Task[] = [first]
  let left = room
  let next = after.length
  let inside = true
  let commented = false
  while (left >= 0) {
    if (tasks.length === 0) {
      inside = false
      next--
      if (next < 0) return true
      tasks.push(after[next]!)
    }
    const task = tasks.pop()!
    const { flat, doc } = task
    if (typeof doc === 'string') {
      if (doc === '') continue
      if (commented) return !inside
      left -= doc.length
    } else if (isList(doc)) {
      for (let i = doc.length - 1; i >= 0; i--) tasks.push({ ...task, doc: doc[i]! })
    } else if (doc.kind === 'line') {
      if (!flat) return true
      left -= doc.flat.length
    } else if (doc.kind === 'indent') tasks.push({ ...task, doc: doc.of })
    else if (doc.kind === 'either') tasks.push({ ...task, doc: flat ? doc.flat : doc.broken })
    else if (doc.kind === 'group') {
      if (doc.broken && flat) return false
      tasks.push({ ...task, flat: inside || flat, doc: doc.of })
    } else if (doc.kind === 'fill') {
      if (!flat && task.from > 0) return true
      for (let i = doc.items.length - 1; i >= task.from; i--) {
        const { doc: item, gap } = doc.items[i]!
        tasks.push({ ...task, from: 0, doc: item })
        if (i > 0) tasks.push({ ...task, from: 0, doc: { kind: 'line', flat: gap, blank: false } })
      }
    } else if (doc.own) return !inside
    else commented = true
  }
  return false
}
