import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/**
 * The page, built into web/dist. Everything it needs is a file beside it: a policy that allows nothing inline and
 * nothing from elsewhere must have nothing to forbid.
 */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // A data: address is something inline too.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { '/api': { target: 'http://127.0.0.1:4224', changeOrigin: true } } },
});
