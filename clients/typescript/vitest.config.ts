import { defineConfig } from 'vitest/config';

const junit = process.env.JUNIT_OUT;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 90_000,
    hookTimeout: 60_000,
    reporters:
      junit === undefined || junit === ''
        ? ['default']
        : ['default', ['junit', { outputFile: junit, suiteName: 'clients/typescript' }]],
  },
});
