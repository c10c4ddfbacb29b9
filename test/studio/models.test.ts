/** The trained models of the studio's cards: small, and written by the present writer, which gives the same bytes again. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mostBytes, packed, rounded } from "../../scripts/studio/pack-model.mjs";
import { modelBytes } from "../../src/formats/index.ts";
import { loadModel } from "../../src/index.ts";

const folder = join(import.meta.dirname, "../../studio/models");
const names = readdirSync(folder).filter((name) => name.endsWith(".keras"));

describe("the studio's models", () => {
  const date = process.env.SOURCE_DATE_EPOCH;
  beforeAll(() => {
    process.env.SOURCE_DATE_EPOCH = "1767225600"; // that of scripts/studio-models.mjs
  });
  afterAll(() => {
    if (date === undefined) delete process.env.SOURCE_DATE_EPOCH;
    else process.env.SOURCE_DATE_EPOCH = date;
  });

  test.each(names)("%s", async (name) => {
    const bytes = new Uint8Array(readFileSync(join(folder, name)));
    expect(bytes.length).toBeLessThanOrEqual(mostBytes);
    const model = await loadModel(bytes);
    const again = packed(await modelBytes(model, name, model.assets));
    expect(Buffer.compare(again, bytes)).toBe(0);
    const untaught = ["airline.keras", "adding.keras"]; // too small to be rounded
    const numbers = model.getWeights().flatMap(({ data }) => Array.from(data));
    if (!untaught.includes(name)) expect(numbers.find((v) => rounded(v) !== v)).toBeUndefined();
    expect(numbers.every(Number.isFinite)).toBe(true);
  });
});
