import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from '@fairlead/testkit';
import { commonShapes, createRouterosExport, DATAGRAM_BYTES, FLOWS_PER_DATAGRAM } from './routeros-export.ts';

/** What was sent, and what that took. */
export interface Sent {
  readonly datagrams: number;
  readonly flows: number;
  readonly elapsedSeconds: number;
  readonly cpuSeconds: number;
}

const EXPORTERS = 8;
/** Datagrams made beforehand for each exporter, sent again and again. */
const DATAGRAMS = 500;
const SENDER = join(import.meta.dirname, 'send-datagrams.py');

const run = promisify(execFile);

/** Datagrams of eight exporters (127.0.1.1 to 127.0.1.8), ready to be sent. */
export interface PreparedFlows {
  /** Sends to a port of loopback at a steady rate. */
  send(port: number, rate: { readonly flowsPerSecond: number; readonly seconds: number }): Promise<Sent>;
  remove(): void;
}

export function prepareFlows(): PreparedFlows {
  const folder = temporaryFolder();
  const exporters = Array.from({ length: EXPORTERS }, (_, index) => {
    const file = join(folder.path, String(index));
    writeFileSync(file, exporterFile(index + 1));
    return `127.0.1.${index + 1}=${file}`;
  });
  return {
    async send(port, { flowsPerSecond, seconds }) {
      const rate = [port, flowsPerSecond / FLOWS_PER_DATAGRAM, seconds, DATAGRAM_BYTES].map(String);
      const { stdout } = await run('python3', [SENDER, ...rate, ...exporters]);
      const { datagrams, templates, ...sent } = JSON.parse(stdout) as Omit<Sent, 'flows'> & {
        readonly templates: number;
      };
      return { ...sent, datagrams: datagrams + templates, flows: datagrams * FLOWS_PER_DATAGRAM };
    },
    remove: () => folder.remove(),
  };
}

/** A template datagram behind its length, and datagrams of flows. */
function exporterFile(seed: number): Buffer {
  const traffic = createRouterosExport(seed, commonShapes);
  const nowMs = Date.now();
  const template = traffic.template();
  const length = Buffer.alloc(2);
  length.writeUInt16BE(template.length);
  const datagrams = Array.from({ length: DATAGRAMS }, (_, at) => traffic.datagram(nowMs + at));
  return Buffer.concat([length, template, ...datagrams]);
}
