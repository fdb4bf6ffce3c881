/**
 * The browser of the browser test: Debian's Chromium or another one that is installed, else the one inside the npm
 * package @sparticuz/chromium, unpacked once into .cache/browser together with the libraries it brings along.
 */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { progress, projectFolder, run } from './run.mjs';

const INSTALLED = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const CACHE = join(projectFolder, '.cache');
const UNPACKED = join(CACHE, 'browser');
const FONTS = join(UNPACKED, 'fonts');

/** The package unpacks into the folder for temporary files, with its libraries only where it takes itself for a Lambda. */
const UNPACK = "import('@sparticuz/chromium').then(({ default: chromium }) => chromium.executablePath())";

/** @returns the environment that tells the test which browser to start, and with which libraries and fonts */
export async function prepareBrowser() {
  const installed = INSTALLED.find((path) => existsSync(path));
  if (installed) return { TEST_BROWSER: installed };
  if (!existsSync(UNPACKED)) await unpack();
  writeFileSync(join(FONTS, 'fonts.conf'), fontSettings());
  return {
    TEST_BROWSER: join(UNPACKED, 'chromium'),
    TEST_BROWSER_LIBRARIES: join(UNPACKED, 'al2023', 'lib'),
    TEST_BROWSER_FONTS: FONTS,
  };
}

async function unpack() {
  const started = Date.now();
  progress('unpacking a browser for the browser test …');
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'browser-'));
  try {
    await run(process.execPath, ['--eval', UNPACK], {
      quiet: true,
      environment: { TMPDIR: folder, AWS_LAMBDA_JS_RUNTIME: 'nodejs20.x' },
    });
    // Whole or not at all: an interrupted unpacking must not look like a browser.
    renameSync(folder, UNPACKED);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  progress('browser unpacked', started);
}

/** Those that come along name folders of a Lambda; without any font a page takes no keyboard input. */
function fontSettings() {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${FONTS}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${join(UNPACKED, 'fonts-cache')}</cachedir>
</fontconfig>
`;
}
