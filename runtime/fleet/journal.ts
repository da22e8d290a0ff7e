/** Changes to maps, objects, lists and sets that can be taken back until they are settled. */
export class Journal {
  /** How to take back what was done, newest last. */
  readonly #undo: (() => void)[] = []
  #kept = true

  get length(): number {
    return this.#undo.length
  }

  /** Takes back all but the first `length`. */
  rollback(length: number): void {
    while (this.#undo.length > length) this.#undo.pop()!()
  }

  /** What was done stays. */
  settle(): void {
    this.#undo.length = 0
    this.#kept = true
  }

  /** Nothing done until `settle` will have to be taken back: how is not written down. */
  forgo(): void {
    this.#kept = false
  }

  /** `undefined` takes the entry out. */
  put<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
    const before = map.get(key)
    if (this.#kept) this.#undo.push(() => place(map, key, before))
    place(map, key, value)
  }

  set<T extends object, K extends keyof T>(target: T, key: K, value: T[K]): void {
    const before = target[key]
    if (this.#kept)
      this.#undo.push(() => {
        target[key] = before
      })
    target[key] = value
  }

  push<T>(list: T[], item: T): void {
    list.push(item)
    if (this.#kept) this.#undo.push(() => list.pop())
  }

  shift<T>(list: T[]): void {
    const [first] = list.splice(0, 1)
    if (this.#kept && first !== undefined) this.#undo.push(() => list.unshift(first))
  }

  /** A member of a set that is made when something is first in it: most never are. */
  part<K extends string>(
    whole: { [key in K]?: Set<string> | undefined } | undefined,
    key: K,
    value: string,
    member: boolean,
  ): void {
    if (whole && member) whole[key] ??= new Set()
    this.member(whole?.[key], value, member)
  }

  member<T>(set: Set<T> | undefined, value: T, member: boolean): void {
    if (!set || set.has(value) === member) return
    if (member) set.add(value)
    else set.delete(value)
    if (this.#kept) this.#undo.push(() => (member ? set.delete(value) : set.add(value)))
  }
}

function place<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
  if (value === undefined) map.delete(key)
  else map.set(key, value)
}
