/** `cellstate predict --file 'part-*.jsonl'`: files shared out by number, by what a scheduler says. */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { shardsOf } from "../../src/cli/commands/shards.ts";
import { textClassifier } from "../../src/index.ts";
import { killPredictions } from "../soak/predict.mjs";
import { speaker } from "./say.ts";

const { file, say } = speaker("predict-shards");
const texts = ["good film", "bad film", "so good", "so bad"];
const parts = [1, 2, 3, 10, 11];
const predict = (...words: string[]) =>
  say("predict", "m.keras", "--file", file("in/part-*.jsonl"), "--out", file("out/answers-*.jsonl"), ...words);

beforeAll(async () => {
  const task = textClassifier({ units: 4, embedding: 4 });
  await task.fit(texts, ["yes", "no", "yes", "no"], { epochs: 1, verbose: 0 });
  await task.save(file("m.keras"));
  mkdirSync(file("in"));
  for (const part of parts)
    writeFileSync(
      file(`in/part-${part}.jsonl`),
      `${JSON.stringify({ text: texts[part % 4] + " film".repeat(part) })}\n`,
    );
});
beforeEach(() => {
  rmSync(file("out"), { recursive: true, force: true });
  mkdirSync(file("out"));
});

const answered = () => readdirSync(file("out")).sort();
const named = (...numbers: number[]) => numbers.map((n) => `answers-${n}.jsonl`).sort();

test("alone a process answers all files, each as by itself, and --resume passes over those that are whole", async () => {
  expect((await predict()).code).toBe(0);
  expect(answered()).toEqual(named(...parts));
  const ten = readFileSync(file("out/answers-10.jsonl"), "utf8");
  await say("predict", "m.keras", "--file", file("in/part-10.jsonl"), "--out", "alone.jsonl");
  expect(readFileSync(file("alone.jsonl"), "utf8")).toBe(ten);
  rmSync(file("out/answers-2.jsonl"));
  const again = await predict("--resume");
  expect(again.err.match(/whole already/g)).toHaveLength(4);
  expect(answered()).toEqual(named(...parts));
});

test("--shard 1/2 takes every second file by number, and all shards together take each once", async () => {
  expect((await predict("--shard", "1/2")).err).toContain("--shard: 2 of 5 files: part-2.jsonl, part-10.jsonl");
  expect(answered()).toEqual(named(2, 10));
  await predict("--shard", "0/2");
  expect(answered()).toEqual(named(...parts));
});

test("a scheduler's variables choose the files: a Kubernetes Indexed Job one, MPI and Slurm every n-th", async () => {
  const pattern = { file: file("in/part-*.jsonl"), out: file("out/answers-*.jsonl") };
  const chosen = async (environment: Record<string, string>) => {
    const found = await shardsOf(pattern, undefined, () => {}, environment);
    return found.map(({ file: name }) => Number(/part-(\d+)/.exec(name)![1]));
  };
  expect(await chosen({})).toEqual(parts);
  expect(await chosen({ JOB_COMPLETION_INDEX: "3" })).toEqual([10]);
  expect(await chosen({ OMPI_COMM_WORLD_RANK: "0", OMPI_COMM_WORLD_SIZE: "3" })).toEqual([1, 10]);
  expect(await chosen({ PMI_RANK: "2", PMI_SIZE: "3" })).toEqual([3]);
  expect(await chosen({ SLURM_PROCID: "1", SLURM_NTASKS: "2" })).toEqual([2, 10]);
  expect(await chosen({ SLURM_ARRAY_TASK_ID: "0", SLURM_PROCID: "0", SLURM_NTASKS: "1" })).toEqual([1]);
  expect(await chosen({ OMPI_COMM_WORLD_RANK: "7", OMPI_COMM_WORLD_SIZE: "8" })).toEqual([]);
  await expect(chosen({ JOB_COMPLETION_INDEX: "5" })).rejects.toThrow("as many completions as there are files (5)");
});

test("what makes no sense is told with what to do", async () => {
  const refused = async (...words: string[]) => (await say("predict", "m.keras", ...words)).err;
  const out = ["--out", "answers-*.jsonl"];
  expect(await refused("--file", "none-*.jsonl", ...out)).toContain("the shell must leave the * alone");
  expect(await refused("--file", "in/part-*.jsonl", "--out", "answers.jsonl")).toContain("one * in the file's name");
  expect(await refused("--file", "in/*-*.jsonl", ...out)).toContain("'part-*.jsonl'");
  expect(await refused("--file", file("in/part-1.jsonl"), "--shard", "0/2", "--out", "a.jsonl")).toContain("split -l");
  expect(await refused("--file", "in/part-*.jsonl", "--shard", "0/2")).toContain("--shard: expected --out beside it");
  expect(await refused("--shard", "2/2")).toContain("Expected i/n");
});

test("two processes that write one file: the answers do not become whole", async () => {
  const lines = texts.flatMap((text) => Array.from({ length: 200 }, () => `${JSON.stringify({ text })}\n`));
  writeFileSync(file("lines.jsonl"), lines.join(""));
  const part = file("twice.jsonl.part");
  const timer = setInterval(() => existsSync(part) && appendFileSync(part, "{}\n"), 0);
  const { err } = await say("predict", "m.keras", "--file", file("lines.jsonl"), "--out", file("twice.jsonl"));
  clearInterval(timer);
  expect(err).toContain("another process writes it too");
  expect(existsSync(file("twice.jsonl"))).toBe(false);
});

test("a killed process that is begun again leaves the bytes of one run", { timeout: 120_000 }, async () => {
  const { right, says } = await killPredictions({ textClassifier }, { count: 4, seed: 3, lines: 3000, long: 0 });
  expect(right, says).toBe(true);
});
