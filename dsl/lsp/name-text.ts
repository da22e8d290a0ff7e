/** Words that a name shares with the language where a name is optional; there it needs back-ticks. */
const TICKED: ReadonlySet<string> = new Set(
  (
    'or and to from with within where then when otherwise because at in needs is as never by the has for per after before ' +
    'remedy severity mode on expect given across must yes no'
  ).split(' '),
)

/** A name as it is written: in back-ticks where it would not be read as one. */
export function nameText(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !TICKED.has(name) ? name : `\`${name}\``
}
