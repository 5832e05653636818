import type { Router } from '@fairlead/model';
import { interfaceNames } from '@fairlead/routeros-config';
import type { RouterFacts } from './router-facts.ts';

export interface InterfaceProblem {
  /** Position among the WANs of the router. */
  readonly wan: number;
  readonly message: string;
}

const MOST_NAMES = 20;
/** Gets its address from the modem, so that an export may never mention it. */
const ADDRESSED_BY_MODEM = /^lte\d+$/;

/** The WANs whose interface a router does not have, or that nothing on it uses. */
export function interfaceProblems({ wans }: Router, { of, configuration }: RouterFacts): InterfaceProblem[] {
  const { mentioned, mayHave } = interfaceNames(configuration);
  const some = [...mentioned].slice(0, MOST_NAMES).join(', ');
  const has = some === '' ? '' : `; it has ${some}${mentioned.size > MOST_NAMES ? ', …' : ''}`;
  return wans.flatMap(({ interface: port }, wan) => {
    if (!mayHave(port)) return [{ wan, message: `${of} has no interface ${port}${has}` }];
    if (mentioned.has(port) || ADDRESSED_BY_MODEM.test(port)) return [];
    const message = `${of} does not mention ${port}, and the interface of a WAN has an address, a client or a list at least${has}`;
    return [{ wan, message }];
  });
}
