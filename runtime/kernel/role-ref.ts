/** The target of a `sendTo` by name: a role of the conversation, where XState would look for a child. */
export class RoleRef {
  readonly role: string

  constructor(role: string) {
    this.role = role
  }
}
