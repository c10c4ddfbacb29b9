// What the figures are relative to: the machine's own limit, and what else keeps it busy.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";

/** GFLOP/s that the machine can, [one thread, all]: the larger of multiply-adds on registers and a product of OpenBLAS; null without a C++ compiler. */
export function measurePeak(threads) {
  const folder = mkdtempSync(join(os.tmpdir(), "cellstate-peak-"));
  try {
    const out = join(folder, "peak");
    const source = new URL("peak.cpp", import.meta.url).pathname;
    execFileSync("c++", ["-std=c++17", "-O3", ...widest(), "-pthread", source, "-ldl", "-o", out], { stdio: "ignore" });
    const printed = execFileSync(out, [String(threads)], { encoding: "utf8" });
    return printed.trim().split(" ").map(Number);
  } catch {
    return null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function widest() {
  const features = existing("/proc/cpuinfo");
  if (features.includes("avx512f")) return ["-mavx512f", "-mfma", "-mprefer-vector-width=512"];
  return features.includes("avx2") ? ["-mavx2", "-mfma"] : [];
}

function existing(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** Physical cores this process may use: what the kernels take, and what every peer is given. */
export function coreCount() {
  const asked = Number(process.env.CELLSTATE_THREADS);
  if (asked >= 1) return Math.floor(asked);
  const pairs = existing("/proc/cpuinfo").match(/^(physical id|core id)\s*:.*$/gm) ?? [];
  const cores = new Set();
  for (let k = 0; k + 1 < pairs.length; k += 2) cores.add(`${pairs[k]} ${pairs[k + 1]}`);
  return Math.min(os.availableParallelism(), cores.size || os.availableParallelism());
}

/** Sizes of the first core's caches: `L1d 32K, L2 512K, L3 16384K`; nothing where the system does not say. */
function caches() {
  const at = (k, what) => existing(`/sys/devices/system/cpu/cpu0/cache/index${k}/${what}`).trim();
  const named = [0, 1, 2, 3].map((k) => ({ level: at(k, "level"), type: at(k, "type"), size: at(k, "size") }));
  const data = named.filter(({ size, type }) => size && type !== "Instruction");
  return data.map(({ level, type, size }) => `L${level}${type === "Data" ? "d" : ""} ${size}`).join(", ");
}

/** One line: processor, caches, threads, system, Node, load. */
export function describeMachine(threads) {
  const load = os.loadavg()[0].toFixed(1);
  return `${os.cpus()[0].model} (${[`${os.availableParallelism()} processors`, caches()].filter(Boolean).join("; ")}), ${threads} threads, ${os.type()} ${os.release()}, Node ${process.version}, load ${load}`;
}
