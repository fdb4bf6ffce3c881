/** Nobody waits for ever: not for a connection that waits out outages, nor for something that may never say that it ended. */
import { SafeError } from './log.ts';

/** The answer, if it comes within `ms`; what is late goes on unheard. @throws SafeError with these words */
export async function inTime<T>(answer: Promise<T>, ms: number, late = 'No answer in time.'): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new SafeError(late)), ms);
  });
  try {
    return await Promise.race([answer, over]);
  } finally {
    clearTimeout(timer);
  }
}
