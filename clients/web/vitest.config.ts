import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: { alias: { '@aiim/client': here('../typescript/src/index.ts'), '@': here('./src') } },
  test: { include: ['src/**/*.test.ts', 'src/**/*.test.tsx'] },
});
