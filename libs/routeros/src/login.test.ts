import { describe, expect, it } from 'vitest';
import { LoginRefusedError, TrapError } from './errors.ts';
import { logIn, type LoginMethod } from './login.ts';

const PASSWORD = 'hunter2-very-secret';

async function talk(
  method: LoginMethod,
  ...answers: (string | undefined | TrapError)[]
): Promise<{ readonly said: string[][]; readonly error: unknown }> {
  const said: string[][] = [];
  const error: unknown = await logIn(
    (words) => {
      said.push([...words]);
      const answer = answers.shift();
      if (answer instanceof Error) return Promise.reject(answer);
      return Promise.resolve({ records: [], ...(answer === undefined ? {} : { ret: answer }) });
    },
    { peer: 'router:8728', user: 'fairlead', password: PASSWORD, method },
  ).catch((reason: unknown) => reason);
  return { said, error };
}

const refused = (message: string) => new TrapError([{ category: undefined, message }]);

describe('logIn', () => {
  it('says name and password in one sentence', async () => {
    expect(await talk('plain', undefined)).toEqual({
      said: [['/login', '=name=fairlead', `=password=${PASSWORD}`]],
      error: undefined,
    });
  });

  it('does not answer a challenge unasked', async () => {
    const { said, error } = await talk('plain', '00112233445566778899aabbccddeeff', undefined);
    expect(said).toHaveLength(1);
    expect(error).toBeInstanceOf(LoginRefusedError);
  });

  it('answers the challenge where that was chosen, and never says the password', async () => {
    const { said, error } = await talk('md5-challenge', '00112233445566778899aabbccddeeff', undefined);
    expect(error).toBeUndefined();
    // (printf '\0hunter2-very-secret'; printf 00112233445566778899aabbccddeeff | xxd -r -p) | md5sum
    expect(said).toEqual([
      ['/login'],
      ['/login', '=name=fairlead', '=response=00b3e2cc26377c1a7a2ef4c33811ea79c2'],
    ]);
  });

  it.each([[undefined], [''], ['00112233'], ['zz112233445566778899aabbccddeeff']])(
    'sends nothing more for the challenge %s',
    async (challenge) => {
      const { said, error } = await talk('md5-challenge', challenge);
      expect(said).toEqual([['/login']]);
      expect(error).toBeInstanceOf(LoginRefusedError);
    },
  );

  it('says why it was refused, without the password that the router repeats', async () => {
    const { error } = await talk('plain', refused(`no user with ${PASSWORD}`));
    expect(error).toBeInstanceOf(LoginRefusedError);
    expect(String(error)).toContain('no user with [secret]');
  });
});
