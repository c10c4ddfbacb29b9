/** Says what `npm pack` would publish, and fails when something is missing from it or does not belong there. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const guides = ["docs/in-your-program.md", "docs/command-line.md", "docs/labs/README.md"];
const texts = ["LICENSE", "README.md", "CHANGELOG.md", "assets/lstm-faq.txt", ...guides];
const wanted = [...texts, "dist/index.js", "dist/index.d.ts", "kernels/interpreter.cpp", "scripts/build-native.mjs"];
const unwanted =
  /\.test\.|\/testing\/|^src\/|^test\/|^bench\/|^examples\/|^\.ci\/|^shared\/|^kernels\/lab\/|^docs\/.*\.svg$/;

// With a shell, because npm is a script on Windows.
const report = execFileSync("npm pack --dry-run --json --ignore-scripts", { cwd: root, shell: true, encoding: "utf8" });
const [{ files, size, unpackedSize }] = JSON.parse(report.slice(report.indexOf("[")));
const paths = files.map((file) => file.path);
const kB = (bytes) => `${(bytes / 1000).toFixed(0)} kB`;
console.log(`npm package: ${paths.length} files, ${kB(size)} packed, ${kB(unpackedSize)} unpacked`);

const missing = wanted.filter((path) => !paths.includes(path));
const strange = paths.filter((path) => unwanted.test(path));
if (missing.length) console.error(`package: expected ${missing.join(", ")}, not found. Build first, and see "files".`);
if (strange.length)
  console.error(`package: does not belong there: ${strange.join(", ")}. See "files" in package.json.`);
process.exitCode = missing.length || strange.length ? 1 : 0;
