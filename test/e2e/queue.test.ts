/** `cellstate tune --queue` and `backtest --queue` on a real redis-server with BullMQ: workers and Redis killed, and what is said where something is missing. `npm run soak -- queue --count 1000` is the long one. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { cellstate, killWorkers, redisIn, whyNoQueue } from "../soak/queue.mjs";

const why = await whyNoQueue();
if (why) console.log(`searches on Redis are not tried: ${why}`);

const folder = mkdtempSync(join(tmpdir(), "cellstate-queue-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const rows = Array.from({ length: 20 }, (_, k) => (k % 2 ? "a good film,good" : "a bad film,bad"));
writeFileSync(join(folder, "reviews.csv"), `review,label\n${rows.join("\n")}\n`);
const say = (...words: string[]) => cellstate(words, { cwd: folder }).ended;
const tune = (trials: number, ...words: string[]) =>
  say("tune", "classify", "reviews.csv", "--trials", `${trials}`, "--epochs", "3", ...words);

describe.skipIf(why !== null)("a search on Redis", { timeout: 300_000 }, () => {
  test("workers and Redis are killed, and tables, trials, the model and the chart are those of one process", async () => {
    const { right, says } = await killWorkers({
      count: 10,
      kills: 3,
      seed: 5,
      longEpochs: 12,
      leastSeconds: 0,
      folds: 4,
    });
    expect({ right, says }).toEqual({ right: true, says: expect.any(String) });
  });

  test("halving waits for its rungs, a second person watches, and the same command again finds all done", async () => {
    const redis = await redisIn(folder);
    try {
      const alone = await tune(9, "--folder", "alone");
      const worker = cellstate(["worker", "--queue", redis.url], { cwd: folder });
      const spread = await tune(9, "--folder", "spread", "--queue", redis.url);
      expect({ code: spread.code, out: spread.out }).toEqual({ code: 0, out: alone.out });
      const watched = await say("worker", "--queue", redis.url, "--watch");
      expect(watched.out).toMatch(
        /^1 worker: .*-\d+\n\ntune classify reviews.csv \(\w{8}\): 12 done, 0 running, 0 waiting\n/,
      );
      expect(watched.out).toContain(alone.out.trim());
      worker.child.kill("SIGTERM");
      expect(await worker.ended).toMatchObject({
        code: 0,
        err: expect.stringContaining("trial 8, epochs 1: accuracy"),
      });
      const again = await tune(9, "--folder", "again", "--queue", redis.url); // nobody works: Redis knows the results
      expect({ code: again.code, out: again.out }).toEqual({ code: 0, out: alone.out });
    } finally {
      await redis.kill();
    }
  });

  test("a backtest of many series has the report of one process; its folds are watched; one network is not spread", async () => {
    const month = (t: number) => new Date(Date.UTC(2020, t, 1)).toISOString().slice(0, 10);
    const sales = (id: string, t: number) => `${id},${month(t)},${(50 + 9 * Math.sin(t / 2) + id.length).toFixed(1)}`;
    const table = ["north", "south", "west"].flatMap((id) => Array.from({ length: 40 }, (_, t) => sales(id, t)));
    writeFileSync(join(folder, "sales.csv"), `id,month,sold\n${table.join("\n")}\n`);
    writeFileSync(join(folder, "holidays.txt"), "2021-01-01\n2022-01-01\n");
    const model = ["--horizon", "2", "--units", "2", "--epochs", "1", "--folds", "2", "--holidays", "holidays.txt"];
    const words = ["backtest", "sales.csv", "--series", "id", "--json", ...model];
    const redis = await redisIn(folder);
    try {
      const worker = cellstate(["worker", "--queue", redis.url, "--files", folder], { cwd: tmpdir() });
      const spread = await say(...words, "--queue", redis.url);
      expect(spread).toEqual({ ...(await say(...words)), err: "" });
      expect(JSON.parse(spread.out).folds).toHaveLength(2);
      const watched = await say("worker", "--queue", redis.url, "--watch");
      expect(watched.out).toMatch(
        /backtest sales.csv \(\w{8}\): 2 done, 0 running, 0 waiting\nfold 1 of 2: trained without/,
      );
      const [line] = (await say("worker", "--queue", redis.url, "--watch", "--json")).out.split("\n");
      expect(JSON.parse(line)).toMatchObject({ counts: { done: 2 }, trials: [], folds: [{ fold: 1 }, { fold: 2 }] });
      worker.child.kill("SIGTERM");
      expect((await worker.ended).code).toBe(0);
      expect((await say(...words, "--no-refit", "--queue", redis.url)).err).toContain("One network is trained");
    } finally {
      await redis.kill();
    }
  });

  test("a worker that cannot see the files says so and ends, and another does its job", async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), "cellstate-queue-elsewhere-"));
    const redis = await redisIn(elsewhere);
    try {
      const search = cellstate(
        ["tune", "classify", "reviews.csv", "--trials", "2", "--epochs", "1", "--folder", "two", "--queue", redis.url],
        { cwd: folder },
      );
      const blind = await say("worker", "--queue", redis.url, "--files", elsewhere);
      expect({ code: blind.code, err: blind.err }).toEqual({
        code: 1,
        err: expect.stringContaining("say where such files lie here: --files FOLDER"),
      });
      writeFileSync(join(elsewhere, "reviews.csv"), "review,label\nother,good\n");
      expect((await say("worker", "--queue", redis.url, "--files", elsewhere)).err).toContain(
        "has other contents than where",
      );
      const able = cellstate(["worker", "--queue", redis.url, "--files", folder], { cwd: elsewhere });
      expect(await search.ended).toMatchObject({ code: 0, err: expect.stringContaining("which cannot be read here") });
      able.child.kill("SIGINT");
      expect((await able.ended).code).toBe(0);
    } finally {
      await redis.kill();
      rmSync(elsewhere, { recursive: true, force: true });
    }
  });

  test("a worker whose Redis has gone ends at the first SIGTERM, idle or with a trial under way, and says so", async () => {
    const redis = await redisIn(folder);
    let begun = () => {};
    const busy = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const search = ["tune", "classify", "reviews.csv", "--trials", "1", "--epochs", "100000", "--folder", "gone"];
    const asks = cellstate([...search, "--queue", redis.url], { cwd: folder });
    const works = cellstate(["worker", "--queue", redis.url], { cwd: folder });
    const watch = setInterval(async () => {
      if (/1 running/.test((await say("worker", "--queue", redis.url, "--watch")).out)) begun();
    }, 1000);
    await busy;
    clearInterval(watch);
    let joined = () => {};
    const ready = new Promise<void>((resolve) => {
      joined = resolve;
    });
    const idle = cellstate(["worker", "--queue", redis.url], { cwd: folder, seen: () => joined() });
    await ready;
    await redis.kill();
    for (const { child } of [idle, works]) child.kill("SIGTERM");
    for (const { ended } of [idle, works])
      expect(await ended).toMatchObject({ code: 0, err: expect.stringContaining("Redis does not answer; the worker") });
    asks.child.kill("SIGKILL");
    await asks.ended;
  });

  test("a Redis that is not there, asks for a password, or is none, is told with what to do", async () => {
    const locked = await redisIn(folder, ["--requirepass", "secret"]);
    try {
      expect((await say("worker", "--queue", locked.url)).err).toContain("Type redis://user:password@host:port.");
      const right = await say("worker", "--queue", locked.url.replace("//", "//default:secret@"), "--watch", "--json");
      expect(right).toMatchObject({ code: 0, err: "" });
    } finally {
      await locked.kill();
    }
    const gone = await tune(1, "--queue", locked.url);
    expect(gone.code).toBe(1);
    expect(gone.err).toContain("no Redis answers there (ECONNREFUSED)");
    expect(gone.err).toContain("redis-server --appendonly yes");
    expect((await tune(1, "--queue", "http://127.0.0.1")).err).toContain("expected the address of a Redis server");
  });
});
