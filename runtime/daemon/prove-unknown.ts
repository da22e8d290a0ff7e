/** Why something is unknown, in few lines, each with what may be done about it. */

const ANY = /^(`[^`]+`) of (.+) may be any$/
/** Fields named in one line. */
const NAMED_MAX = 4

export function unknownLines(gaps: Iterable<string>): string[] {
  const fields = new Map<string, string[]>()
  const others: string[] = []
  for (const gap of gaps) {
    const [, field, of] = ANY.exec(gap) ?? []
    if (field === undefined || of === undefined) others.push(gap)
    else fields.set(of, [...(fields.get(of) ?? []), field])
  }
  const open = [...fields].map(([of, names]) => {
    const more = names.length - NAMED_MAX
    const named = more > 0 ? `${names.slice(0, NAMED_MAX).join(', ')} and ${more} more` : names.join(', ')
    return `${named} of ${of} may be any`
  })
  return [...open, ...others].map((why) => {
    const [, advice] = ADVICE.find(([of]) => of.test(why)) ?? []
    return advice === undefined ? why : `${why} – ${advice}`
  })
}

const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/^what `.*` gives may be any$/, 'what a model says has no end; test it with scenarios'],
  [/^what is recalled/, 'what memory holds is not followed; test it with scenarios'],
  [/^what calls cost/, 'try budgets with parapet simulate'],
  [/^(of )?(what )?other agents/, 'try the whole fleet: parapet simulate'],
  [/may be any$/, 'list its values (`one of`), where there are few'],
  [/^over \d+ situations$/, 'look further with --states'],
  [/^steps of other agents count/, 'try the whole fleet: parapet simulate'],
  [/^the time since a step/, 'compare it with a duration that is written out, such as `5 minutes`'],
  [/^the time is reckoned with/, 'compare it with one time and durations that are written out'],
  [/^it may be broken by a deadline/, 'try it with parapet simulate'],
  [/^the machine cannot be read/, 'write the tool where the action stands'],
  [/^a turn fails/, 'have the machine stand what may arrive'],
]
