export { createMemoryWire, type MemoryWire } from './memory-wire.ts';
export { createMemorySession } from './memory-session.ts';
export { createFakeRouter, type FakeRouter } from './fake-router.ts';
export {
  createScriptedRouter,
  type Script,
  type ScriptedPeer,
  type ScriptedRouter,
} from './scripted-router.ts';
