import { createHash, randomBytes } from 'node:crypto';
import type { SimulatedUser } from '../options.ts';
import { type Command, sentence } from './command.ts';
import { trap } from './traps.ts';

/** How users show who they are: `plain` from 6.43 on, `challenge` before. */
export type LoginForm = 'plain' | 'challenge';

export interface LoginDesk {
  /**
   * @returns the user, or the sentences that ask for more
   * @throws ApiTrap on a refusal
   */
  admit(command: Command): SimulatedUser | string[][];
}

export function createLoginDesk(
  users: readonly SimulatedUser[],
  form: LoginForm,
  refuseAll: () => boolean,
): LoginDesk {
  let challenge: Buffer | undefined;
  return {
    admit({ parameters, tag }) {
      if (form === 'challenge' && parameters['response'] === undefined) {
        challenge = randomBytes(16);
        return [sentence('!done', tag, [`=ret=${challenge.toString('hex')}`])];
      }
      const known = users.find(({ name }) => name === (parameters['name'] ?? ''));
      const shown =
        form === 'plain'
          ? known?.password === parameters['password']
          : known !== undefined &&
            challenge !== undefined &&
            parameters['response'] === responseTo(challenge, known.password);
      challenge = undefined;
      if (refuseAll() || known === undefined || !shown) throw trap('wrongPassword');
      if (!known.policies.includes('api')) throw trap('noApiPolicy');
      return known;
    },
  };
}

function responseTo(challenge: Uint8Array, password: string): string {
  const hash = createHash('md5').update(Uint8Array.of(0)).update(password, 'utf8').update(challenge);
  return `00${hash.digest('hex')}`;
}
