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

test("what is done to the network is in the link; what is no gate, step or value is left out, and said", () => {
  const { link, notes } = readLink("#v=1&view=read&lab=sentiment&step=4&hold=1.f.4.all.0.95&instead=5.not.bad");
  expect(notes).toEqual([]);
  expect(link).toMatchObject({
    hold: { cell: 1, gate: "f", step: 4, unit: null, value: 0.95 },
    instead: { step: 5, by: "not.bad" },
  });
  expect(readLink(writeLink(link)).link).toEqual(link);
  for (const wrong of ["1.f.4.all.2", "0.f.4.all.0.5", "1.__proto__.4.all.0.5", "1.f.4.all", "1.f.4.all.1e9"]) {
    const read = readLink(`#v=1&view=read&lab=sentiment&hold=${wrong}`);
    expect(read.link.hold, wrong).toBeUndefined();
    expect(read.notes[0]).toContain("The link's hold is left out");
  }
});

test("a link of a thousand unknown parts says so in six lines", () => {
  const { notes } = readLink(`#v=1&${Array.from({ length: 1000 }, (_, k) => `part${k}=1`).join("&")}`);
  expect(notes).toHaveLength(6);
  expect(notes[5]).toBe("So are 995 other unknown parts.");
});
