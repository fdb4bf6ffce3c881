import { compiled, startProgram } from '../programs.ts';
import { numbersOf, plainEnvironment, type Side, type SideOptions } from './side.ts';

const SECRET = 'bench-secret';

/** Bare HTTP, the signature and the parse: as fast as Node.js can be. */
export async function openBare({ folder, businesses }: SideOptions): Promise<Side> {
  const file = await compiled('bare');
  return {
    name: 'bare',
    database: '',
    target: { path: '/webhook', secret: SECRET },
    numbers: numbersOf(businesses),
    start: () =>
      startProgram({
        name: 'bare-web',
        file,
        environment: { ...plainEnvironment(), APP_SECRET: SECRET },
        logs: folder,
      }),
    feed() {
      throw new Error('The bare side has no feed.');
    },
    stored: () => Promise.resolve(0),
    close: () => Promise.resolve(),
  };
}
