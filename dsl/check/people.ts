/** People of one role that a policy may call for: `by 3 different people`, `ask 2 of supervisor`. */
export const PEOPLE_MAX = 100
