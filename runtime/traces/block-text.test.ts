import { describe, expect, test } from 'vitest'
import { recordedValue } from './recorded-value.ts'

describe('a tool’s text', () => {
  test('is read as the records it shows', () => {
    expect(
      recordedValue(
        "- id: 6\n  shared_with:\n    a@example.com: r\n  to:\n  - b\n  note: 'it''s\n\n    two'",
      ),
    ).toEqual([{ id: '6', shared_with: { 'a@example.com': 'r' }, to: ['b'], note: "it's\n\ntwo" }])
  })

  test('keeps lines inside a quoted text apart from fields', () => {
    expect(recordedValue("- subject: 'a\n  recipient: x'\n  recipient: y")).toEqual([
      { subject: 'a\nrecipient: x', recipient: 'y' },
    ])
  })

  test('stays text when it is something else', () => {
    expect(recordedValue('Dear tenant,\nplease note: the rent')).toBe('Dear tenant,\nplease note: the rent')
  })

  test('of one line, or prose with colons, stays text', () => {
    for (const text of ['Note: closed on Sundays', 'total: 3', 'Hello:\nall is well', '- '])
      expect(recordedValue(text)).toBe(text)
  })
})
