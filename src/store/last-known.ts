/**
 * What the database last said, kept sealed in DATA_DIR, so that a process that starts while the database is away knows
 * it all the same. A file that opens also proves the installation's key: only a process that had proven it wrote it.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { codeOf } from '../../embedded/errors.ts';
import { writePrivateFile } from '../../embedded/files.ts';
import type { Logger } from '../ops/log.ts';
import type { MasterKey } from './master-key.ts';

interface Options {
  /** DATA_DIR. */
  dataDir: string;
  name: 'apps' | 'routes';
  master: MasterKey;
  log: Logger;
}

export class LastKnown<Value> {
  readonly #of: Options;
  readonly #path: string;
  #written = '';

  constructor(options: Options) {
    this.#of = options;
    this.#path = join(options.dataDir, 'last-known', `${options.name}.sealed`);
  }

  /** @returns undefined when there is none, or it can't be read with this key; that is told */
  async read(): Promise<Value | undefined> {
    const { master, log, name } = this.#of;
    try {
      const sealed = Buffer.from(await readFile(this.#path, 'utf8'), 'base64');
      const text = master.unseal('routes', this.#place, sealed).toString();
      // Sealed by a key before the newest, it is written anew as soon as it is known again.
      this.#written = master.indexOf('routes', sealed) === 0 ? text : '';
      return JSON.parse(text) as Value;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') log.warn({ part: name, err: error }, 'last-known.unreadable');
      return undefined;
    }
  }

  /** Keeps a value, whole or not at all; the same one as before is not written again. A disk that refuses is told. */
  async write(value: Value): Promise<void> {
    const { dataDir, master, log, name } = this.#of;
    const text = JSON.stringify(value);
    if (text === this.#written) return;
    try {
      await mkdir(join(dataDir, 'last-known'), { recursive: true, mode: 0o700 });
      const sealed = master.seal('routes', this.#place, Buffer.from(text));
      await writePrivateFile(this.#path, sealed.toString('base64'));
      this.#written = text;
    } catch (error) {
      log.warn({ part: name, err: error }, 'last-known.not-written');
    }
  }

  get #place() {
    return { collection: 'last-known', id: this.#of.name, field: 'value' };
  }
}
