/** Every reader at sizes where a scan inside a loop would last minutes: it reads them, or refuses them in its own words. */
import { describe, expect, test } from "vitest";
import { CellstateError } from "../../src/errors.ts";
import { thorough } from "../thorough.ts";
import { kinds } from "./kinds.ts";

const parts = thorough ? 8000 : 900; // 20,000 layers, or 9,000 modules, took over a minute each

/** HDF5's own library takes its time to write files of many groups. */
const slowlyMade = (name: string) => name.startsWith(".h5") || name.startsWith(".keras: groups");

describe(`files of ${parts} parts`, () => {
  for (const [name, make] of Object.entries(kinds))
    test(name, async () => {
      const { read } = await make(slowlyMade(name) && !thorough ? parts / 6 : parts);
      const failed = await Promise.resolve()
        .then(read)
        .then(
          () => null,
          (error: unknown) => error,
        );
      if (failed) expect(failed, String((failed as Error).stack)).toBeInstanceOf(CellstateError);
    });
});
