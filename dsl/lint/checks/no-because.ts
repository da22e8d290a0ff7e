/** Rules, consistencies and flows that give no reason. */
import type { Check, Finding } from '../subject.ts'

export const noBecause: Check = {
  code: 'L0008',
  find({ rules, consistencies, ast }) {
    const flows = ast.declarations.flatMap((decl) => {
      // One that only puts labels on things decides nothing.
      if (decl.kind !== 'flow' || decl.name === undefined || decl.form === undefined) return []
      return [{ name: decl.name.value, nameSpan: decl.name.span, notes: decl.notes }]
    })
    return [...rules, ...consistencies, ...flows].flatMap(({ name, nameSpan, notes }): Finding[] => {
      if (notes.because !== undefined) return []
      return [
        {
          span: nameSpan,
          message: `"${name}" does not say why`,
          help: 'Name where it comes from: `because "Refund manual 3.2"`.',
        },
      ]
    })
  },
}
