import { expect, test } from 'vitest'
import { source } from '../source.ts'
import { lint } from './lint.ts'

const START = `policy "P" version 1
tool pay(amount: money in USD) { external }
agent clerk { may call pay }
`
const RULE = `rule "R" { when clerk calls pay and amount > 5 USD then deny }`

function codes(text: string): string[] {
  const { errors, findings } = lint(source(START + text))
  return [...errors, ...findings].map((one) => one.code)
}

test('a finding has its code, its severity and its place', () => {
  const { findings } = lint(source(START + RULE))
  expect(findings).toMatchObject([{ code: 'L0008', severity: 'warning' }])
  const [[start, end]] = findings.map((finding) => finding.span) as [[number, number]]
  expect((START + RULE).slice(start, end)).toBe('"R"')
})

test('a policy that does not compile is not looked into', () => {
  expect(codes('rule "R" { when clerk calls pya then deny }')).toEqual(['P0103'])
})

test('a comment with a reason allows a finding in the declaration below it', () => {
  expect(codes(`# lint: allow L0008 because the name says it all\n${RULE}`)).toEqual([])
})

test('other comments may stand between', () => {
  expect(codes(`# lint: allow L0008 because it is plain\n# Large sums.\n${RULE}`)).toEqual([])
})

test('it allows that finding and no other', () => {
  expect(codes(`# lint: allow L0001 because why not\n${RULE}`)).toEqual(['L0019', 'L0008'])
})

test('several findings are allowed at once', () => {
  const rule = `rule "R" { when clerk calls pay and amount > 5 USD then deny mode shadow }`
  expect(
    codes(
      `# lint: allow L0008, L0011 because it is on trial\n${rule}\nconsistency "C" { pay at most once because "x" }`,
    ),
  ).toEqual([])
})

test.each([
  ['no reason', '# lint: allow L0008'],
  ['an empty reason', '# lint: allow L0008 because '],
  ['no code', '# lint: allow because'],
  ['a code that there is not', '# lint: allow L9999 because …'],
  ['another word', '# lint: ignore'],
])('a comment with %s allows nothing', (_, comment) => {
  expect(codes(`${comment}\n${RULE}`)).toEqual(['L0018', 'L0008'])
})

test('a comment above no declaration allows nothing', () => {
  expect(codes(`# lint: allow L0008 because far away\n\n${RULE}`)).toEqual(['L0018', 'L0008'])
})

test('a rule over remembered steps is compared with another over the same ones', () => {
  const rule = (name: string, over: number): string => `rule "${name}" {
    when clerk calls pay and amount > ${over} USD and said.amount > 1 USD
    where said is the latest result of look
    then deny
    because "x"
  }`
  const text = `tool look() returns { amount: money in USD } { reads only }
    agent looker { may call look }
    ${rule('A', 5)} ${rule('B', 7)}`
  expect(codes(text)).toEqual(['L0004'])
  expect(codes(text.replace('said.amount > 1 USD', 'said.amount > 2 USD'))).toEqual([])
})

test('how many earlier steps there are is a whole number from nought', () => {
  const counting = (condition: string, named: string): string => `rule "R" {
    when clerk calls pay and t ${condition}
    where t is ${named}
    then deny
    because "x"
  }`
  const failures = 'the number of failure of pay in the last 2 minutes'
  expect(codes(counting('< 0', failures))).toEqual(['L0016'])
  expect(codes(counting('= 1.5', failures))).toEqual(['L0016'])
  expect(codes(counting('< 1', failures))).toEqual([])
  expect(codes(counting('< 0 USD', 'the total amount of pay'))).toEqual(['L0016'])
  expect(codes(counting('< 0 USD', 'the lowest amount of pay'))).toEqual([])
})

test('conditions with more alternatives than are looked at are taken to be possible', () => {
  const wide = Array.from({ length: 9 }, (_, i) => `(amount = ${i} USD or amount = ${i + 20} USD)`).join(
    ' and ',
  )
  expect(codes(`rule "R" { when clerk calls pay and ${wide} then deny because "x" }`)).toEqual([])
})

test('a consistency about steps that nobody may take is told of', () => {
  const idle = 'tool close(order: text) { external }'
  expect(codes(`${idle} consistency "C" { close never after pay because "x" }`)).toEqual(['L0003'])
})

test('a list of words that a policy with a library uses is used, and one that it does not is not', () => {
  const library = 'policy "house" version 1\nwords rude are "damn"'
  const files = { read: (path: string) => (path === 'house.parapet' ? library : undefined) }
  const unused = (text: string) =>
    lint(source(`policy "P" version 1\nuse "house"\n${text}`, 'p.parapet'), files)
      .findings.filter(({ code }) => code === 'L0007')
      .map(({ message }) => message)
  const words = 'words promises are "always"\nagent clerk { may answer customer }'
  const rule = 'rule "R" { when clerk answers, and text contains any of promises  then deny  because "x" }'
  expect(unused(`${words}\n${rule}`)).toEqual([])
  expect(unused(words)).toEqual(['the list of words `promises` is never used'])
})
