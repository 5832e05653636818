import type { Evidence } from '../evidence.ts';

/** A command cannot be carried out. `traps` are the attributes of the `!trap` sentences, in order. */
export class ApiTrap extends Error {
  override readonly name = 'ApiTrap';
  readonly traps: readonly (readonly string[])[];

  constructor(traps: readonly (readonly string[])[]) {
    super(traps.map((attributes) => attributes.join(' ')).join(', '));
    this.traps = traps;
  }
}

interface TrapKind {
  readonly evidence: Evidence;
  /** Attributes of each trap sentence; `detail` is a name that the text mentions. */
  readonly sentences: (detail: string) => readonly (readonly string[])[];
}

/** What the router says when it refuses. Categories: manual, API; a trap without one carries none on routers either. */
const trapKinds = {
  wrongPassword: {
    evidence: 'observed',
    sentences: () => [['=message=invalid user name or password (6)']],
  },
  noApiPolicy: { evidence: 'observed', sentences: () => [['=message=std failure: not allowed (9)']] },
  notPermitted: { evidence: 'documented', sentences: () => [['=message=not enough permissions (9)']] },
  badMenu: {
    evidence: 'observed',
    sentences: (name) => [
      ['=category=0', `=message=no such command or directory (${name})`],
      ['=message=no such command prefix'],
    ],
  },
  badCommand: { evidence: 'observed', sentences: () => [['=message=no such command']] },
  badValue: {
    evidence: 'documented',
    sentences: (name) => [['=category=1', `=message=input does not match any value of ${name}`]],
  },
  unknownParameter: {
    evidence: 'observed',
    sentences: (name) => [[`=message=unknown parameter ${name}`]],
  },
  missingArgument: { evidence: 'assumed', sentences: (name) => [[`=message=missing =${name}=`]] },
  noSuchItem: { evidence: 'observed', sentences: () => [['=category=0', '=message=no such item (4)']] },
  unknownHost: { evidence: 'assumed', sentences: () => [['=message=failure: dns name does not exist']] },
  alreadyThere: {
    evidence: 'documented',
    sentences: () => [['=message=failure: already have such entry']],
  },
  scriptFailed: {
    evidence: 'documented',
    sentences: (reason) => [['=category=3', `=message=${reason}`]],
  },
  badQuery: { evidence: 'assumed', sentences: () => [['=category=5', '=message=invalid query']] },
  interrupted: { evidence: 'documented', sentences: () => [['=category=2', '=message=interrupted']] },
} as const satisfies Record<string, TrapKind>;

export function trap(kind: keyof typeof trapKinds, detail = ''): ApiTrap {
  return new ApiTrap(trapKinds[kind].sentences(detail));
}
