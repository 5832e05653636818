/** `npm run kafka:local`: an Apache Kafka broker on loopback, without Docker. Expects tsx to be registered already. */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { localKafkaRequirement, startLocalKafka } from '@fairlead/event-log/testing';

const help = `npm run kafka:local -- [options]

Runs an Apache Kafka broker of one node on loopback until Ctrl-C, and prints KAFKA_BROKERS=host:port when it
answers. Needs Java 17; the first time also Maven, which fetches the broker (45 MB) into the cache folder.

  --port PORT      port on 127.0.0.1; 0 takes a free one (default 9092)
  --data-dir DIR   keep the topics there; otherwise they are temporary
  --help           this text
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args) {
  let options;
  try {
    options = readOptions(args);
  } catch (error) {
    return fail(`${error.message}\n\n${help}`, 2);
  }
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  const need = localKafkaRequirement();
  if (!need.met) return fail(need.reason, 1);

  // Listening from here on, so that a Ctrl-C during the start ends the broker too.
  const signal = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), npmIsGone()]).then(
    () => 'signal',
  );
  process.stderr.write('Starting Kafka.\n');
  let kafka;
  try {
    kafka = await startLocalKafka(options);
  } catch (error) {
    return fail(error.message, 1);
  }
  process.stdout.write(`KAFKA_BROKERS=${kafka.brokers.join(',')}\n`);
  process.stderr.write('Kafka runs; Ctrl-C stops it.\n');
  const end = await Promise.race([signal, kafka.ended]);
  await kafka.stop();
  return end === 'signal' ? 0 : fail(`Kafka ended by itself: ${end}`, 1);
}

/** A SIGTERM to npm ends npm and its shell, but does not come through to here. */
function npmIsGone() {
  if (process.env.npm_lifecycle_event === undefined) return new Promise(() => undefined);
  const parent = process.ppid;
  return new Promise((resolve) => {
    const timer = setInterval(() => process.ppid !== parent && resolve(), 500);
    timer.unref();
  });
}

function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: '9092' },
      'data-dir': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`--port ${values.port}: a port is a number from 0 to 65535`);
  }
  return { port, help: values.help, ...(values['data-dir'] && { dataDirectory: values['data-dir'] }) };
}

function fail(sentence, code) {
  process.stderr.write(`${sentence}\n`);
  return code;
}
