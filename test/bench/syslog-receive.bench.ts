/**
 * Receiving syslog over UDP: 20 000 messages a second into the collector with its embedded log, and into Debian's rsyslogd
 * that writes lines to a file, one after the other, sent by another process. Nothing may be lost. Then as fast as the sender can,
 * with a receive buffer that is too small: what is lost is counted, to the message.
 * Options: --seconds N (default 15), --rate N.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { report } from './support/report.ts';
import {
  openCollector,
  openRsyslogd,
  type Received,
  type SyslogReceiver,
} from './support/syslog-receivers.ts';

const run = promisify(execFile);
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '15' }, rate: { type: 'string', default: '20000' } },
  strict: false,
});
const seconds = Number(values.seconds);
const rate = Number(values.rate);

/** What the kernel gives by default at most is a quarter of this (net.core.rmem_max cuts both alike). */
const RECEIVE_BUFFER_BYTES = 16 * 2 ** 20;
const SMALL_BUFFER_BYTES = 64 * 2 ** 10;
const OVERLOAD_SECONDS = 4;
const receivers = { fairlead: openCollector, rsyslogd: openRsyslogd } as const;
type Name = keyof typeof receivers;
const names = Object.keys(receivers) as Name[];

interface Outcome extends Received {
  readonly sent: number;
  readonly elapsedSeconds: number;
}

async function measure(
  open: (receiveBufferBytes: number) => Promise<SyslogReceiver>,
  load: { readonly rate: number; readonly seconds: number; readonly receiveBufferBytes: number },
): Promise<Outcome> {
  const receiver = await open(load.receiveBufferBytes);
  try {
    const { stdout } = await run(process.execPath, [
      ...['--import', import.meta.resolve('tsx')],
      join(import.meta.dirname, 'support/syslog-sender.child.ts'),
      ...[receiver.port, load.rate, load.seconds].map(String),
    ]);
    const { sent, elapsedSeconds } = JSON.parse(stdout) as { sent: number; elapsedSeconds: number };
    return { sent, elapsedSeconds, ...(await receiver.settle(sent)) };
  } finally {
    await receiver.stop();
  }
}

async function measureAll(
  what: string,
  load: { readonly rate: number; readonly seconds: number; readonly receiveBufferBytes: number },
): Promise<Record<Name, Outcome>> {
  const outcomes: Partial<Record<Name, Outcome>> = {};
  for (const name of names) {
    const outcome = await measure(receivers[name], load);
    outcomes[name] = outcome;
    const { sent, stored, dropped, kernelDrops, elapsedSeconds, cpuSeconds } = outcome;
    const missing = sent - stored - dropped - kernelDrops;
    process.stderr.write(
      `${what}, ${name}: sent ${sent} in ${elapsedSeconds.toFixed(1)} s, stored ${stored}, dropped ${dropped}, ` +
        `by the kernel ${kernelDrops}, not accounted for ${missing}; ` +
        `${cpuSeconds.toFixed(2)} s of CPU (${((cpuSeconds / stored) * 1e6).toFixed(2)} a million stored)\n`,
    );
    if (name === 'fairlead' && missing !== 0) throw new Error(`${missing} messages are not accounted for`);
  }
  return outcomes as Record<Name, Outcome>;
}

const perSecond = ({ stored, elapsedSeconds }: Outcome): number => stored / elapsedSeconds;
const perCpuSecond = ({ stored, cpuSeconds }: Outcome): number => stored / cpuSeconds;
const lost = ({ sent, stored }: Outcome): number => sent - stored;

const steady = await measureAll(`${rate} messages/s`, {
  ...{ rate, seconds },
  receiveBufferBytes: RECEIVE_BUFFER_BYTES,
});
const overload = await measureAll('overload', {
  ...{ rate: 0, seconds: OVERLOAD_SECONDS },
  receiveBufferBytes: SMALL_BUFFER_BYTES,
});
const figures: readonly [string, string, (outcome: Outcome) => number, Record<Name, Outcome>][] = [
  ['syslog-receive', 'messages/s', perSecond, steady],
  ['syslog-receive lost', 'messages', lost, steady],
  ['syslog-receive cost', 'messages a CPU second', perCpuSecond, steady],
  ['syslog-receive overload', 'messages/s', perSecond, overload],
];
report(
  figures.map(([name, unit, figure, { fairlead, rsyslogd }]) => ({
    ...{ name, unit, peer: 'rsyslogd' },
    value: figure(fairlead),
    peerValue: figure(rsyslogd),
  })),
);
