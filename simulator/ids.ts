import { randomBytes as systemRandomBytes } from 'node:crypto';

/** Makes ids that look like Meta's. */
export interface Ids {
  /**
   * `wamid.` and base64 of the other side's address and 20 random hex digits, so that it gives the address away and may hold
   * `=`, `+` and `/` as Meta's do.
   */
  wamid(address: string, author: 'client' | 'business'): string;
  /** 16 digits. */
  mediaId(): string;
  /** `fbtrace_id` of a Graph error. */
  trace(): string;
  /** Hex text of so many bytes. */
  hex(bytes: number): string;
}

const AUTHOR_MARK = { client: 0x12, business: 0x11 };

/** @param randomBytes source of randomness; the system's if left out */
export function makeIds(randomBytes: (size: number) => Buffer = systemRandomBytes): Ids {
  const hex = (bytes: number): string => randomBytes(bytes).toString('hex');
  return {
    hex,
    wamid(address, author) {
      const owner = Buffer.from(address, 'utf8');
      const serial = Buffer.from(hex(10).toUpperCase(), 'ascii');
      const head = Buffer.from([0x1c, 0x18, owner.length & 0xff]);
      const middle = Buffer.from([0x15, 0x02, 0x00, AUTHOR_MARK[author], 0x18, serial.length]);
      const bytes = Buffer.concat([head, owner, middle, serial, Buffer.from([0])]);
      return `wamid.${bytes.toString('base64')}`;
    },
    mediaId() {
      return (randomBytes(8).readBigUInt64BE() % 10n ** 16n).toString().padStart(16, '1');
    },
    trace() {
      return `A${randomBytes(16).toString('base64url')}`;
    },
  };
}
