/** A link from a stranger: whatever its hash, what is read of it is sound, and what is left out is said in a few lines. */
import { expect, test } from "vitest";
import { longestInput } from "../../src/studio/read-ask.ts";
import { labs, readLink, views, writeLink } from "../../studio/src/link.ts";
import { fuzzSeeds } from "../hostile.ts";
import { strangeHash } from "./strange-hash.ts";

test("any hash is read to a link within its bounds, which a link written from it says again", () => {
  for (const seed of fuzzSeeds(300)) {
    const hash = strangeHash(seed);
    const { link, notes } = readLink(hash);
    expect(views, hash).toContain(link.view);
    if (link.lab !== null) expect(labs, hash).toContain(link.lab);
    for (const place of [link.step, link.unit, link.cell])
      if (place !== null) expect(Number.isInteger(place) && place >= 1 && place < 1e6, hash).toBe(true);
    expect(link.input?.length ?? 0).toBeLessThanOrEqual(longestInput);
    expect(notes.every((note) => note.length < 300)).toBe(true);
    const { link: again, notes: none } = readLink(writeLink(link));
    expect(again, hash).toEqual(link);
    expect(none, hash).toEqual([]);
  }
});

test("a link of a thousand unknown parts says so in six lines", () => {
  const { notes } = readLink(`#v=1&${Array.from({ length: 1000 }, (_, k) => `part${k}=1`).join("&")}`);
  expect(notes).toHaveLength(6);
  expect(notes[5]).toBe("So are 995 other unknown parts.");
});
