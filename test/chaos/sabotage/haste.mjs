/** The sound product, with short locks: what the one without fencing is compared with. */
import { register } from 'node:module';

import { SHORT_LOCKS } from './short-locks.mjs';

register('./hooks.mjs', import.meta.url, { data: SHORT_LOCKS });
