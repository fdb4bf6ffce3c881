import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** `vite build --config simulator/phone/vite.config.ts`; in development the API is a simulator on its usual port. */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [react(), tailwindcss()],
  build: { outDir: '../../dist/simulator/phone', emptyOutDir: true },
  server: { proxy: { '/control': 'http://127.0.0.1:3001' } },
});
