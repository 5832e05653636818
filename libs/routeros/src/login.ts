import { createHash } from 'node:crypto';
import type { Reply } from './collect-reply.ts';
import { LoginRefusedError, TrapError } from './errors.ts';

/** `md5-challenge` is the only login of RouterOS before 6.43, and a weak one; later versions refuse it. */
export type LoginMethod = 'plain' | 'md5-challenge';

export interface Login {
  /** host:port, for messages. */
  readonly peer: string;
  readonly user: string;
  readonly password: string;
  readonly method: LoginMethod;
}

/**
 * Logs in (manual, "API", "Initial login"). A method is never tried after another: the password would have been sent in
 * clear before the router could ask for the challenge.
 * @throws LoginRefusedError, and what `ask` throws
 */
export async function logIn(
  ask: (words: readonly string[]) => Promise<Reply>,
  { peer, user, password, method }: Login,
): Promise<void> {
  const say = async (...words: string[]): Promise<string | undefined> => {
    try {
      return (await ask(['/login', ...words])).ret;
    } catch (error) {
      if (!(error instanceof TrapError)) throw error;
      const reason = password === '' ? error.message : error.message.replaceAll(password, '[secret]');
      throw new LoginRefusedError(`${peer}: the router refused the login of ${user}: ${reason}`);
    }
  };
  const name = `=name=${user}`;
  if (method === 'plain') {
    if ((await say(name, `=password=${password}`)) === undefined) return;
    throw new LoginRefusedError(
      `${peer}: the router asks for the MD5 login of RouterOS before 6.43, which was not chosen; ` +
        'upgrade the router, and change the password where the connection was not TLS',
    );
  }
  const challenge = await say();
  if (challenge === undefined || !/^[0-9a-f]{32}$/i.test(challenge)) {
    throw new LoginRefusedError(`${peer}: the router gave no challenge for the MD5 login that was chosen`);
  }
  await say(name, `=response=${respondTo(challenge, password)}`);
}

/** `00` and the MD5 of a zero byte, the password and the 16 bytes of the challenge (manual, "API", before 6.43). */
function respondTo(challenge: string, password: string): string {
  const hash = createHash('md5').update(Uint8Array.of(0)).update(password, 'utf8');
  return `00${hash.update(Buffer.from(challenge, 'hex')).digest('hex')}`;
}
