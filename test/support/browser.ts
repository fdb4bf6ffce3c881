import { type Browser, chromium } from 'playwright-core';

/**
 * Starts the browser that `npm test` found or unpacked (scripts/lib/browser.mjs).
 * @throws Error when it was not prepared
 */
export async function openBrowser(): Promise<Browser> {
  const { TEST_BROWSER, TEST_BROWSER_LIBRARIES, TEST_BROWSER_FONTS } = process.env;
  if (TEST_BROWSER === undefined) {
    throw new Error('No browser is prepared: run "npm test -- test/e2e", or set TEST_BROWSER to a Chromium.');
  }
  return chromium.launch({
    executablePath: TEST_BROWSER,
    args: ['--disable-gpu'],
    env: {
      ...(process.env as Record<string, string>),
      ...(TEST_BROWSER_LIBRARIES === undefined ? {} : { LD_LIBRARY_PATH: TEST_BROWSER_LIBRARIES }),
      ...(TEST_BROWSER_FONTS === undefined ? {} : { FONTCONFIG_PATH: TEST_BROWSER_FONTS }),
    },
  });
}
