/** Files that the system refuses: what the library and the command line say of each. A worker of its own: it replaces Node's files. */
import { rmSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { readCsv, readLines, writeCsv } from "../../src/data/index.ts";
import { CellstateError } from "../../src/errors.ts";
import { dense, input, loadModel, loadTask, loadWeights, sequential, textClassifier } from "../../src/index.ts";
import { speaker } from "../e2e/say.ts";
import { thrownBy } from "../error-cases.ts";

/** The error code of every read, or every write: `EMFILE`, for example. */
const refuse = vi.hoisted(() => ({ read: "", write: "" }));
vi.mock("node:fs/promises", async (load) => {
  const real = await load<typeof import("node:fs/promises")>();
  const refusing =
    <A extends unknown[], R>(doing: "read" | "write", work: (...given: A) => Promise<R>) =>
    async (...given: A): Promise<R> => {
      const code = refuse[doing];
      if (code === "") return work(...given);
      throw Object.assign(new Error(`${code}: refused, '${given[0]}'`), { code, path: String(given[0]) });
    };
  const replaced = {
    ...real,
    readFile: refusing("read", real.readFile as (path: string) => Promise<Buffer>),
    open: refusing("write", real.open as (path: string) => Promise<never>),
    writeFile: refusing("write", real.writeFile as (path: string, bytes: Uint8Array) => Promise<void>),
  };
  return { ...replaced, default: replaced };
});

const { folder, file, say } = speaker("refused-files");
const model = () => sequential([input([2]), dense(1)]);
beforeAll(async () => {
  await model().save(file("model.keras"));
  await writeCsv(file("rows.csv"), { columns: ["text", "label"], rows: [["good", "yes"]] });
  const task = textClassifier({ units: 2, backend: "js" });
  await task.fit(["good", "very good", "bad", "very bad"], ["yes", "yes", "no", "no"], { epochs: 1, verbose: 0 });
  await task.save(file("task.keras"));
});
afterEach(() => void Object.assign(refuse, { read: "", write: "" }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read: Readonly<Record<string, () => unknown>> = {
  loadModel: () => loadModel(file("model.keras")),
  loadWeights: () => loadWeights(model(), file("model.keras")),
  loadTask: () => loadTask(file("task.keras")),
  readCsv: () => readCsv(file("rows.csv")),
  readLines: () => readLines(file("rows.csv")),
};
const written: Readonly<Record<string, () => unknown>> = {
  "model.save": () => model().save(file("new.keras")),
  writeCsv: () => writeCsv(file("new.csv"), { columns: ["a"], rows: [[1]] }),
};
const commands: Readonly<Record<string, readonly string[]>> = {
  predict: ["predict", file("task.keras"), "good"],
  summary: ["summary", file("model.keras")],
  "train classify": ["train", "classify", file("rows.csv"), "--epochs", "1", "--save", file("no.keras")],
};

const readAdvice = {
  EMFILE: /received too many open files \(EMFILE\)\.\n {2}Allow more of them: ulimit -n 1024$/,
  ENFILE: /received too many open files \(ENFILE\)\.\n {2}Close other programs/,
  EACCES: /received one that may not be read\.\n {2}Change its permissions: chmod u\+r FILE\.$/,
  ENOENT: /received none of that name\.\n {2}Paths are relative to \//,
  EISDIR: /received a folder\.\n {2}Name the files in it/,
  EIO: /received a disk that fails \(EIO\)\.\n {2}Look after the disk/,
};
const writeAdvice = {
  EMFILE: /received too many open files \(EMFILE\)\.\n {2}Allow more of them: ulimit -n 1024/,
  EACCES: /received no permission to write there\.\n {2}Save under another path, or change the permissions/,
  ENOSPC: /received a full disk\.\n {2}Free some space\./,
};

describe.each(Object.entries(readAdvice))("reading is refused with %s", (code, advice) => {
  test.each(Object.entries(read))("%s says what to do", async (_, work) => {
    refuse.read = code;
    const error = (await thrownBy(work)) as CellstateError;
    expect(error).toBeInstanceOf(CellstateError);
    expect(error.message).toMatch(advice);
    expect(error.message).toContain(folder);
    expect(error.cause).toMatchObject({ code });
    expect(error.code === "CELLSTATE_FILE_NOT_FOUND").toBe(code === "ENOENT");
  });
  test.each(Object.entries(commands))("cellstate %s says what to do, in one message", async (_, words) => {
    refuse.read = code;
    const { err, code: status } = await say(...words);
    expect([err.trimEnd(), status]).toEqual([expect.stringMatching(advice), 1]);
    expect(err).not.toContain("    at ");
  });
});

describe.each(Object.entries(writeAdvice))("writing is refused with %s", (code, advice) => {
  test.each(Object.entries(written))("%s says what to do", async (_, work) => {
    refuse.write = code;
    const error = (await thrownBy(work)) as CellstateError;
    expect(error).toBeInstanceOf(CellstateError);
    expect(error.message).toMatch(advice);
    expect(error.cause).toMatchObject({ code });
  });
  test("cellstate convert says what to do, in one message", async () => {
    refuse.write = code;
    const { err, code: status } = await say("convert", file("model.keras"), file("new.keras"));
    expect([err.trimEnd(), status]).toEqual([expect.stringMatching(advice), 1]);
  });
});
