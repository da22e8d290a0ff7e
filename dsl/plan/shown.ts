/** A pattern as it was written, in one line, for messages. */
import type { Pattern, StepNode } from '../syntax/ast.ts'

export function shownPattern(pattern: Pattern): string {
  return pattern.steps.map(shownStep).join(' or ')
}

function shownStep(step: StepNode): string {
  const subject = step.hasSubject
    ? `${step.subjects.length === 0 ? 'anyone' : step.subjects.map((one) => one.name).join(', ')} `
    : ''
  const names = step.objects.map((object) => object.name).join(', ')
  const peers = step.peers.map((peer) => peer.name).join(', ')
  if (step.verb === undefined) return `${subject}${names}`
  const tool = step.anything ? 'any tool' : names
  if (step.verb === 'result') return `result of ${tool}`
  if (step.verb === 'fails' && !step.hasSubject && tool !== '') return `failure of ${tool}`
  const object = step.anything ? ' anything' : names === '' ? '' : ` ${names}`
  const joined =
    peers === ''
      ? ''
      : step.verb === 'answers'
        ? ` ${peers}`
        : step.verb === 'receives'
          ? ` from ${peers}`
          : ` to ${peers}`
  return `${subject}${step.verb}${object}${joined}`
}
