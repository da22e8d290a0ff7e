import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/.parapet/**', 'dist/**'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Many tests wait for processes, servers and deadlines: one worker would leave a core idle.
    maxWorkers: 2,
    // Tests compile what they test.
    env: { PARAPET_CACHE: 'off' },
  },
})
