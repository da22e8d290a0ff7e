/**
 * Layout → text: groups that fit on the rest of the line stay on it, the others are broken, outermost first (Wadler,
 * "A prettier printer", with fills as in Prettier). Whatever follows a comment starts a line, in any mode, so that a
 * comment may stand between any two tokens and never swallows one.
 */
import { type Doc, type FillItem, isList } from './doc.ts'
import { fits, type Task } from './fits.ts'

/** Columns of a line, where the text can be wrapped. */
export const WIDTH_MAX = 110

/** Ends with a line break unless there is nothing. */
export function linesOf(doc: Doc): string {
  const printer = new Printer()
  printer.print(doc)
  return printer.text()
}

class Printer {
  private readonly lines: string[] = []
  /** Where the comment at the end of a line starts, by line. */
  private readonly comments = new Map<number, number>()
  private line = ''
  /** Spaces that stand there only if something follows on the line. */
  private space = ''
  private afterComment = false

  print(doc: Doc): void {
    const tasks: Task[] = [{ indent: 0, flat: false, from: 0, linesThen: 0, doc }]
    for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) this.step(task, tasks)
  }

  text(): string {
    this.newline(0, false)
    while (this.lines.at(-1) === '') this.lines.pop()
    return this.lines.length === 0 ? '' : `${aligned(this.lines, this.comments).join('\n')}\n`
  }

  private step(task: Task, tasks: Task[]): void {
    const { indent, flat, doc } = task
    if (typeof doc === 'string') this.write(doc, indent)
    else if (isList(doc)) {
      for (let i = doc.length - 1; i >= 0; i--) tasks.push({ ...task, doc: doc[i]! })
    } else if (doc.kind === 'line') this.break(doc.flat, flat, doc.blank, indent)
    else if (doc.kind === 'indent') tasks.push({ ...task, indent: indent + doc.by, doc: doc.of })
    else if (doc.kind === 'either') tasks.push({ ...task, doc: flat ? doc.flat : doc.broken })
    else if (doc.kind === 'group') {
      const inside: Task = { ...task, flat: true, doc: doc.of }
      const stays = flat || (!doc.broken && fits(inside, tasks, this.room(indent)))
      tasks.push(stays ? inside : { ...inside, flat: false })
    } else if (doc.kind === 'fill') this.fill(doc.items, task, tasks)
    else this.comment(doc.text, doc.own, doc.blank, indent)
  }

  /** After an item of several lines the next one starts a line. */
  private fill(items: readonly FillItem[], task: Task, tasks: Task[]): void {
    const next = items[task.from]
    if (next === undefined) return
    const item: Task = { ...task, from: 0, doc: { kind: 'group', of: next.doc, broken: false } }
    const others: Task = { ...task, from: task.from + 1 }
    const areOthers = others.from < items.length
    if (task.from > 0) {
      const isWhole = task.linesThen === this.lines.length
      const room = this.room(task.indent) - next.gap.length
      const onLine = isWhole && fits({ ...item, flat: true }, areOthers ? [others] : tasks, room)
      this.break(next.gap, task.flat || onLine, false, task.indent)
    }
    if (areOthers) tasks.push({ ...others, linesThen: this.lines.length })
    tasks.push(item)
  }

  private room(indent: number): number {
    const fresh = this.afterComment || this.line === ''
    return WIDTH_MAX - (fresh ? Math.max(indent, this.space.length) : this.line.length + this.space.length)
  }

  private write(text: string, indent: number): void {
    if (text === '') return
    const isSpace = text.trim() === ''
    if (isSpace && this.afterComment) return
    if (this.afterComment) this.newline(indent, false)
    if (isSpace) this.space += text
    else {
      this.line += this.space + text
      this.space = ''
    }
  }

  private break(flat: string, stays: boolean, blank: boolean, indent: number): void {
    if (stays && !this.afterComment) this.write(flat, indent)
    else this.newline(indent, blank && !stays)
  }

  private comment(text: string, own: boolean, blank: boolean, indent: number): void {
    if (own && this.line !== '') this.newline(indent, blank)
    if (own) this.line = `${this.space}${text}`
    else {
      this.comments.set(this.lines.length, this.line.length)
      this.line += `  ${text}`
    }
    this.space = ''
    this.afterComment = true
  }

  private newline(indent: number, blank: boolean): void {
    if (this.line !== '' || this.lines.length > 0) this.lines.push(this.line)
    if (blank && this.lines.at(-1) !== '') this.lines.push('')
    this.line = ''
    this.space = ' '.repeat(indent)
    this.afterComment = false
  }
}

/** Comments at the ends of lines that follow each other start in one column. */
function aligned(lines: readonly string[], comments: ReadonlyMap<number, number>): string[] {
  const made = [...lines]
  for (let from = 0; from < lines.length; from++) {
    let to = from
    while (comments.has(to)) to++
    const column = Math.max(0, ...lines.slice(from, to).map((_, i) => comments.get(from + i)!))
    for (let at = from; at < to; at++) {
      const end = comments.get(at)!
      made[at] = `${lines[at]!.slice(0, end).padEnd(column)}${lines[at]!.slice(end)}`
    }
    from = to
  }
  return made
}
