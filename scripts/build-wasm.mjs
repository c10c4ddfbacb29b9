// Builds the kernels as WASM and writes them as src/backends/wasm/kernels-*.ts (base64 in a module: plain Node, bundlers and
// browsers load it alike). `--check` builds into a temporary folder and fails when the committed files differ.
// Same clang, same bytes: the compiler is pinned to version 19 (Debian: clang-19, lld-19).
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const clang = process.env.CLANG ?? "clang++-19";
const check = process.argv.includes("--check");
const most = 91_500; // bytes of either; a page loads one of them. 2,000 for products in blocks (kernels/multiply.h), 4,200 for numbers of 8 bits (kernels/int8.h), 1,700 for bfloat16, 2,950 for dense layers of 8 bits (kernels/linear_int8.h)

const flags = [
  "--target=wasm32",
  "-std=c++17",
  "-Oz", // the hot loops are unrolled by hand and lose nothing
  "-flto",
  "-mllvm",
  "-inline-threshold=-50",
  "-Wl,-mllvm,-inline-threshold=-50",
  "-mnontrapping-fptoint",
  "-msimd128",
  "-matomics",
  "-mbulk-memory",
  "-nostdlib",
  "-ffreestanding",
  "-ffp-contract=off",
  "-fno-exceptions",
  "-fno-rtti",
  "-fno-threadsafe-statics",
  "-fno-math-errno",
  "-fvisibility=hidden",
  "-Wall",
  "-DCELLSTATE_NAMESPACE=kernels",
  "-Wl,--no-entry,--import-memory,--shared-memory,--max-memory=4294967296,--export=__stack_pointer,--strip-all,-z,stack-size=262144",
];
const builds = { relaxed: ["-mrelaxed-simd"], simd: [] };

let tooLarge = false;
let stale = false;
for (const [name, more] of Object.entries(builds)) {
  const folder = mkdtempSync(join(tmpdir(), "cellstate-wasm-"));
  const out = join(folder, "kernels.wasm");
  try {
    execFileSync(clang, [...flags, ...more, "wasm.cpp", "interpreter.cpp", "-o", out], {
      cwd: join(root, "kernels"),
      stdio: "inherit",
    });
    const bytes = readFileSync(out);
    const packed = gzipSync(bytes, { level: 9 });
    if (bytes.length > most) tooLarge = true;
    const file = join(root, `src/backends/wasm/kernels-${name}.ts`);
    const lines = packed.toString("base64").match(/.{1,110}/g);
    const head = `// Made by scripts/build-wasm.mjs from kernels/; not written by hand. ${bytes.length} bytes of WASM, gzip, base64.\n`;
    if (!check) writeFileSync(file, `${head}export const packed =\n${lines.map((l) => `  "${l}"`).join(" +\n")};\n`);
    else if (!committed(file).equals(bytes)) {
      stale = true;
      console.error(`${file} is not what kernels/ gives: run node scripts/build-wasm.mjs and commit the result.`);
    }
    console.log(`kernels-${name}: ${bytes.length} bytes, ${packed.length} packed`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
if (tooLarge) console.error(`more than ${most} bytes`);
process.exitCode = stale || tooLarge ? 1 : 0;

/** The WASM inside a committed module. Compared unpacked: gzip's bytes may differ between versions of Node. */
function committed(file) {
  const text = readFileSync(file, "utf8");
  return gunzipSync(Buffer.from([...text.matchAll(/^ {2}"(.*)"/gm)].map((m) => m[1]).join(""), "base64"));
}
