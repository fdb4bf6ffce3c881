import './styles.css';

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { App } from './app.tsx';

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no element "root".');

const queries = new QueryClient({ defaultOptions: { queries: { retry: true, retryDelay: 1_000 } } });

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
