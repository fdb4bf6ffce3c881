/** A real mail server on a port of this machine: it keeps what it takes, and refuses when it is told to. */
import type { AddressInfo } from 'node:net';

import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

import { until } from './until.ts';

export interface MailServer {
  /** For SMTP_URL. */
  url: string;
  /** In the order in which it came. */
  taken: ParsedMail[];
  /** Null: everything is taken. */
  answer: { code: number; text: string } | null;
  /** The newest link that was mailed to an address, of the page (`invitation`, `reset`, …); waits for it. */
  linkTo(address: string, page: string): Promise<string>;
  close(): Promise<void>;
}

export async function startMailServer(): Promise<MailServer> {
  const taken: ParsedMail[] = [];
  const mails: MailServer = {
    url: '',
    taken,
    answer: null,
    linkTo: (address, page) =>
      until(`a mail to ${address} with a link to ${page}`, () => {
        const mail = taken.findLast(({ to, text }) => isTo(to, address) && text?.includes(`/#/${page}/`));
        return /https?:\/\/\S+\/#\/\S+/.exec(mail?.text ?? '')?.[0];
      }),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(resolve);
      }),
  };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, _session, callback) {
      simpleParser(stream).then(
        (mail) => {
          const { answer } = mails;
          if (answer) return callback(Object.assign(new Error(answer.text), { responseCode: answer.code }));
          taken.push(mail);
          callback();
        },
        (error: Error) => callback(error),
      );
    },
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  mails.url = `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  return mails;
}

function isTo(to: ParsedMail['to'], address: string): boolean {
  return [to].flat().some((one) => one?.value.some((given) => given.address === address));
}
