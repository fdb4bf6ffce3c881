/**
 * What has to be run to get a Redis server onto a Debian machine, as data: nothing in this file touches the machine.
 *
 * With rights (root or sudo): the distribution's package, without letting it start a service of its own. Without:
 * the same packages, downloaded and checked by apt, unpacked into a folder of the user.
 */
import { basename, join } from 'node:path';

/** One command, and what to tell people while it runs. */
export interface Step {
  title: string;
  command: string;
  args: string[];
  env?: Record<string, string>;
  /** Working folder, for commands that write where they stand. */
  folder?: string;
}

/** Debian and its children name the packages so; Valkey is the same server under a free licence. */
const PACKAGES = ['redis-server', 'valkey-server'];

const PLAIN_OUTPUT = { LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };
/** apt's own waiting has no end on a network that drops packets. */
const PATIENCE = [
  '-o',
  'Acquire::Retries=2',
  '-o',
  'Acquire::http::Timeout=30',
  '-o',
  'Acquire::https::Timeout=30',
];
const OWN_POLICY_MARK = '# made for the time of one installation by whatsper';

/** Options that make apt keep its lists and downloads in a folder of ours instead of the system's. */
export function ownAptState(folder: string): string[] {
  return [
    ...['-o', `Dir::State=${join(folder, 'state')}`],
    ...['-o', 'Dir::State::status=/var/lib/dpkg/status'],
    ...['-o', `Dir::Cache=${join(folder, 'cache')}`],
  ];
}

/** Folders that apt wants to find in such a folder. */
export function ownAptFolders(folder: string): string[] {
  return [join(folder, 'state/lists/partial'), join(folder, 'cache/archives/partial')];
}

/** Fetches the lists of packages. `as` is the prefix that gives the rights (`sudo -n`), empty for none. */
export function updateStep(as: string[], options: string[]): Step {
  return step('fetching the lists of packages', [...as, 'apt-get', ...PATIENCE, ...options, 'update']);
}

/** Asks which of the packages the lists offer. */
export function offersStep(options: string[]): Step {
  return step('looking for a package', ['apt-cache', ...options, 'policy', ...PACKAGES]);
}

/** The first package that `apt-cache policy` offers; undefined when the lists know none. */
export function readOffer(output: string): string | undefined {
  const offered = new Set<string>();
  let name = '';
  for (const line of output.split('\n')) {
    name = /^(\S+):$/.exec(line)?.[1] ?? name;
    const candidate = /^ {2}Candidate: (.+)$/.exec(line)?.[1];
    if (candidate !== undefined && candidate !== '(none)') offered.add(name);
  }
  return PACKAGES.find((wanted) => offered.has(wanted));
}

/**
 * Installs the package for the whole machine. Its service must neither start now nor at the next boot: it would hold
 * port 6379, which nobody asked for. `policy-rc.d` is Debian's way to say so; one that is there already is kept.
 */
export function installStep(as: string[], name: string): Step {
  const script = `
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\\n${OWN_POLICY_MARK}\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
fi
clean() { if grep -qsF '${OWN_POLICY_MARK}' "$policy"; then rm -f "$policy"; fi; }
trap clean EXIT
trap 'exit 1' HUP INT TERM
export DEBIAN_FRONTEND=noninteractive
apt-get ${PATIENCE.join(' ')} -o DPkg::Lock::Timeout=120 install -y --no-install-recommends ${name}
if [ -d /run/systemd/system ]; then systemctl disable --now ${name}.service; fi
`;
  return step(`installing Debian's package ${name}`, [...as, 'sh', '-c', script.trim()]);
}

/** Lets apt work out which packages are missing, without installing anything. */
export function closureStep(options: string[], name: string): Step {
  const what = ['install', '--simulate', '--no-install-recommends', name];
  return step('working out what it needs', ['apt-get', ...options, ...what]);
}

/** The packages that `apt-get install --simulate` would install. */
export function readClosure(output: string): string[] {
  return [...output.matchAll(/^Inst (\S+) /gm)].flatMap(([, name]) => (name === undefined ? [] : [name]));
}

/**
 * The packages to unpack: those that are missing, and in any case the two that the program is spread over (Debian's
 * `redis-server` holds a link to a program in `redis-tools`), as a link must not point out of the tree.
 */
export function namesToUnpack(name: string, missing: string[]): string[] {
  return [...new Set([name, name.replace('-server', '-tools'), ...missing])];
}

/** Downloads packages into `folder`; apt checks them against the signed lists. */
export function downloadStep(options: string[], names: string[], folder: string): Step {
  const title = `downloading ${names.join(', ')}`;
  return { ...step(title, ['apt-get', ...PATIENCE, ...options, 'download', ...names]), folder };
}

/** Unpacks one downloaded package, running none of its scripts. */
export function unpackStep(archive: string, root: string): Step {
  return step(`unpacking ${basename(archive)}`, ['dpkg-deb', '--extract', archive, root]);
}

function step(title: string, [command = '', ...args]: string[]): Step {
  return { title, command, args, env: PLAIN_OUTPUT };
}
