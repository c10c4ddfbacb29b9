import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  BackendError,
  CellstateError,
  chooseBackend,
  DataError,
  dense,
  errorCodes,
  FormatError,
  input,
  loadModel,
  lstm,
  ShapeError,
  sequential,
} from "./index.ts";

const thrown = async (work: () => unknown): Promise<CellstateError> => {
  try {
    await work();
  } catch (error) {
    expect(error).toBeInstanceOf(CellstateError);
    return error as CellstateError;
  }
  throw new Error("nothing was thrown");
};
const model = () => sequential([input([3, 1]), lstm(2), dense(1)]);
const compiled = () => {
  const made = model();
  made.compile({ loss: "mse", optimizer: "sgd", backend: "js" });
  return made;
};
const x = [[[1], [2], [3]]];

describe("an error says its parts", () => {
  test("an unknown option: which, and the one that was meant, on one line", async () => {
    const error = await thrown(() => lstm(8, { unitz: 3 } as object));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(/^lstm: unknown option "unitz"\.\n {2}Options: /);
    const near = await thrown(() => lstm(8, { dropuot: 0.2 } as object));
    expect(near.message).toMatch(/^lstm: unknown option "dropuot"\. Did you mean "dropout"\?\n {2}Options: /);
    expect(near.toJSON()).toMatchObject({ name: "DataError", who: "lstm", option: "dropuot" });
    expect(JSON.parse(JSON.stringify(near)).code).toBe("CELLSTATE_UNKNOWN_OPTION");
  });

  test("a value that an option cannot have", async () => {
    const error = await thrown(() => lstm(8, { dropout: 20 }));
    expect(error.toJSON()).toMatchObject({
      ...{ code: "CELLSTATE_INVALID_OPTION", who: "lstm", option: "dropout", received: "20" },
      next: "For 20 % write 0.2.",
    });
  });

  test.each<[string, () => unknown, typeof CellstateError]>([
    ["CELLSTATE_INVALID_SHAPE", () => compiled().predict([[1, 2]]), ShapeError],
    ["CELLSTATE_INVALID_DATA", () => compiled().predict([[[1], [Number.NaN], [3]]]), DataError],
    ["CELLSTATE_INVALID_FILE", () => loadModel(new Uint8Array(100)), FormatError],
    ["CELLSTATE_FILE_NOT_FOUND", () => loadModel("no such file.keras"), FormatError],
    ["CELLSTATE_BACKEND", () => chooseBackend("warp" as "js"), BackendError],
    ["CELLSTATE_NOT_COMPILED", () => model().fit(x, [1]), DataError],
    [
      "CELLSTATE_BUSY",
      () => {
        const one = compiled();
        const fit = one.fit(x, [1], { verbose: 0, epochs: 2 });
        try {
          one.compile({ loss: "mse" });
        } finally {
          void fit;
        }
      },
      DataError,
    ],
    [
      "CELLSTATE_DISPOSED",
      () => {
        const one = compiled();
        one.dispose();
        return one.predict(x);
      },
      DataError,
    ],
    ["CELLSTATE_NOT_FINITE", () => compiled().fit(x, [1e30], { verbose: 0, epochs: 3 }), DataError],
  ])("%s", async (code, work, kind) => {
    const error = await thrown(work);
    expect(error.code).toBe(code);
    expect(error).toBeInstanceOf(kind);
    expect(error.toJSON().who).not.toBe("");
  });

  test("docs/errors.md has every code, and no other", () => {
    const page = readFileSync(new URL("../docs/errors.md", import.meta.url), "utf8");
    const rows = [...page.matchAll(/^\| `(CELLSTATE_\w+)` \| (\w+) \|/gm)].map(([, code]) => code);
    expect(rows.sort()).toEqual([...errorCodes].sort());
  });
});
