/**
 * Starts the page: theme, texts, then the app. It waits only for the texts and the code of the
 * requested page.
 *
 * English texts are in this bundle. Another language loads from its own file first, so the page
 * does not flicker.
 */
import './page-code.ts'; // must be the first import; see page-code.ts

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ApiProblem } from './api.ts';
import { App } from './app.tsx';
import { firstPage, loadOthers } from './page-code.ts';
import { followTabs, followTheme } from './prefs.ts';
import { sessionQuery } from './session.tsx';
import { startWords } from './words/index.ts';
import './style.css';

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2000,
      // No retry of a request that the server rejected: it would reject it again.
      retry: (failures, problem) =>
        failures < 2 && (!(problem instanceof ApiProblem) || problem.status === 0 || problem.status >= 502),
    },
  },
});

followTheme();
followTabs();
void start();

// Not awaited at the top level, because the first page's code waits until this file has run.
async function start(): Promise<void> {
  // The session is fetched while the texts load, so that the first paint shows the page. Not awaited,
  // because the page must also start when the server does not answer.
  void client.prefetchQuery(sessionQuery);
  await Promise.all([startWords(), firstPage]);
  const place = document.getElementById('page');
  if (place)
    createRoot(place).render(
      <StrictMode>
        <QueryClientProvider client={client}>
          <App />
        </QueryClientProvider>
      </StrictMode>,
    );
  setTimeout(loadOthers, 3000); // ms; what this page shows comes first
}
