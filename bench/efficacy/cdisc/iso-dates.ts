/** ISO 8601 as the tabulation model has it: precise to any part, a missing part as a hyphen. */
const CLOCK =
  'T(?:[01][0-9]|2[0-4]|-)(?::(?:[0-5][0-9]|-)(?::(?:[0-5][0-9](?:\\.[0-9]+)?))?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?'
const DAY =
  '(?:[0-9]{4}|-)(?:-(?:(?:0[1-9]|1[0-2]|-)(?:-(?:0[1-9]|1[0-9]|2[0-9]|-))?|(?:0[13-9]|1[0-2]|-)-30|(?:0[13578]|1[02]|-)-31))?'
export const PARTIAL_DATE = `${DAY}(?:${CLOCK})?(?:/${DAY}(?:${CLOCK})?)?`
export const COMPLETE_DATE = '[0-9]{4}-[0-9]{2}-[0-9]{2}'
export const DURATION = 'P(?:N+W|(?:N+Y)?(?:N+M)?(?:N+D)?(?:T(?:N+H)?(?:N+M)?(?:N+S)?)?)'.replaceAll(
  'N+',
  '[0-9]+(?:[.,][0-9]+)?',
)
