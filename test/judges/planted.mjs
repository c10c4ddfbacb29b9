/**
 * The sweeps themselves on trial: the faults of planted-faults.mjs in copies of our code, compiled file by file, one at a time. A fault
 * counts as found where a case that was right without it is wrong, or refused, with it. `--count` says how many random cases may be
 * tried for each, beside the sweep's past failures.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";
import { judge, python } from "./ask.mjs";
import { libraryAt } from "./library.mjs";
import { faults, withFault } from "./planted-faults.mjs";

export const about = "faults planted in copies of our code, each to be found by its sweep";
export const fixed = Object.keys(faults);

const root = fileURLToPath(new URL("../..", import.meta.url));

export async function* sweep({ seeds, folder }) {
  const all = [...seeds];
  const random = all.filter((seed) => typeof seed === "number");
  const trials = new Map();
  const sound = await libraryAt(copy(folder));
  try {
    for (const seed of all.filter((one) => typeof one === "string")) {
      const fault = faults[seed];
      if (!trials.has(fault.by)) trials.set(fault.by, await trialOf(fault.by, sound, folder));
      const trial = trials.get(fault.by);
      if (trial.missing) {
        yield { seed, kind: fault.by, result: "none", why: `${fault.by}: ${trial.missing}` };
        continue;
      }
      const broken = await libraryAt(planted(fault, folder));
      const tried = [...(random.length > 0 ? random : first(60)), ...trial.past];
      const found = await trial.finds(broken, tried);
      yield {
        seed,
        kind: fault.by,
        result: found ? "right" : "wrong",
        why: `${seed}: ${tried.length} cases do not show it`,
      };
      if (found) console.log(`found by ${fault.by} after ${found.cases}: ${seed} (${found.why.slice(0, 100)})`);
    }
  } finally {
    for (const { end } of trials.values()) end();
  }
}

const first = (count) => Array.from({ length: count }, (_, k) => k + 1);

/** A sweep that is asked case by case what it says of a library; what it says of the sound one is asked once. */
async function trialOf(by, sound, folder) {
  const module = await import(`./${by}.mjs`);
  const program = module.script && (module.python ?? python)();
  const missing = module.script && !program && (module.without ?? "no Python with the judges here");
  const ask = program ? judge(module.script, program) : null;
  const known = new Map();
  const past = module.fixed ?? [];
  const own = join(folder, by);
  mkdirSync(own);
  const of = async (copy, seed) => {
    const results = [];
    for await (const one of module.sweep({ seeds: [seed], ask, ...copy, folder: own, verbose: false }))
      results.push(one);
    return results;
  };
  /** The first case that shows the fault. */
  const finds = async (broken, seeds) => {
    for (const [k, seed] of seeds.entries()) {
      if (!known.has(seed)) known.set(seed, await of(sound, seed));
      const right = known.get(seed).filter(({ result }) => result === "right");
      if (right.length === 0) continue;
      const now = await of(broken, seed);
      const wrong = now.find(
        ({ kind, result }) => ["wrong", "refused"].includes(result) && right.some((r) => r.kind === kind),
      );
      if (wrong) return { why: `${wrong.kind}: ${wrong.why}`, cases: k + 1 };
    }
    return null;
  };
  return { past, missing, finds, end: () => ask?.end() };
}

/** A copy of the library with a fault: its folder. */
function planted(fault, folder) {
  const dist = copy(folder);
  const text = withFault(readFileSync(join(root, "src", fault.file), "utf8"), fault);
  const { code } = transformSync(text, { loader: "ts", target: "es2022" });
  const imports = code.replace(/(from |import\()"(\.[^"]*)\.ts"/g, '$1"$2.js"');
  writeFileSync(join(dist, fault.file.replace(/\.ts$/, ".js")), imports);
  return dist;
}

let copies = 0;
function copy(folder) {
  const home = join(folder, `copy-${++copies}`);
  cpSync(compiled(join(folder, "file-by-file")), join(home, "dist"), { recursive: true });
  for (const beside of ["build", "kernels", "node_modules", "package.json"])
    symlinkSync(join(root, beside), join(home, beside));
  return join(home, "dist");
}

/** src, a file for a file: dist is bundled. */
function compiled(outDir) {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const words = ["-p", join(root, "tsconfig.build.json"), "--emitDeclarationOnly", "false", "--declaration", "false"];
  if (!existsSync(outDir)) execFileSync(process.execPath, [tsc, ...words, "--outDir", outDir]);
  return outDir;
}
