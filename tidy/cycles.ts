/** Import cycles, of types too: whoever reads one of two files that need each other has to read both. */
import type { Finding } from './finding.ts'
import type { SourceFile } from './source-files.ts'

/** Tarjan's strongly connected components: each component of more than one file is one finding. */
export function noCycles(files: readonly SourceFile[]): readonly Finding[] {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const order = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const findings: Finding[] = []

  const visit = (file: SourceFile): number => {
    const number = order.size
    order.set(file.path, number)
    low.set(file.path, number)
    stack.push(file.path)
    for (const path of importsOf(file)) {
      const next = byPath.get(path)
      if (!next) continue
      if (!order.has(path)) lower(file.path, visit(next))
      else if (stack.includes(path)) lower(file.path, order.get(path)!)
    }
    if (low.get(file.path) === number) report(stack.splice(stack.indexOf(file.path)))
    return low.get(file.path)!
  }
  const lower = (path: string, to: number) => low.set(path, Math.min(low.get(path)!, to))
  const report = (component: readonly string[]) => {
    const alone = component.length === 1 && !importsOf(byPath.get(component[0]!)!).includes(component[0]!)
    if (alone) return
    const [file, ...others] = component.toSorted()
    findings.push({
      file: file!,
      rule: `is in a cycle${others.length > 0 ? ` with ${others.join(', ')}` : ' with itself'}`,
      instead: 'Move what they share into a file both import, or pass it in.',
    })
  }

  for (const file of files) if (!order.has(file.path)) visit(file)
  return findings
}

function importsOf(file: SourceFile): readonly string[] {
  return file.imports.flatMap((each) => (each.kind === 'file' ? each.path : []))
}
