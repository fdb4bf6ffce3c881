import './ui/styles.css';

import { notifyManager } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { App } from './app/app.tsx';
import { Crash } from './app/crash.tsx';
import { setUpTheme } from './app/theme.ts';
import { setUpLanguage } from './i18n/setup.ts';
import { Entry } from './sign-up/entry.tsx';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');

// Without a delay, what leaves the outbox and what enters the thread are drawn in the same frame.
notifyManager.setScheduler(queueMicrotask);
setUpTheme();
await setUpLanguage();
createRoot(root).render(
  <StrictMode>
    <Crash>
      <Entry>
        <App />
      </Entry>
    </Crash>
  </StrictMode>,
);
