/** `cellstate serve`: started as a user starts it, asked as clients ask, ended as schedulers end it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI, { APIError } from "openai";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type ServeOptions, type Signals, serve } from "../../src/cli/commands/serve-run.ts";
import type { Screen } from "../../src/cli/screen/screen.ts";
import { dense, input, languageModel, lstm, sequential } from "../../src/index.ts";
import { speaker } from "./say.ts";

const folder = mkdtempSync(join(tmpdir(), "cellstate-serve-"));
const file = (name: string) => join(folder, name);
const key = "a-key-of-some-length";

beforeAll(async () => {
  const writer = languageModel({ units: [8], embedding: 8 });
  const lines = ["the cell keeps what the gate lets in", "the gate keeps the cell", "a cell has a gate"];
  await writer.fit(lines, { epochs: 3, verbose: 0 });
  await writer.save(file("writer.keras"));
  const net = (seed: number) => sequential([input([3, 1], { name: "x" }), lstm(2), dense(1)], { seed });
  await net(1).save(file("net.keras"));
  await net(2).save(file("other.keras"));
  await sequential([input([4, 1], { name: "x" }), lstm(2), dense(1)]).save(file("longer.keras"));
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Serves until `stop` is called; signals are those of the test. */
async function served(models: string[], o: ServeOptions = {}) {
  const acts: Partial<Record<"stop" | "reload", () => void>> = {};
  const signals: Signals = {
    on: (name, act) => {
      acts[name] = act;
      return () => {
        delete acts[name];
      };
    },
  };
  const said = { out: "", err: "" };
  const screen: Screen = {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    input: async function* () {},
    terminal: false,
    code: 0,
  };
  const ended = serve(models, { port: 0, watch: false, ...o }, screen, signals);
  const until = async (holds: () => boolean) => {
    while (!holds()) await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 10))]);
  };
  await until(() => said.out.includes("\n"));
  const [address] = said.out.split("\n");
  const stop = async () => {
    acts.stop!();
    await ended;
  };
  return { address, said, stop, until, reload: () => acts.reload!() };
}

const predicted = async (address: string, name = "net") => {
  const body = JSON.stringify({ instances: [[[1], [2], [3]]] });
  const response = await fetch(`${address}/v1/models/${name}:predict`, { method: "POST", body });
  return ((await response.json()) as { predictions: number[][] }).predictions?.[0][0];
};

test("the address comes first; models are named by their files, or as they are told", async () => {
  const { address, said, stop } = await served([file("writer.keras"), `net=${file("other.keras")}`]);
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(said.err).toContain("Serving writer, net.");
  expect(typeof (await predicted(address))).toBe("number");
  await stop();
  await expect(fetch(address)).rejects.toThrow();
});

test("OpenAI's own client: models, completions, a stream, n and logprobs, and its errors", async () => {
  const { address, stop } = await served([file("writer.keras")], { apiKey: [key] });
  const client = new OpenAI({ baseURL: `${address}/v1`, apiKey: key, maxRetries: 0 });
  const list = await client.models.list();
  expect(list.data.map(({ id }) => id)).toEqual(["writer"]);
  const asked = { model: "writer", prompt: "the cell", max_tokens: 4, temperature: 0 };
  const whole = await client.completions.create(asked);
  expect(whole.choices[0].finish_reason).toMatch(/length|stop/);
  expect(whole.usage!.total_tokens).toBe(2 + whole.usage!.completion_tokens);
  let text = "";
  for await (const part of await client.completions.create({ ...asked, stream: true })) text += part.choices[0].text;
  expect(text).toBe(whole.choices[0].text);
  const several = await client.completions.create({
    ...asked,
    temperature: 1,
    n: 3,
    logprobs: 1,
    seed: 4,
    stop: ["gate"],
  });
  expect(several.choices).toHaveLength(3);
  expect(several.choices[0].logprobs!.tokens!.join(" ")).toBe(several.choices[0].text);
  const refused = await client.completions.create({ ...asked, model: "none" }).catch((error: APIError) => error);
  expect(refused).toBeInstanceOf(APIError);
  expect(refused).toMatchObject({ status: 404, code: "model_not_found" });
  const wrong = new OpenAI({ baseURL: `${address}/v1`, apiKey: "no", maxRetries: 0 });
  await expect(wrong.models.list()).rejects.toMatchObject({ status: 401 });
  // A client that leaves in the middle of a stream leaves nothing running.
  const stream = await client.completions.create({ ...asked, max_tokens: 4000, stream: true });
  for await (const _ of stream) break;
  await stop();
});

test("a reload takes the new file; a damaged one, or one with another signature, leaves the model before", async () => {
  copyFileSync(file("net.keras"), file("live.keras"));
  const { address, said, stop, reload, until } = await served([file("live.keras")]);
  const before = await predicted(address, "live");
  copyFileSync(file("other.keras"), file("live.keras"));
  reload();
  await until(() => said.err.includes("live: loaded again"));
  const after = await predicted(address, "live");
  expect(after).not.toBe(before);
  for (const [bytes, why] of [
    ["damaged", "live: the model before stays."],
    ["longer", "another signature"],
  ]) {
    said.err = "";
    if (bytes === "damaged") writeFileSync(file("live.keras"), "no model");
    else copyFileSync(file(`${bytes}.keras`), file("live.keras"));
    reload();
    await until(() => said.err.includes(why));
    expect(await predicted(address, "live")).toBe(after);
  }
  await stop();
});

test("a model is not loaded again where memory may not hold it beside the one before", async () => {
  copyFileSync(file("net.keras"), file("large.keras"));
  const { address, said, stop, reload, until } = await served([file("large.keras")]);
  const before = await predicted(address, "large");
  copyFileSync(file("other.keras"), file("large.keras"));
  const free = vi.spyOn(process, "availableMemory").mockReturnValue(1000);
  reload();
  await until(() => said.err.includes("large: the model before stays."));
  expect(said.err).toMatch(/expected \d+ MB of memory for a second model, received 1 MB/);
  expect(await predicted(address, "large")).toBe(before);
  free.mockRestore();
  reload();
  await until(() => said.err.includes("large: loaded again"));
  await stop();
});

test("a file that changes is loaded without being told", async () => {
  copyFileSync(file("net.keras"), file("watched.keras"));
  const { address, said, stop, until } = await served([file("watched.keras")], { watch: true });
  const before = await predicted(address, "watched");
  copyFileSync(file("other.keras"), file("watched.keras"));
  await until(() => said.err.includes("watched: loaded again"));
  expect(await predicted(address, "watched")).not.toBe(before);
  await stop();
}, 20_000);

test("SIGTERM at the address ends it with 0, however early it comes", async () => {
  const main = join(import.meta.dirname, "../../dist/cli/main.js");
  for (let k = 0; k < 5; k++) {
    const server = spawn(process.execPath, [main, "serve", file("net.keras"), "--port", "0", "--drain", "1"]);
    server.stdout.once("data", () => server.kill("SIGTERM"));
    const [code, signal] = await once(server, "exit");
    expect([code, signal]).toEqual([0, null]);
  }
}, 60_000);

test("a change that comes during a load is loaded after it, once", async () => {
  copyFileSync(file("net.keras"), file("twice.keras"));
  const { address, said, stop, until, reload } = await served([file("twice.keras")]);
  reload();
  reload();
  reload();
  await until(() => said.err.split("twice: loaded again").length === 3);
  expect(typeof (await predicted(address, "twice"))).toBe("number");
  await stop();
  expect(said.err.split("twice: loaded again").length).toBe(3);
}, 20_000);

test("what cannot be served is told in a sentence that says what to do", async () => {
  const { say } = speaker("serve");
  const told = async (...words: string[]) => (await say("serve", ...words)).err;
  expect(await told(file("none.keras"))).toContain("none.keras");
  expect(await told(file("net.keras"), "--host", "0.0.0.0")).toContain("give --api-key");
  expect(await told(file("net.keras"), "--api-key", "short")).toContain("at least 16 characters");
  expect(await told(file("net.keras"), `net=${file("other.keras")}`)).toContain('two models have the name "net"');
  expect(await told(file("net.keras"), "--deadline", "0")).toContain("more than 0 seconds");
  expect(await told(file("net.keras"), "--max-wait", "0")).toContain("more than 0 seconds");
  expect(await told(file("net.keras"), "--port", "70000")).toContain("a port from 0 to 65535");
  const { address, stop } = await served([file("net.keras")]);
  expect(await told(file("net.keras"), "--port", new URL(address).port)).toContain("which is taken");
  await stop();
}, 30_000);
