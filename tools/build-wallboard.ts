import { buildWallboard } from './wallboard.ts';

process.exitCode = (await buildWallboard()) ? 0 : 1;
