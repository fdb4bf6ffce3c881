/** Who runs a command, for the audit log: the person's user of this machine. */
import { userInfo } from 'node:os';

/** `operator:<user name>`; the machine may not know a name. */
export function cliActor(): string {
  try {
    return `operator:${userInfo().username.slice(0, 100)}`;
  } catch {
    return 'operator:unknown';
  }
}
