/**
 * Routers with an API session each, all behind one port: eight interfaces, two of them WANs, with counters that grow, a
 * rule, routes. What a router is like is in the name of its user: `silent`, `slow` (answers after 5 s), `garbage`, or
 * anything else. The message `listen` from the parent is answered with `{ port }`, `count` with `{ commands }`.
 */
import { createServer, type Socket } from 'node:net';
import { encodeSentence, SentenceDecoder } from '@fairlead/routeros';

const SLOW_MS = 5_000;
const COUNTER_BASE = 1n << 60n;
const END = Uint8Array.of(0);

/** Words of rows without `!re` and tag, encoded once. */
const encodeRow = (row: Readonly<Record<string, string>>): Buffer =>
  Buffer.from(encodeSentence(Object.entries(row).map(([name, value]) => `=${name}=${value}`))).subarray(
    0,
    -1,
  );

const interfaces = Array.from({ length: 8 }, (_, i) =>
  encodeRow({
    '.id': `*${i + 1}`,
    name: `ether${i + 1}`,
    'name.oid': `.1.3.6.1.2.1.2.2.1.2.${i + 1}`,
    type: 'ether',
    running: 'true',
    disabled: 'false',
    'actual-mtu': '1500',
    'link-downs': '0',
    'last-link-up-time': '2026-02-25 04:29:31',
  }),
);
const rule = (id: number, comment: string): Buffer =>
  encodeRow({
    '.id': `*${id}`,
    chain: 'prerouting',
    action: 'mark-routing',
    'new-routing-mark': 'ISP1_Route',
    'connection-mark': 'LAN->WAN',
    passthrough: 'true',
    bytes: '123456789',
    packets: '123456',
    comment,
  });
const rules = [
  rule(10, 'Load-Balancing here'),
  ...Array.from({ length: 14 }, (_, i) => rule(11 + i, 'sticky')),
];
const route = (id: number, table: string): Buffer =>
  encodeRow({
    '.id': `*${id}`,
    'dst-address': '0.0.0.0/0',
    gateway: '198.51.100.1',
    'immediate-gw': '198.51.100.1%ether1',
    'routing-table': table,
    distance: '1',
    'check-gateway': 'ping',
    active: 'true',
  });
const tables: Readonly<Record<string, readonly Buffer[]>> = {
  '/interface/print': interfaces,
  '/ip/firewall/mangle/print': rules,
  '/ip/route/print': [route(1, 'main'), route(2, 'ISP1_Route'), route(3, 'ISP2_Route')],
  '/routing/table/print': ['main', 'ISP1_Route', 'ISP2_Route'].map((name) => encodeRow({ name, fib: '' })),
  '/ip/address/print': [encodeRow({ address: '198.51.100.2/24', interface: 'ether1' })],
  '/system/identity/print': [encodeRow({ name: 'gw' })],
};

/** What a query by comment finds, and what one by the names of the WANs does. */
function rowsOf(words: readonly string[]): readonly Buffer[] {
  const [command = ''] = words;
  if (command === '/system/resource/print') {
    const uptime = `${Math.floor(process.uptime())}s`;
    return [
      encodeRow({ uptime, version: '7.20.1 (stable)', 'board-name': 'RB5009', 'architecture-name': 'arm64' }),
    ];
  }
  if (command === '/interface/print' && words.includes('=stats=')) {
    const bytes = String(COUNTER_BASE + BigInt(Math.floor(performance.now() * 1_000)));
    return ['ether1', 'ether2'].map((name) =>
      encodeRow({
        name,
        running: 'true',
        disabled: 'false',
        'rx-byte': bytes,
        'tx-byte': bytes,
        'rx-packet': bytes,
        'tx-packet': bytes,
        'rx-error': '0',
        'tx-error': '0',
        'link-downs': '0',
      }),
    );
  }
  const rows = tables[command] ?? [];
  return words.some((word) => word.startsWith('?comment=')) ? rows.slice(0, 1) : rows;
}

let commands = 0;

function answer(words: readonly string[]): Buffer {
  commands += 1;
  const tag = words.find((word) => word.startsWith('.tag='));
  const tagged = (word: string): Buffer =>
    Buffer.from(encodeSentence(tag === undefined ? [word] : [word, tag])).subarray(0, -1);
  const head = tagged('!re');
  return Buffer.concat([...rowsOf(words).flatMap((row) => [head, row, END]), tagged('!done'), END]);
}

function serve(socket: Socket): void {
  const decoder = new SentenceDecoder();
  let user = '';
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    const answers: Buffer[] = [];
    for (const words of decoder.push(chunk)) {
      const name = words.find((word) => word.startsWith('=name='));
      if (words[0] === '/login') {
        user = name?.slice('=name='.length) ?? '';
        answers.push(answer(words));
      } else if (user === 'silent') continue;
      else if (user === 'garbage') answers.push(Buffer.alloc(4_096, 0xff));
      else if (user === 'slow') {
        const late = answer(words);
        setTimeout(() => socket.destroyed || socket.write(late), SLOW_MS);
      } else answers.push(answer(words));
    }
    if (answers.length > 0) socket.write(Buffer.concat(answers));
  });
}

const server = createServer(serve);
process.on('message', (message) => {
  if (message === 'count') process.send?.({ commands });
  if (message !== 'listen') return;
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => {
    const address = server.address();
    process.send?.({ port: typeof address === 'object' && address !== null ? address.port : 0 });
  });
});
process.on('disconnect', () => process.exit());
