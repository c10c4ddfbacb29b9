/** What a foreign Node runs: conformance, determinism and golden tests in one file (scripts/platforms.mjs bundles it). */
import { writeFileSync } from "node:fs";
import "../conformance/ops.test.ts";
import "../conformance/elementary.test.ts";
import "../conformance/chain.test.ts";
import "../conformance/packed-weights.test.ts";
import "../conformance/random.test.ts";
import "../conformance/determinism.test.ts";
import "../golden/layers.test.ts";
import "../golden/losses.test.ts";
import "../golden/optimizers.test.ts";
import "../golden/schedules.test.ts";
import { loadNative } from "../../src/backends/native/index.ts";
import { runAll } from "./mini-vitest.ts";

const [out, seconds, without] = process.argv.slice(2); // to a file: wine's Node has no pipes
const native = await loadNative();
const backend = "backend" in native ? native.backend.description : native.reason;
writeFileSync(
  out,
  JSON.stringify({ backend, ...(await runAll(Number(seconds), without ? new RegExp(without) : undefined)) }),
);
process.exit(0); // helpers of the WASM kernels would keep it
