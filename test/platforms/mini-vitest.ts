/** Vitest's `test`, `describe` and `expect` for one bundled file, so that a foreign Node (qemu, wine, musl) runs the tests without Vitest. */
import { JestAsymmetricMatchers, JestChaiExpect, JestExtend } from "@vitest/expect";
import * as chai from "chai";

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);
export const expect = chai.expect;

type Body = () => unknown;
const waiting: { name: string; body: Body }[] = [];
const groups: string[] = [];
let pending: Promise<unknown> = Promise.resolve();

export function test(name: string, body: Body): void {
  waiting.push({ name: [...groups, name].join(" > "), body });
}
test.skipIf = (skip: unknown) => (skip ? () => {} : test);
test.skip = () => {};
test.each = (list: readonly unknown[]) => (name: string, body: (item: unknown) => unknown) => {
  for (const item of list) test(name.replace("%s", String(item)), () => body(item));
};

/** Groups may be made by a promise: their tests are known when it is there. */
export function describe(name: string, body: Body): void {
  groups.push(name);
  const made = body();
  if (made instanceof Promise) pending = Promise.all([pending, made]);
  groups.pop();
}
describe.skipIf = (skip: unknown) => (skip ? () => {} : describe);

export interface Result {
  passed: number;
  failed: number;
  /** Tests that the time was not enough for. */
  left: number;
  failures: string[];
}

/** Runs what was declared, but those whose names say what cannot be asked here; in so many seconds, spread over all of it. */
export async function runAll(seconds: number, without?: RegExp): Promise<Result> {
  await pending;
  const result: Result = { passed: 0, failed: 0, left: 0, failures: [] };
  const end = Date.now() + seconds * 1000;
  for (const { name, body } of spread(waiting.filter((one) => !without?.test(one.name)))) {
    if (Date.now() > end) {
      result.left++;
      continue;
    }
    try {
      await body();
      result.passed++;
    } catch (error) {
      result.failed++;
      result.failures.push(`${name}: ${String(error).slice(0, 300)}`);
    }
  }
  return result;
}

/** Every seventh, then those between: what is cut off is not always the end. */
function spread<T>(list: readonly T[]): T[] {
  return Array.from({ length: 7 }, (_, k) => list.filter((_, i) => i % 7 === k)).flat();
}
