/** The store's process: `store.child.ts DIRECTORY PORT`. Says its address on stdout, and runs until it is killed. */
import { startClickhouseStandIn } from '@fairlead/telemetry-store/testing';

const [directory = '', port = '0'] = process.argv.slice(2);
const server = await startClickhouseStandIn({ directory, port: Number(port) });
process.stdout.write(`${server.url}\n`);
process.once('SIGTERM', () => void server.close().then(() => process.exit(0)));
