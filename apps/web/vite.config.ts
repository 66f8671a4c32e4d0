/**
 * Builds the page as one folder of files. All addresses in them are relative, so the page works
 * below any path.
 *
 * Note: scripts and styles must not be inlined, because the server’s Content-Security-Policy
 * blocks them. The targets are browsers with light-dark(), which the themes use.
 */
import tailwind from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';

export default defineConfig({
  base: './',
  // Packages build in parallel, so the page imports the protocol from source, not from its dist.
  resolve: { conditions: ['@faktory-ts/source', ...defaultClientConditions] },
  plugins: [react({ jsxImportSource: '#marked' }), tailwind()],
  build: {
    target: ['chrome125', 'firefox126', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: 'manifest.json',
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            {
              name: 'core',
              test: /src\/(main|app)\.tsx$/,
              includeDependenciesRecursively: true,
              priority: 2,
            },
            { name: 'parts', minShareCount: 2, priority: 1 },
          ],
        },
      },
    },
  },
  server: { proxy: { '/api': { target: 'http://localhost:7420', ws: true } } },
});
