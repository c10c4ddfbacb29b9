import { signal } from "@preact/signals";
import type { RaceFlow, RaceSettings, RaceState } from "../../src/studio/messages.ts";
import { ask } from "./client.ts";
import { flowSentence, raceSentence } from "./race-sentences.ts";
import { holdsAnew, raceWanted } from "./race-settings.ts";
import { problem, remember } from "./state.ts";

/** The race on screen, what it was asked for, and its gradient flow before any training and at the latest look. */
export const race = signal<RaceState | null>(null);
export const raceOf = signal<RaceSettings>(raceWanted.value);
export const fresh = signal<RaceFlow | null>(null);
export const flow = signal<RaceFlow | null>(null);
/** Told to those who hear the page: at each quarter, when it is held and at its end, not ten times a second. */
export const raceSpoken = signal("");

export function want(changes: Partial<RaceSettings>): void {
  raceWanted.value = { ...raceWanted.value, ...changes };
  remember();
}

/** Begins a race; held, it shows the gradient flow of networks that have learned nothing yet. */
export async function begin(paused: boolean): Promise<void> {
  problem.value = "";
  race.value = null;
  fresh.value = null;
  flow.value = null;
  raceOf.value = raceWanted.value;
  const over = ask("race", { ...raceWanted.value, paused }, { raced: hear });
  void look(); // asked at once, so that it is answered before the first step
  const tell = await over;
  if (tell?.tell === "failed") problem.value = tell.problem;
  else if (tell) await look();
}

function hear(state: RaceState): void {
  const before = race.value;
  race.value = state;
  const quarter = ({ step, steps }: RaceState) => Math.floor((4 * step) / steps);
  const news = !before || before.state !== state.state || quarter(before) !== quarter(state);
  if (news) raceSpoken.value = raceSentence(state, raceOf.value.length, raceOf.value.task);
  if (holdsAnew(before, state)) void look();
}

/** Asks for the gradient flow of this moment. */
export async function look(): Promise<void> {
  const tell = await ask("flow", {});
  if (tell?.tell !== "flowed") return;
  if (tell.flow.step === 0) fresh.value = tell.flow;
  flow.value = tell.flow;
  if (race.value?.state !== "running") raceSpoken.value = flowSentence(tell.flow);
}

export const end = (): void => void ask("cancel", {});
export const oneStep = (): void => void ask("step", {});
export const toggle = (): void => void ask("pause", { on: race.value?.state !== "paused" });

/** The race's keys: space begins, holds and lets go; the point is one step. Says whether the key is one of them. */
export function raceKey(key: string): boolean {
  const runs = race.value !== null && race.value.state !== "done";
  if (key === " ") runs ? toggle() : void begin(false);
  else if (key === "." && runs) oneStep();
  else return false;
  return true;
}
