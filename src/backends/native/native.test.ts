import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cases as allCases } from "../../../test/conformance/cases.ts";
import { expectAsReference } from "../../../test/conformance/expect-as-reference.ts";
import { oneOfEach, thorough } from "../../../test/thorough.ts";
import { loadNative, nativeBackend, threadCount } from "./index.ts";

/** One case of each op, all of them in the long form. */
const cases = oneOfEach(allCases, (c) => c.name.split(/[\s,:]/)[0]);
const found = await loadNative();
const reason = "reason" in found ? found.reason : "";
if (reason) console.log(`native tests skipped: ${reason}`);

async function available(): Promise<string[]> {
  const sets: string[] = [];
  for (const isa of ["avx512", "avx2", "neon", "generic"]) {
    const made = await loadNative({ isa });
    if ("backend" in made) sets.push(isa);
  }
  return sets;
}

describe.skipIf(reason)("the native backend", async () => {
  if (reason) return;
  // The widest set is tested in test/conformance, and AVX2 has its bits (determinism.test.ts): left is what has no FMA.
  const sets = (await available()).filter((isa) => isa === "generic" || thorough);
  for (const isa of sets) {
    const backend = await nativeBackend({ isa, threads: 3, exactThreads: true });
    for (const c of cases) {
      test(`${isa}: ${c.name}: values and gradients as the float64 reference`, () => expectAsReference(backend, c));
    }
  }

  test("says who, what and what next when the addon is missing, corrupt or another one", async () => {
    const folder = await mkdtemp(join(tmpdir(), "cellstate-"));
    try {
      const corrupt = join(folder, "corrupt.node");
      writeFileSync(corrupt, "not an addon");
      await expect(nativeBackend({ file: join(folder, "missing.node") })).rejects.toThrow(/BackendError|no file/);
      await expect(nativeBackend({ file: corrupt })).rejects.toThrow(/does not load/);
      const fallback = await loadNative({ file: corrupt });
      expect("reason" in fallback && fallback.reason).toMatch(/build-native/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("refuses an instruction set the processor does not have, an unknown order of sums, and memory that cannot be had", async () => {
    await expect(nativeBackend({ isa: "abacus" })).rejects.toThrow(/one of the instruction sets/);
    await expect(nativeBackend({ bf16: "tile" as never })).rejects.toThrow(
      /CELLSTATE_BF16: expected "floats" or "tiles", received "tile"/,
    );
    const backend = await nativeBackend();
    expect(() => backend.allocate(2 ** 46)).toThrow(/none left/);
    const memory = backend.allocate(4);
    expect(() => memory.write(2, new Float32Array(3))).toThrow(/do not fit/);
    memory.free();
    memory.free();
    expect(() => memory.read(0, 1, "f32")).toThrow(/was freed/);
  });

  test("memories of one size exchange their numbers and are added; of another size, or freed, they are refused", async () => {
    const { allocate } = await nativeBackend();
    const [a, b, short] = [allocate(3), allocate(3), allocate(2)];
    a.write(0, Float32Array.of(1, 2, 3));
    b.write(0, Float32Array.of(10, 20, 30));
    a.exchange!(b);
    expect([...a.read(0, 3, "f32")]).toEqual([10, 20, 30]);
    a.add!(b);
    expect([...a.read(0, 3, "f32")]).toEqual([11, 22, 33]);
    expect([...b.read(0, 3, "f32")]).toEqual([1, 2, 3]);
    expect(() => a.add!(short)).toThrow(/two memories of one size/);
    expect(() => a.exchange!(short)).toThrow(/two memories of one size/);
    b.free();
    expect(() => a.exchange!(b)).toThrow(/two memories of one size/);
  });
});

test("0, 1000 and nonsense as thread counts become something sane", () => {
  expect([0, 1000, Number.NaN, -3, 2.9].map((n) => threadCount(n, 2))).toEqual([2, 64, 2, 2, 2]);
});
