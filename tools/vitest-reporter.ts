import { DefaultReporter, type TestCase, type TestModule, type TestSuite } from 'vitest/node';

type RunEnd = Parameters<DefaultReporter['onTestRunEnd']>;

/**
 * Vitest's own report, then every skipped test with its reason, and `N passed, N failed, N skipped` as the last line.
 * With CI=true a skip fails the run: what is skipped there is tested nowhere.
 */
export default class FairleadReporter extends DefaultReporter {
  override onTestRunEnd(...[modules, unhandledErrors, reason]: RunEnd): void {
    super.onTestRunEnd(modules, unhandledErrors, reason);
    const say = (line = ''): void => this.ctx.logger.log(line);
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const inState = (state: string): TestCase[] => tests.filter((test) => test.result().state === state);

    // With --testNamePattern the tests it leaves out arrive as skipped too, without a note.
    const selected = this.ctx.config.testNamePattern !== undefined;
    const skipped = inState('skipped').filter((test) => !selected || noteOf(test) !== undefined);
    if (skipped.length > 0) {
      say('Skipped:');
      for (const test of skipped) {
        say(`  ${test.module.relativeModuleId} > ${test.fullName}: ${noteOf(test) ?? whyUnsaid(test)}`);
      }
      say();
    }
    if (skipped.length > 0 && process.env['CI'] === 'true') {
      process.exitCode = 1;
      say('CI=true, so the skipped tests above make this run fail.');
    }
    if (reason === 'interrupted') say('Interrupted: not every test has run.');

    // A file or a hook that throws takes its tests along without failing one of them.
    const broken = modules.flatMap((module) => [module, ...module.children.allSuites()]).filter(hasErrors);
    const failed = inState('failed').length + broken.length + unhandledErrors.length;
    say(`${inState('passed').length} passed, ${failed} failed, ${skipped.length} skipped`);
  }
}

function noteOf(test: TestCase): string | undefined {
  const result = test.result();
  return result.state === 'skipped' ? result.note : undefined;
}

function whyUnsaid(test: TestCase): string {
  for (let parent: TestSuite | TestModule = test.parent; ; parent = parent.parent) {
    if (hasErrors(parent)) return 'a hook around it failed';
    if (parent.type === 'module') return 'no reason given';
  }
}

function hasErrors(node: TestSuite | TestModule): boolean {
  return node.errors().length > 0;
}
