/*
 * Where the page begins: theme, texts, then the app. It must never wait for more than the texts. A stranger would get wrong that English
 * texts are part of this file's bundle; other languages come in a file of their own first, so that nothing flickers.
 */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ApiProblem } from './api.ts';
import { App } from './app.tsx';
import { followTheme } from './prefs.ts';
import { startWords } from './words/index.ts';
import './style.css';

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2000,
      // What the server refuses it refuses again; what did not reach it may the next time.
      retry: (failures, problem) =>
        failures < 2 && (!(problem instanceof ApiProblem) || problem.status === 0 || problem.status >= 502),
    },
  },
});

followTheme();
await startWords();
const place = document.getElementById('page');
if (place)
  createRoot(place).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <App />
      </QueryClientProvider>
    </StrictMode>,
  );
