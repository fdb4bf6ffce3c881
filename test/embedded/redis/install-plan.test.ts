import { execFileSync } from 'node:child_process';

import { describe, expect, it } from '@jest/globals';

import {
  closureStep,
  downloadStep,
  installStep,
  namesToUnpack,
  offersStep,
  ownAptFolders,
  ownAptState,
  readClosure,
  readOffer,
  unpackStep,
  updateStep,
} from '../../../embedded/redis/install-plan.ts';

const line = (step: { command: string; args: string[] }): string => [step.command, ...step.args].join(' ');

describe('the steps', () => {
  it('ask apt for no decisions and in a language that can be read', () => {
    expect(offersStep([]).env).toEqual({ LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' });
  });

  it('install for all users with the rights that there are', () => {
    expect(line(updateStep([], []))).toMatch(/^apt-get .*update$/);
    expect(line(updateStep(['sudo', '-n'], []))).toMatch(/^sudo -n apt-get .*update$/);
    const install = installStep(['sudo', '-n'], 'redis-server');
    expect([install.command, ...install.args.slice(0, 3)]).toEqual(['sudo', '-n', 'sh', '-c']);
    expect(install.args.at(-1)).toMatch(/^apt-get .* install -y --no-install-recommends redis-server$/m);
  });

  it('let the package start no service: not now, and not at the next boot', () => {
    const script = installStep([], 'valkey-server').args.at(-1) ?? '';
    expect(script.indexOf('exit 101')).toBeLessThan(script.indexOf('apt-get'));
    expect(script).toContain('trap clean EXIT');
    expect(script).toMatch(/systemctl disable --now valkey-server\.service/);
  });

  it('are a script that a plain shell understands', () => {
    const script = installStep([], 'redis-server').args.at(-1) ?? '';
    expect(execFileSync('sh', ['-n', '-c', script]).toString()).toBe('');
  });

  it('keep to a folder of ours as an ordinary user', () => {
    const own = ownAptState('/cache/apt');
    for (const step of [
      updateStep([], own),
      offersStep(own),
      closureStep(own, 'redis-server'),
      downloadStep(own, ['redis-server'], '/cache/debs'),
    ]) {
      expect(line(step)).toContain('-o Dir::State=/cache/apt/state');
      expect(line(step)).toContain('-o Dir::Cache=/cache/apt/cache');
      expect(line(step)).toContain('-o Dir::State::status=/var/lib/dpkg/status');
    }
    expect(ownAptFolders('/cache/apt')).toEqual([
      '/cache/apt/state/lists/partial',
      '/cache/apt/cache/archives/partial',
    ]);
    expect(downloadStep(own, ['redis-server'], '/cache/debs').folder).toBe('/cache/debs');
    expect(line(closureStep(own, 'redis-server'))).toContain('--simulate');
  });

  it('unpack without running anything of the package', () => {
    const step = unpackStep('/cache/debs/redis-tools_7.deb', '/cache/tree');
    expect(line(step)).toBe('dpkg-deb --extract /cache/debs/redis-tools_7.deb /cache/tree');
    expect(step.title).toBe('unpacking redis-tools_7.deb');
  });
});

describe('readOffer', () => {
  const redis = 'redis-server:\n  Installed: (none)\n  Candidate: 5:7.0.15-1~deb12u10\n  Version table:\n';
  const noRedis = 'redis-server:\n  Installed: (none)\n  Candidate: (none)\n  Version table:\n';
  const valkey = 'valkey-server:\n  Installed: (none)\n  Candidate: 8.1.1+dfsg1-3\n  Version table:\n';

  it.each([
    ['Redis when there is one', redis + valkey, 'redis-server'],
    ['Valkey when there is only that', noRedis + valkey, 'valkey-server'],
    ['nothing when the lists are empty', '', undefined],
    ['nothing when a name is known but not offered', noRedis, undefined],
  ])('finds %s', (_, output, offered) => {
    expect(readOffer(output)).toBe(offered);
  });
});

describe('readClosure', () => {
  it('reads the packages that would be installed, and no others', () => {
    const output = [
      'NOTE: This is only a simulation!',
      'The following NEW packages will be installed:',
      '  libjemalloc2 liblzf1 redis-server redis-tools',
      'Inst libjemalloc2 (5.3.0-1 Debian:12.11/oldstable [amd64])',
      'Inst liblzf1 (3.6-3 Debian:12.11/oldstable [amd64])',
      'Conf libjemalloc2 (5.3.0-1 Debian:12.11/oldstable [amd64])',
    ].join('\n');
    expect(readClosure(output)).toEqual(['libjemalloc2', 'liblzf1']);
  });

  it('reads none from a machine that has everything', () => {
    expect(readClosure('redis-server is already the newest version')).toEqual([]);
  });
});

describe('namesToUnpack', () => {
  it('always has both packages over which the program is spread, once', () => {
    expect(namesToUnpack('redis-server', [])).toEqual(['redis-server', 'redis-tools']);
    expect(namesToUnpack('valkey-server', ['valkey-tools', 'liblzf1'])).toEqual([
      'valkey-server',
      'valkey-tools',
      'liblzf1',
    ]);
  });
});
