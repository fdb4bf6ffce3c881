/** Lines on standard output are gathered, and none is lost when the process ends by itself. */
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from '@jest/globals';

import { until } from '../support/until.ts';

const LOG = fileURLToPath(new URL('../../src/ops/log.ts', import.meta.url));
const CRASH = fileURLToPath(new URL('../../src/ops/crash.ts', import.meta.url));

/** A program that logs three times and then ends so. */
function program(end: string): string[] {
  const text = `
    const { createLogger } = await import(${JSON.stringify(LOG)});
    const { tellCrashes } = await import(${JSON.stringify(CRASH)});
    const log = createLogger('info');
    tellCrashes(log);
    for (const event of ['one', 'two', 'three']) log.info({}, event);
    ${end}`;
  return ['--import', 'tsx', '--input-type=module', '-e', text];
}

function eventsIn(output: string): unknown[] {
  const lines = output.split('\n').filter((line) => line !== '');
  return lines.map((line) => (JSON.parse(line) as { msg: unknown }).msg);
}

describe('lines on standard output', () => {
  it.each([
    ['when nothing is left to do', '', []],
    ['by process.exit', 'process.exit(0);', []],
    ['by an error that nobody caught', "throw new Error('x');", ['process.crashed']],
    ['by a rejection that nobody handled', "void Promise.reject(new Error('x'));", ['process.crashed']],
  ])('are all there when the process ends %s', (_name, end, more) => {
    const { stdout } = spawnSync(process.execPath, program(end), { encoding: 'utf8' });
    expect(eventsIn(stdout)).toEqual(['one', 'two', 'three', ...more]);
  });

  it('come while the process goes on', async () => {
    const child = spawn(process.execPath, program('setInterval(() => undefined, 60_000);'));
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    await until('the third line is there', () => output.includes('three'));
    expect(child.exitCode).toBeNull();
    child.kill('SIGKILL');
    expect(eventsIn(output)).toEqual(['one', 'two', 'three']);
  });
});
