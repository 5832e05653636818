import { setFlagsFromString } from 'node:v8';
import { runCli } from './cli.ts';

// Datagrams and log records lie outside of V8's heap, but V8 counts them, and with a small heap it marks all of it several
// times a second: a fifth of the processor time of a busy pipeline. With this the heap may become four times as large as what
// lives on it, as it would by itself if it were larger.
setFlagsFromString('--heap-growing-percent=300');

process.exitCode = await runCli(process.argv.slice(2));
