/** What the language knows without being told, as data. */
import type { FieldType, StepKindName } from './model.ts'

export const FORMATS = [
  'email',
  'url',
  'uuid',
  'iban',
  'country',
  'currency',
  'hostname',
  'ip_address',
  'phone',
  'language',
  'time_zone',
  'version',
  'colour',
  'base64',
  'card_number',
  'isin',
] as const
export const DETECTORS = ['card_number', 'email_address', 'iban', 'phone_number', 'ssn', 'secret'] as const
/** What the judge knows of a detector that gives scores; who runs it knows the rest. */
export interface Scorer {
  readonly from: number
  readonly to: number
  readonly withinMs: number
  /** Of one look, in millionths of the currency. */
  readonly cost: number
  readonly currency?: string
  readonly threshold?: number
}
export type Relation = 'resemblance' | 'topic' | 'grounding'

const FREE = { from: 0, to: 1, withinMs: 2_000, cost: 0 } as const
/** Detectors that every fleet has; a policy may declare one of the same name with other promises. */
export const SCORERS: Readonly<Record<string, Scorer>> & Readonly<Record<Relation, Scorer>> = {
  injection: { ...FREE, threshold: 0.5 },
  resemblance: { ...FREE, threshold: 0.6 },
  topic: { ...FREE, threshold: 0.4 },
  grounding: { ...FREE, threshold: 0.5 },
}
const TEXT: FieldType = { type: { kind: 'text' }, optional: false }
const OPTIONAL_TEXT: FieldType = { type: { kind: 'text' }, optional: true }

const TEXTS: FieldType = { type: { kind: 'list', of: { kind: 'text' } }, optional: true }
/** What shared memory keeps of a row beside its words. */
const ABOUT: Readonly<Record<string, FieldType>> = {
  standing: {
    type: { kind: 'choice', options: ['observed', 'derived'] },
    optional: true,
  },
  sources: TEXTS,
  labels: TEXTS,
}

/** Fields of steps that no declaration describes. `spends.amount` takes its currency from the policy's limits. */
export const STEP_FIELDS: Readonly<Partial<Record<StepKindName, Readonly<Record<string, FieldType>>>>> = {
  answers: { text: TEXT },
  remembers: { text: TEXT, kind: OPTIONAL_TEXT, ...ABOUT },
  recalls: { text: TEXT, kind: OPTIONAL_TEXT },
  recalled: { text: TEXT, kind: OPTIONAL_TEXT, id: TEXT, writer: TEXT, conversation: TEXT, ...ABOUT },
  fails: { error: TEXT },
  enters: {},
  leaves: {},
  spawns: {},
  finishes: {},
}

/** ISO 4217, current codes in circulation. */
export const CURRENCIES: ReadonlySet<string> = new Set(
  (
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP ' +
    'CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD ' +
    'JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN ' +
    'NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL ' +
    'THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG'
  ).split(' '),
)

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    // The only way the platform says that it knows no such zone.
    return false
  }
}
