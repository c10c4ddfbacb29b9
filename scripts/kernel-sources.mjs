/** What is compiled for an addon, and how: one list for `npm run native` (this machine's compiler) and `npm run prebuilt` (zig). */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "..");
export const kernels = join(root, "kernels");

/** Paths of the sources and headers, in one order everywhere. */
export const kernelFiles = () =>
  readdirSync(kernels)
    .filter((name) => /\.(h|cpp)$/.test(name))
    .sort()
    .map((name) => join(kernels, name));

/** 16 digits that name these kernels: an addon carries them, so that dist/ of another version does not run it. */
export function kernelsVersion() {
  const hash = createHash("sha256");
  for (const path of kernelFiles()) hash.update(`${readFileSync(path, "utf8").replaceAll("\r\n", "\n")}\0`);
  return hash.digest("hex").slice(0, 16);
}

/** The kernels are compiled once for each instruction set; everything else for the plainest processor. */
const instructionSets = {
  x64: {
    avx512: ["-mavx2", "-mfma", "-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl", "-mprefer-vector-width=512"],
    avx2: ["-mavx2", "-mfma"],
    generic: [],
  },
  arm64: { neon: [] },
};
export const setsOf = (arch) => instructionSets[arch] ?? { generic: [] };

export const commonFlags = [
  "-std=c++17",
  "-ffp-contract=off",
  "-fno-math-errno",
  "-fvisibility=hidden",
  "-Wall",
  "-Wno-psabi",
];

/** One compiler call each: the object's name and what is added to the common flags. Sources lie in kernels/. */
export const jobsFor = (arch, include) => [
  ...Object.entries(setsOf(arch)).map(([name, flags]) => ({
    object: `kernels-${name}.o`,
    args: [
      "interpreter.cpp",
      `-DCELLSTATE_NAMESPACE=${name}`,
      "-fno-exceptions",
      "-fno-rtti",
      "-Wno-uninitialized",
      "-Wno-maybe-uninitialized",
      ...flags,
    ],
  })),
  { object: "memory.o", args: ["memory.cpp"] },
  { object: "threads.o", args: ["threads.cpp"] },
  { object: "mpi.o", args: ["mpi.cpp", `-I${include}`] },
  { object: "node.o", args: ["node.cpp", `-I${include}`, `-DCELLSTATE_KERNELS="${kernelsVersion()}"`] },
];
