import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { setNonce } from 'get-nonce';
import { BrowserRouter } from 'react-router';
import { createQueryClient } from './api/queries.js';
import { PageBoundary } from './layout/page-boundary.js';
import { Shell } from './layout/shell.js';
import { readableColours, theme } from './layout/theme.js';
import { sessionKey } from './session/session.js';
import { SignedIn } from './session/signed-in.js';
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';

/** Style elements that are made here need it: the page's policy takes no others. */
const nonce = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? '';
setNonce(nonce);

const queryClient = createQueryClient(() => queryClient.setQueryData(sessionKey, null));

const root = document.getElementById('root');
if (root === null) throw new TypeError('the page has no #root');
createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={readableColours}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
    >
      <QueryClientProvider client={queryClient}>
        <Notifications position="top-right" autoClose={4_000} />
        <BrowserRouter basename="/console">
          <PageBoundary>
            <SignedIn>
              <Shell />
            </SignedIn>
          </PageBoundary>
        </BrowserRouter>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
