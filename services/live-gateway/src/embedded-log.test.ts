import { createEmbeddedLog } from '@fairlead/event-log';
import { temporaryFolder } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { expect, it } from 'vitest';
import { appendRecords, connectLive, runGateway, wanEvent } from './testing/index.ts';

it('shows every event of a real log once, while others append during its start', async () => {
  const folder = temporaryFolder();
  const log = await createEmbeddedLog({ directory: folder.path });
  try {
    await log.ensureTopics(Object.values(topics));
    let sent = 0;
    const append = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i += 1) {
        sent += 1;
        await appendRecords(log, 'wanEvents', [wanEvent('counter-reset', sent)]);
      }
    };
    await append(20);
    const meanwhile = append(60);
    const gateway = await runGateway(log);
    const client = await connectLive(gateway.url);
    client.send({ type: 'sub', id: 1, ch: 'events' });
    const snap = await client.take('snap');
    const times = snap.ch === 'events' ? snap.events.map(({ ev }) => ev.t) : [];
    await meanwhile;
    await append(20);
    while (times.length < 100) times.push((await client.take('event')).ev.t);
    expect(times).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    client.close();
    await gateway.stop();
  } finally {
    await log.close();
    folder.remove();
  }
});
