/** `cellstate` as a process of its own: pipes, signals, terminals, shells. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeResult } from "../../src/cli/screen/write-result.ts";
import { loadTask } from "../../src/index.ts";
import { bundled } from "./killed/killable.ts";
import { speaker, trainModels } from "./say.ts";

const here = speaker("cli-process");
const { folder, file } = here;
const bin = join(folder, "bin");
const env = { ...process.env, CELLSTATE_BACKEND: "js", PATH: `${bin}${delimiter}${process.env.PATH}`, NO_COLOR: "1" };
const windows = process.platform === "win32";
let program = "";

beforeAll(async () => {
  program = await bundled(join(import.meta.dirname, "../../src/cli/main.ts"), "cellstate");
  mkdirSync(bin);
  writeFileSync(join(bin, "cellstate"), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`, { mode: 0o755 });
  await trainModels(here, ["writer", "sentiment"]);
}, 60_000);
afterAll(() => {
  rmSync(program, { force: true });
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a line in a shell; `pipefail` gives the code of the first that failed. */
function shell(line: string, name = "bash", words: readonly string[] = ["-o", "pipefail", "-c"]) {
  const { stdout, stderr, status } = spawnSync(name, [...words, line], { cwd: folder, env, encoding: "utf8" });
  return { out: stdout, err: stderr, code: status };
}

/** Skips with the reason in its name where a program is not on this machine. */
const needs = (name: string) => {
  const there = !windows && spawnSync("sh", ["-c", `command -v ${name}`]).status === 0;
  return (text: string, body: () => unknown, timeout = 30_000) =>
    test.skipIf(!there)(there ? text : `${text} (skipped: no ${name} here)`, { timeout }, body as () => void);
};

needs("bash")("a reader that has read enough (| head) ends it quietly, without an error", () => {
  const many = "for i in $(seq 20000); do echo a good film; done";
  const { out, err, code } = shell(`{ ${many}; } 2>/dev/null | cellstate predict sentiment.keras | head -1; echo "$?"`);
  expect(out).toMatch(/^(good|bad)\t.*\n/);
  expect([err, code]).toEqual(["", 0]);
  expect(shell("cellstate --help | head -1")).toEqual({
    out: "Usage: cellstate [options] [command]\n",
    err: "",
    code: 0,
  });
});

needs("bash")("training whose reader went away still saves its model", async () => {
  const words = "lines.txt --epochs 3 --units 2 --save unread.keras";
  expect(shell(`cellstate train text ${words} | true`).err).toMatch(
    /^lines\.txt: 6 lines of text\n.* known; trained on 6, .*\n$/,
  );
  expect((await loadTask(file("unread.keras"))).kind).toBe("languageModel");
});

needs("bash")("closed input and output are no error: there is nothing to read, nobody to write to", () => {
  expect(shell("cellstate predict sentiment.keras <&-")).toEqual({ out: "", err: "", code: 0 });
  expect(shell('cellstate predict sentiment.keras "a good film" >&-').code).toBe(0);
  expect(shell("cellstate generate writer.keras --interactive </dev/null")).toMatchObject({ out: "", code: 0 });
});

needs("bash")("standard input is read in its encoding, without a byte order mark; other bytes are told by line", () => {
  const ask = (bytes: string, words = "") =>
    shell(`printf '${bytes}' | cellstate predict sentiment.keras --json ${words}`);
  expect(JSON.parse(ask("\\xef\\xbb\\xbfa good film").out)).toMatchObject({ text: "a good film", unknownWords: [] });
  expect(JSON.parse(ask("a good caf\\xe9\\n", "--encoding latin1").out).text).toBe("a good café");
  const { out, code } = ask("a good film\\na good caf\\xe9\\na bad film\\n");
  const answers = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect([code, answers.map(({ text }) => text)]).toEqual([1, ["a good film", "a good caf\ufffd", "a bad film"]]);
  expect(answers[1].error).toMatch(/^line 2: predict: expected UTF-8, received other bytes\.\n.*--encoding/);
});

test.skipIf(!existsSync("/dev/full"))("a full disk behind standard output is told in one message", () => {
  const { err, code } = shell('cellstate predict sentiment.keras "a good film" > /dev/full');
  expect([err, code]).toEqual([
    expect.stringMatching(/^standard output: expected .* received ENOSPC.*\n {2}Free some/),
    1,
  ]);
});

test.skipIf(!existsSync("/dev/full"))("a full disk behind a chart or a table is told with what to do", async () => {
  await expect(writeResult("/dev/full", "step,forecast")).rejects.toThrow(
    /received a full disk\.\n {2}Free some space\./,
  );
});

needs("bash")("codes: 0 done, 1 failed, 2 unknown words; the message goes to stderr", () => {
  expect(shell("cellstate").code).toBe(0);
  const failed = shell('cellstate generate writer.keras "zebra"');
  expect([failed.code, failed.out]).toEqual([1, ""]);
  expect(failed.err).toMatch(/^DataError: .*zebra/);
  expect(shell("cellstate generate").code).toBe(2);
  expect(shell("cellstate train").code).toBe(2);
});

test("an answer comes before the input ends, and Ctrl-C ends a text with its line and code 130", async () => {
  const child = spawn(process.execPath, [program, "predict", file("sentiment.keras"), "--quiet"], { env });
  const answer = new Promise<string>((resolve) => child.stdout.once("data", (bytes) => resolve(String(bytes))));
  child.stdin.write("a good film\n"); // and stays open
  expect(await answer).toMatch(/^(good|bad)\n$/);
  child.stdin.end();
  const endless = ["generate", file("writer.keras"), "the cell", "--words", "100000000", "--at-end", "avoid"];
  const writer = spawn(process.execPath, [program, ...endless], { env });
  let said = "";
  writer.stdout.on("data", (bytes) => {
    if (said === "") writer.kill("SIGINT");
    said += bytes;
  });
  expect(await new Promise((resolve) => writer.on("close", resolve))).toBe(windows ? null : 130);
  if (!windows) expect(said).toMatch(/^the cell \w.*\n$/);
});

needs("script")(
  "on a terminal generate --interactive asks with a sign, and Ctrl-D ends it on a line of its own",
  async () => {
    const line = "cellstate generate writer.keras --interactive --words 2 --at-end avoid; echo code $?";
    const child = spawn("script", ["-qec", line, "/dev/null"], { cwd: folder, env });
    let said = "";
    const keys = ["the gate\r", "\x04"]; // the line, then Ctrl-D
    child.stdout.on("data", (bytes) => {
      said += bytes;
      const signs = said.split("> ").length - 1;
      if (signs > 2 - keys.length) child.stdin.write(keys.shift() ?? "");
    });
    await new Promise((resolve) => child.on("close", resolve));
    expect(said).toMatch(/One prompt per line/);
    expect(said).toMatch(/the gate\s+the gate \S+ \S+\s+/);
    expect(said).toMatch(/\ncode 0\s+$/);
  },
);

for (const [name, check] of [
  [
    "bash",
    `source <(cellstate completion bash); t() { COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _cellstate; echo "\${COMPREPLY[*]}"; };
    t cellstate ge; t cellstate train ""; t cellstate train text --sche; t cellstate train text --scheme ""; t cellstate predict m ""`,
  ],
  [
    "fish",
    `source (cellstate completion fish | psub); for line in "ge" "train " "train text --sche" "train text --scheme " "predict m "
    complete -C "cellstate $line" | cut -f 1 | sort | string join " "; end`,
  ],
] as const)
  needs(name)(`${name} completes commands, options and their values; elsewhere files`, () => {
    const { out, err } = shell(check, name, ["-c"]);
    expect(err).toBe("");
    const [command, below, option, values, files] = out.split("\n").map((line) => line.split(" ").sort());
    expect(command).toEqual(["generate"]);
    expect(below).toEqual([
      "anomaly",
      "classify",
      "forecast",
      "sequence",
      "tag",
      "text",
      "transcribe",
      "translate",
      "video",
    ]);
    expect(option).toEqual(["--scheme"]);
    expect(values).toEqual(["lines", "prefixes", "stream"]);
    expect(files).not.toContain("train");
  });

needs("zsh")("zsh completes too", () => {
  const typed = `zmodload zsh/zpty; zpty z zsh -f -i; zpty -w z 'source <(cellstate completion zsh); echo rea''dy'
    until [[ $said == *ready* ]]; do zpty -r -t z line && said+=$line; sleep 0.05; done
    zpty -w -n z $'cellstate gene\\t'; until [[ $said == *generate* ]]; do zpty -r -t z line && said+=$line; sleep 0.05; done; echo done`;
  expect(shell(typed, "zsh", ["-f", "-c"]).out).toMatch(/done\n$/);
});

test.skipIf(!existsSync("/proc/self/environ"))(
  "no colours without a terminal, however it is asked, unless FORCE_COLOR says so",
  () => {
    const { NO_COLOR: _, FORCE_COLOR: __, ...plain } = process.env;
    const said = (extra: object) =>
      spawnSync(process.execPath, [program, "--help"], { env: { ...plain, ...extra }, encoding: "utf8" }).stdout;
    expect(said({})).not.toContain("\x1b[");
    expect(said({ FORCE_COLOR: "1" })).toContain("\x1b[1m");
    expect(said({ FORCE_COLOR: "1", NO_COLOR: "1" })).not.toContain("\x1b[");
  },
);

needs("bash")("with too few open files a command says so and how to have more, without a stack", () => {
  const said = [];
  for (let files = 14; files < 40; files += 2) {
    const { out, err, code } = shell(`ulimit -n ${files}; cellstate predict sentiment.keras "a good film"`);
    if (code === 0) expect(out).toContain("a good film");
    // Below what Node itself needs, Node speaks.
    else if (err.startsWith("cellstate")) said.push(err);
    else if (err.startsWith("FormatError"))
      expect(err).toMatch(/received too many open files .*\n {2}Allow more of them: /);
    else expect(err).not.toMatch(/src\/|cli-process/);
  }
  for (const err of said)
    expect(err).toMatch(/^cellstate: expected another file to open, .*\n {2}Allow more of them: ulimit -n 1024\n$/);
});
