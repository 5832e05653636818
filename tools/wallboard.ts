import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { repositoryRoot, runProgram } from './run-program.ts';

const wallboard = resolve(repositoryRoot, 'services/wallboard');

/** Builds the page into services/wallboard/dist; false when the build failed, which Vite has explained by then. */
export async function buildWallboard(): Promise<boolean> {
  const { exitCode } = await runProgram('vite', ['build', '--logLevel', 'warn'], { cwd: wallboard });
  return exitCode === 0;
}

/** Builds the page when there is none or a source is newer. */
export async function buildStaleWallboard(): Promise<boolean> {
  const builtAtMs = statSync(join(wallboard, 'dist/index.html'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = [wallboard, ...packagesBehind(wallboard)];
  if (sources.every((folder) => newestMtimeMs(folder) < builtAtMs)) return true;
  process.stderr.write('Building the wallboard.\n');
  return buildWallboard();
}

/** Folders of the workspace packages that end up in the page. */
function packagesBehind(folder: string): string[] {
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    dependencies?: Readonly<Record<string, string>>;
  };
  return Object.keys(dependencies)
    .filter((name) => name.startsWith('@fairlead/'))
    .map((name) => realpathSync(resolve(repositoryRoot, 'node_modules', name)))
    .flatMap((dependency) => [dependency, ...packagesBehind(dependency)]);
}

function newestMtimeMs(folder: string): number {
  const times = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.name !== 'node_modules' && entry.name !== 'dist')
    .map((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? newestMtimeMs(path) : statSync(path).mtimeMs;
    });
  return Math.max(0, ...times);
}
