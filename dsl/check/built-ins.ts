/** Names that stand for a property of the step itself; a declared field of the same name goes first. */
export const BUILT_INS = ['now', 'agent', 'actor', 'peer', 'tenant'] as const
/** `roles` has no name of its own: `actor has role …`. */
export type BuiltIn = (typeof BUILT_INS)[number] | 'roles'
