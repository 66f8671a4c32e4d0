/*
 * How the page is built: one folder of files that work below any path, because every address in them is relative. It must never
 * inline a script or a style: the server's Content-Security-Policy lets neither run. A stranger would get wrong that the targets are
 * the browsers that know light-dark(): both themes are written with it.
 */
import tailwind from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';

export default defineConfig({
  base: './',
  // Packages are built side by side: what the page takes of the protocol comes from its source.
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
