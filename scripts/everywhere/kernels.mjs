/** Instructions that each copy of the kernels executes for a unit of work: what can be said of speed on processors that are only imitated. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { countAll } from "../instructions.mjs";
import { commonFlags, root } from "../kernel-sources.mjs";
import { needs } from "../platform-nodes.mjs";

const works = [
  "linear 64x200x1400",
  "linear one row 1x150x283",
  "lstm 24x6x128 of 128 predicts",
  "lstm 24x6x128 of 128 predicts, 8 bits",
  "lstm 24x6x128 of 128 trains",
  "gru 24x6x128 of 128 trains",
];
const only = (name) => works.includes(name);

/** `{ sizes, avx2, generic, neon, dots }`: multiply-adds, and instructions by copy, of each work. A copy that cannot be counted is left out. */
export function kernels() {
  const table = JSON.parse(readFileSync(join(root, "kernels/lab/instructions.json"), "utf8"));
  const avx2 = Object.fromEntries(works.map((name) => [name, table.instructions[name]]));
  const source = readFileSync(join(root, "kernels/lab/counts.cpp"), "utf8");
  const sizes = Object.fromEntries(works.map((name) => [name, sizeOf(name, source)]));
  const generic = attempt("generic", () => countAll("", only, "generic"));
  const arm = Object.entries({ neon: "cortex-a53", dots: "max" }).map(([set, processor]) =>
    attempt(set, () => countNeon(processor)),
  );
  return Object.assign({ sizes, avx2 }, generic, ...arm);
}

function attempt(set, count) {
  try {
    return { [set]: count() };
  } catch (error) {
    console.log(`kernels, ${set}: skipped: ${error.message.split("\n")[0]}`);
    return {};
  }
}

/** The multiply-adds that the lab's table states: `24 * 6 * 512 * 256.0`. */
function sizeOf(name, source) {
  const [, product] = source.match(new RegExp(`\\{"${name}", ([\\d.* ]+),`));
  return product.split("*").reduce((all, factor) => all * Number(factor), 1);
}

/** By qemu: a work that is measured twice more executes its instructions twice more. */
function countNeon(processor) {
  const out = join(root, "build/counts-arm64");
  mkdirSync(out, { recursive: true });
  const qemu = needs("qemu-aarch64", ["-cpu", processor]);
  const zig = [join(root, "build/zig/bin/python"), "-m", "ziglang", "c++", "-target", "aarch64-linux-musl"];
  const plugin = join(out, "count.so");
  execFileSync("gcc", ["-O1", "-shared", "-fPIC", join(root, "kernels/lab/qemu_count.c"), "-o", plugin]);
  const sources = ["lab/counts.cpp", "interpreter.cpp", "memory.cpp", "threads.cpp"];
  const flags = [
    ...commonFlags,
    "-O3",
    "-fno-sanitize=undefined",
    "-DCELLSTATE_FIXED_CACHES",
    "-DCELLSTATE_NAMESPACE=neon",
  ];
  const program = join(out, "counts");
  const [compiler, ...args] = [...zig, ...flags, "-static", ...sources, "-o", program];
  execFileSync(compiler, args, { cwd: join(root, "kernels"), stdio: ["ignore", "ignore", "inherit"] });
  const executed = (name, runs) => {
    const [command, ...rest] = [...qemu, "-d", "plugin", "-plugin", plugin, program, name, "neon", `${runs}`];
    const log = execFileSync("sh", ["-c", 'exec "$@" 2>&1', "sh", command, ...rest], { encoding: "utf8" });
    return Number(log.match(/executed (\d+)/)[1]);
  };
  return Object.fromEntries(works.map((name) => [name, (executed(name, 3) - executed(name, 1)) / 2]));
}
