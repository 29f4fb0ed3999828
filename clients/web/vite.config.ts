import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { emojiData } from './build/emoji_data';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const server = process.env.AIIM_URL ?? 'http://127.0.0.1:8083';

export default defineConfig({
  plugins: [react(), tailwindcss(), emojiData()],
  resolve: {
    // The SDK is built from its sources: one compiler, one bundle, no second step.
    alias: { '@aiim/client': here('../typescript/src/index.ts'), '@': here('./src') },
  },
  build: {
    target: 'es2022',
    manifest: true,
    sourcemap: false,
    // Data URLs would need exceptions in the Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      // virtua's comments stand where Rollup cannot use them: nothing to be done about it here.
      onwarn: (warning, report) => warning.code !== 'INVALID_ANNOTATION' && report(warning),
    },
  },
  server: {
    proxy: {
      '/api': { target: server, ws: true },
      '/config.json': server,
    },
  },
});
