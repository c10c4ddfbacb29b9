/** docs/results/everywhere.md, of what the parts found. */
import { verdict } from "../verdict.mjs";

/** @param found what docs/results/everywhere.json holds: for each part `{ date, machine, load, found }` */
export function page(found) {
  const sections = [platforms, install, first, pages, kernels, site].flatMap((section) => {
    const part = found[section.name];
    return part ? [`${section(part.found, found)}\n\n${measured(section.name, part)}`] : [];
  });
  return `# Everywhere: what runs on each platform, and what it costs

Goal: fast kernels without a compiler on eight systems; the package at most 6 MB packed; no task over 50 ms when a page of the site starts.

${judged(found)}

${sections.join("\n\n")}
`;
}

/** What was reached of the goal, by the parts that are there. */
function judged({ install, platforms, site }) {
  const tests = Object.values(platforms?.found ?? {}).filter((one) => "passed" in one);
  const means = {
    ...(install ? { "MB packed": install.found.packed / 1e6 } : {}),
    ...(tests.length > 0
      ? { "failed tests": tests.reduce((sum, one) => sum + one.failed + (one.again?.failed ?? 0), 0) }
      : {}),
    ...(site ? { "longest task at the start of the site, ms": Math.max(...site.found.map((one) => one.longest)) } : {}),
  };
  const reach = {
    "MB packed": { atMost: 6 },
    "failed tests": { atMost: 0 },
    "longest task at the start of the site, ms": { atMost: 50 },
  };
  return verdict(Object.fromEntries(Object.entries(reach).filter(([name]) => name in means)), means);
}

function measured(name, { date, machine, load }) {
  const command = name === "platforms" ? "npm run prebuilt && npm run platforms" : `npm run everywhere -- ${name}`;
  return `\`${command}\`, ${date}, ${machine}${name === "kernels" || name === "platforms" ? "" : `, load ${load}`}.`;
}

const table = (head, rows) =>
  [head, head.map((_, k) => (k === 0 ? "---" : "---:")), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
const mb = (bytes) => (bytes / 1e6).toFixed(1);

const how = {
  "linux-x64": "this machine",
  "linux-x64-avx2": "qemu, a processor with AVX2 and no AVX-512",
  "linux-x64-sse": "qemu, a processor with SSE alone",
  "linux-arm64": "qemu, a Cortex-A53",
  "linux-arm64-new": "qemu, a processor with dot products and bf16",
  "linux-x64-musl": "this machine, musl 1.2.5",
  "linux-arm64-musl": "qemu, musl 1.2.5",
  "win32-x64": "wine",
};

function platforms(found) {
  const rows = Object.keys(how)
    .filter((name) => found[name]?.package)
    .map((name) => {
      const { date, passed, failed, left, seconds, backend, package: made } = found[name];
      const kernels = backend.replace(/^C\+\+ kernels[ ,]*/, "");
      return [
        name,
        how[name],
        date,
        made.node,
        kernels,
        passed,
        failed,
        left > 0 ? `${left} in ${seconds} s` : 0,
        made.apart === 0 ? "the same bits" : made.apart.toExponential(0),
      ];
    });
  const again = Object.entries(found).flatMap(([name, { again }]) =>
    again ? [`${name} ${again.passed} passed, ${again.failed} failed in ${again.seconds} s, ${again.date}`] : [],
  );
  const read = Object.keys(found).filter((name) => !(name in how) && found[name].read === "ok");
  return `## Tests run on each platform

The addons that are published, in a Node of their system: conformance of every operation, determinism, golden numbers of other libraries;
then the packed package: a training, four kinds of files in a folder with spaces, the command line (on Windows with backslashes).

${table(["platform", "where", "date", "Node", "kernels", "passed", "failed", "not reached", "a training beside this machine's WASM"], rows)}

${again.length > 0 ? `Run again with a later package, on a machine too busy to reach all: ${again.join("; ")}. The last column is of that package.\n` : ""}
${read.length > 0 ? `${read.join(", ")}: **not run**, as there is no such machine. Their addons are read as the loader would: processor, libraries, symbols${read.some((name) => name.startsWith("darwin")) ? ", and each page's hash of the ad-hoc signature of arm64" : ""}.` : ""}
arm64 has one copy of the kernels, which runs on the plainest processor of 64 bits. Numbers of 8 bits are multiplied in fours where the processor
has dot products (SDOT), else in pairs of 16: sums are exact, so both give the same bits. NEON's own instructions for bf16 are not used: BFDOT and
BFMMLA add products in twos, so they would give other bits than a processor without them; models in bf16 compute here as everywhere, in
floats of rounded numbers.`;
}

function install({ packed, here, platforms: each }) {
  const names = Object.keys(here);
  const rows = names.map((name) => {
    const { ok, seconds, warnings, after, said, without } = here[name];
    const { bytes, packages, seconds: less } = without ?? here[name];
    const took = ok ? seconds.toFixed(1) : `fails (${said}); without its scripts ${less.toFixed(1)}`;
    return [name, took, mb(bytes), packages, warnings, after];
  });
  const disk = Object.entries(each).map(([platform, of]) => [
    platform,
    ...names.map((name) => (of[name].ok ? mb(of[name].bytes) : "does not install")),
  ]);
  return `## Installing

The package is ${mb(packed)} MB packed, with the addons of eight systems inside; it runs no script when it is installed. \`npm install\` with an empty cache:

${table(["", "seconds", "MB on the disk", "packages", "warnings", "after it"], rows)}

MB on the disk by platform, without install scripts (\`npm install --os --cpu --libc --ignore-scripts\`), so without what tfjs-node downloads beside it:

${table(["platform", ...names], disk)}`;
}

function first(found) {
  const rows = Object.entries(found).map(([name, { wall, cpu }]) => [name, wall.toFixed(0), cpu.toFixed(0)]);
  return `## To the first prediction

From the start of a process: import, read the file of an LSTM of 32 units, predict one sequence of 30 steps. Medians of 15, in turns.

${table(["", "ms by the clock", "ms of processor time"], rows)}`;
}

function pages(found) {
  const kB = (bytes) => (bytes / 1000).toFixed(0);
  const each = Object.entries(found);
  const rows = each.filter(([, one]) => one.first).map(([name, one]) => [name, kB(one.first), kB(one.later)]);
  const workers = each.filter(([, one]) => one.file).map(([name, one]) => [name, kB(one.file), kB(one.gzipped)]);
  return `## What a page downloads

Minified by esbuild and gzipped, kB. Later: parts that are asked for when they are used, other backends and file formats among them.

${table(["", "at once", "later, at most"], rows)}${workers.length > 0 ? `\n\n${oneFile(workers)}` : ""}`;
}

const oneFile = (
  workers,
) => `By its defaults Vite makes one file of a module worker, with all that it might ever load. The goal was 169 kB. That was what such a worker
in pieces asked for at once, before any kernel and any format: 159 kB on the day the goal was set, when the one file had 4,917. Here both kernels are in it (100 kB, which
hardly pack), plain TypeScript in their place, the names of every optimizer, loss and metric; and to load files, every layer and format. **Missed** by default;
\`worker: { format: "es" }\` in vite.config makes pieces.

${table(["", "kB", "kB gzipped"], workers)}`;

function kernels({ sizes, ...sets }) {
  const names = Object.keys(sizes);
  const columns = { avx2: "AVX2", generic: "SSE", neon: "NEON", dots: "NEON with dot products" };
  const present = Object.keys(columns).filter((set) => sets[set]);
  const rows = names.map((name) => [name, ...present.map((set) => (sets[set][name] / sizes[name]).toFixed(3))]);
  return `## Instructions for each multiply-add

Processors that are only imitated have no speed of their own, so instructions are counted: by valgrind, and for NEON by a plugin of qemu. Eight
numbers in a register make 0.125 the least for AVX2, four 0.25 for NEON and, where multiplying and adding are two instructions, 0.5 for SSE; loads, stores
and the gates' functions come on top. Of 8 bits, an instruction makes 8 products in pairs of NEON, by four of its instructions, and 16 in fours, by one. A core of an arm64 server or of Apple's makes two to four NEON multiply-adds in a cycle, a core with AVX2 two of twice the width.

${table(["work", ...present.map((set) => columns[set])], rows)}`;
}

function site(found) {
  const rows = found.map((one) => [
    one.page,
    one.paint,
    one.ready,
    one.longest.toFixed(0),
    one.over,
    one.packed,
    one.requests,
  ]);
  return `## The site in Chromium

A first visit, medians of seven; the longest task of the main thread in processor time, since a busy machine stretches the clock.

${table(["page", "first paint, ms", "ready, ms", "longest task, ms", "tasks over 50 ms by the clock", "kB", "requests"], rows)}`;
}
