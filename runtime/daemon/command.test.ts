import { expect, test } from 'vitest'
import { dataFlag, launcher, shellWord } from './command.ts'

test('the launcher is shown as it can be run from here', () => {
  expect(launcher('/home/a/fleet/bin/parapet.js', '/home/a/fleet')).toBe('node bin/parapet.js')
  expect(launcher('/home/a/fleet/node_modules/.bin/parapet', '/home/a/fleet')).toBe('npx parapet')
})

test('the data folder is named unless it is the usual one', () => {
  expect(dataFlag('/home/a/.parapet', '/home/a')).toBe('')
  expect(dataFlag('/home/a/my data', '/home/a')).toBe(" --data 'my data'")
  expect(dataFlag('/var/data', '/home/a')).toBe(' --data /var/data')
})

test('a word with anything the shell takes for its own is quoted', () => {
  expect(shellWord('airline-0-0#7')).toBe('airline-0-0#7')
  expect(shellWord('#7')).toBe("'#7'")
  expect(shellWord("it's")).toBe("'it'\\''s'")
})
