/**
 * The door of every command in package.json. It runs on a fresh clone, so it is plain JavaScript without dependencies:
 * it installs what is missing, and only then goes on in TypeScript. The scripts say `exec`, because a signal that npm
 * hands on would otherwise end its shell and leave the command running.
 */
import { spawn } from 'child_process';
import { readFileSync } from 'fs';
import { dirname, resolve } from 'path';
import { fileURLToPath, pathToFileURL } from 'url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

const commands = {
  demo: {
    does: 'npm start            the pipeline on a simulated site; its wallboard in the browser',
    script: 'services/fairlead/src/main.ts',
    args: ['demo'],
    needsWallboard: true,
  },
  test: {
    does: 'npm test             all tests; arguments go to Vitest',
    script: 'tools/run-tests.ts',
    needsWallboard: true,
  },
  check: {
    does: 'npm run check        format, generated files, lint, types, unused code',
    script: 'tools/check.ts',
  },
  lint: { does: 'npm run lint         the linter alone; arguments go to ESLint', script: 'tools/lint.ts' },
  build: { does: 'npm run build        the wallboard page', script: 'tools/build-wallboard.ts' },
  bench: { does: 'npm run bench        benchmarks, or those named', script: 'tools/run-benchmarks.ts' },
  chaos: {
    does: 'npm run chaos        the pipeline while its parts are killed, stopped and cut off',
    script: 'test/chaos/run.ts',
  },
  soak: {
    does: 'npm run soak         a day of a hundred routers in minutes: does anything grow?',
    script: 'test/soak/run.ts',
  },
  lab: {
    does: 'npm run lab          real packets in network namespaces (root), and what was measured',
    script: 'tools/run-lab.ts',
    needsWallboard: true,
  },
  generate: {
    does: 'npm run generate     code from schemas/, reference pages from code',
    script: 'tools/generate.ts',
  },
  kafka: { does: 'npm run kafka:local  an Apache Kafka broker on loopback', script: 'tools/kafka-local.mjs' },
};

process.exitCode = await main(process.argv.slice(2));

/** Returns the exit code, or what the command itself has set. */
async function main([name, ...args]) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    return fail(`Fairlead needs Node.js 20.19 or later; this is ${process.versions.node}.`);
  }
  if (name === undefined || name === '--help' || name === '-h') {
    process.stdout.write(
      `${Object.values(commands)
        .map(({ does }) => does)
        .join('\n')}\n`,
    );
    return name === undefined ? 2 : 0;
  }
  if (!Object.hasOwn(commands, name)) {
    return fail(`There is no command ${name}; there are ${Object.keys(commands).join(', ')}.`);
  }
  if (!isInstalled()) {
    const code = await install();
    if (code !== 0) return fail(`npm ci failed with exit code ${code}.`);
  }

  const { register } = await import('tsx/esm/api');
  register();
  const command = commands[name];
  if (command.needsWallboard) {
    const { buildStaleWallboard } = await import('./wallboard.ts');
    if (!(await buildStaleWallboard())) return fail('The wallboard did not build.');
  }
  // The script runs in this process: signals and the exit code are its own, with nobody in between.
  const script = resolve(root, command.script);
  process.argv.splice(1, Infinity, script, ...(command.args ?? []), ...args);
  await import(pathToFileURL(script).href);
  return process.exitCode;
}

/** Whether node_modules holds what the lock file asks for. Compares content: the times of files say little after a clone. */
function isInstalled() {
  const wanted = readPackages('package-lock.json');
  const present = readPackages('node_modules/.package-lock.json');
  if (wanted === undefined || present === undefined) return false;
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return true;
    return path in present ? present[path].version === version : optional === true;
  });
}

function readPackages(lockFile) {
  try {
    return JSON.parse(readFileSync(resolve(root, lockFile), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** Runs `npm ci` and returns its exit code. Says now and then that it is still at it. */
async function install() {
  const startedAt = Date.now();
  const seconds = () => Math.round((Date.now() - startedAt) / 1000);
  say('Installing dependencies (npm ci); this takes about a minute.');
  const progress = setInterval(() => say(`Still installing, ${seconds()} s.`), 15_000);
  const options = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = spawn('npm', options, { cwd: root, stdio: ['ignore', 2, 2] });
  const code = await new Promise((resolve) => {
    npm.on('error', (error) => {
      say(error.message);
      resolve(1);
    });
    npm.on('close', (code) => resolve(code ?? 1));
  });
  clearInterval(progress);
  if (code === 0) say(`Installed in ${seconds()} s.`);
  return code;
}

function fail(sentence) {
  say(sentence);
  return 1;
}

function say(sentence) {
  process.stderr.write(`${sentence}\n`);
}
