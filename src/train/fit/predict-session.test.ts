import { expect, test } from "vitest";
import { NdArray } from "../../tensor/nd-array.ts";
import { type PredictSession, PredictSessions } from "./predict-session.ts";

const rows = (length: number) => [new NdArray(new Float32Array(length), [1, length])];

/** A session that only says how large it is, and whether it was freed. */
function fake(words: number) {
  const session = { words, freed: false, free: () => Object.assign(session, { freed: true }) };
  return session;
}
const asSession = (session: object) => session as unknown as PredictSession;

test("programs for many lengths are kept while they are small", () => {
  const sessions = new PredictSessions();
  const made = Array.from({ length: 200 }, () => fake(1000));
  for (const [k, session] of made.entries()) sessions.keep(rows(k + 1), asSession(session));
  expect(made.every(({ freed }) => !freed)).toBe(true);
  for (const [k, session] of made.entries()) expect(sessions.find(rows(k + 1))).toBe(session);
  sessions.free();
  expect(made.every(({ freed }) => freed)).toBe(true);
  expect(sessions.find(rows(1))).toBeUndefined();
});

test("of large programs eight are kept; a ninth takes the place of all before", () => {
  const sessions = new PredictSessions();
  const made = Array.from({ length: 9 }, () => fake(2 ** 24));
  for (const [k, session] of made.entries()) sessions.keep(rows(k + 1), asSession(session));
  expect(made.map(({ freed }) => freed)).toEqual([...Array(8).fill(true), false]);
  expect(sessions.find(rows(2))).toBeUndefined();
  expect(sessions.find(rows(9))).toBe(made[8]);
});
