/** Formats of JSON Schema's format vocabulary. Each test is linear and pure; what is no text is not asked. */
import { isEmail, isHostname, isInternationalHostname, isIpv4, isIpv6 } from '../networks.ts'
import { isExpression } from './expressions.ts'

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** RFC 3339, full-date. */
function isDate(text: string): boolean {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text)
  if (parts === null) return false
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])]
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return day >= 1 && day <= (DAYS[month - 1] ?? 0) + (leap ? 1 : 0)
}

/** RFC 3339, full-time; a leap second only at the end of a day in UTC. */
function isTime(text: string): boolean {
  const parts = /^(\d\d):(\d\d):(\d\d)(?:\.\d{1,100})?(?:[zZ]|([+-])(\d\d):(\d\d))$/.exec(text)
  if (parts === null) return false
  const [hour, minute, second] = [Number(parts[1]), Number(parts[2]), Number(parts[3])]
  const [hours, minutes] = [Number(parts[5] ?? 0), Number(parts[6] ?? 0)]
  if (hour > 23 || minute > 59 || second > 60 || hours > 23 || minutes > 59) return false
  if (second < 60) return true
  const utc = hour * 60 + minute - (parts[4] === '-' ? -1 : 1) * (hours * 60 + minutes)
  return (utc + 2_880) % 1_440 === 1_439
}

function isDateTime(text: string): boolean {
  return /^.{10}[tT]/.test(text) && isDate(text.slice(0, 10)) && isTime(text.slice(11))
}

const DURATION =
  /^P(?=\d|T\d)(?:\d{1,9}W|(?:\d{1,9}Y(?:\d{1,9}M(?:\d{1,9}D)?)?|\d{1,9}M(?:\d{1,9}D)?|\d{1,9}D)?(?:T(?:\d{1,9}H(?:\d{1,9}M(?:\d{1,9}S)?)?|\d{1,9}M(?:\d{1,9}S)?|\d{1,9}S))?)$/

/** Signs a URI may have; an IRI has those of RFC 3987 besides. */
const signs = (more: string) =>
  new RegExp(`^(?:[A-Za-z0-9\\-._~:/?#\\[\\]@!$&'()*+,;=${more}]|%[0-9A-Fa-f]{2})*$`, 'u')
const SIGNS = signs('')
const WIDE_SIGNS = signs('\\u{a0}-\\u{d7ff}\\u{f900}-\\u{fdcf}\\u{fdf0}-\\u{ffef}\\u{10000}-\\u{efffd}')

/** RFC 3986 by its parts; `international` lets in what RFC 3987 adds. */
function isReference(text: string, absolute: boolean, international: boolean): boolean {
  if (!(international ? WIDE_SIGNS : SIGNS).test(text)) return false
  const parts = /^(?:([^:/?#]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/su.exec(text)
  if (parts === null) return false
  const [, scheme, authority, path = '', query = '', fragment = ''] = parts
  if (scheme === undefined ? absolute : !/^[A-Za-z][A-Za-z0-9+.-]*$/.test(scheme)) return false
  if (/[[\]]/.test(path + query) || /[[\]#]/.test(fragment)) return false
  return authority === undefined || isAuthority(authority)
}

function isAuthority(authority: string): boolean {
  const at = authority.lastIndexOf('@')
  if (/[[\]@]/.test(authority.slice(0, Math.max(at, 0)))) return false
  const parts = /^(?:\[([^\]]*)\]|([^[\]:]*))(?::\d*)?$/u.exec(authority.slice(at + 1))
  if (parts === null) return false
  return (
    parts[1] === undefined ||
    isIpv6(parts[1]) ||
    /^v[0-9A-Fa-f]+\.[A-Za-z0-9\-._~!$&'()*+,;=:]+$/.test(parts[1])
  )
}

const VARIABLE =
  '(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})+(?:\\.(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})+)*(?::[1-9][0-9]{0,3}|\\*)?'
/** RFC 6570. */
const TEMPLATE = new RegExp(
  `^(?:[^\\p{Cc} "<>%\\\\^\`{|}]|%[0-9A-Fa-f]{2}|\\{[+#./;?&=,!@|]?${VARIABLE}(?:,${VARIABLE})*\\})*$`,
  'u',
)
const POINTER = /^(?:\/(?:[^~/]|~[01])*)*$/su
const RELATIVE_POINTER = /^(?:0|[1-9]\d*)(?:#|(?:\/(?:[^~/]|~[01])*)*)$/su

export const JSON_FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  'date-time': isDateTime,
  date: isDate,
  time: isTime,
  duration: (text) => DURATION.test(text),
  email: (text) => isEmail(text, false),
  'idn-email': (text) => isEmail(text, true),
  hostname: isHostname,
  'idn-hostname': isInternationalHostname,
  ipv4: isIpv4,
  ipv6: isIpv6,
  uri: (text) => isReference(text, true, false),
  'uri-reference': (text) => isReference(text, false, false),
  iri: (text) => isReference(text, true, true),
  'iri-reference': (text) => isReference(text, false, true),
  uuid: (text) => /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text),
  'uri-template': (text) => TEMPLATE.test(text),
  'json-pointer': (text) => POINTER.test(text),
  'relative-json-pointer': (text) => RELATIVE_POINTER.test(text),
  regex: isExpression,
}
