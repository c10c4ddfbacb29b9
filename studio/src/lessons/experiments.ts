import { signal } from "@preact/signals";
import type { Padded, RaceSettings, Tell, TrainingState } from "../../../src/studio/messages.ts";
import { ask } from "../client.ts";
import { begin, end, race } from "../race.ts";
import { learned } from "../race-sentences.ts";
import { raceWanted } from "../race-settings.ts";
import { input, problem, trace } from "../state.ts";
import { type Forecasts, forecastErrors } from "./forecasts.ts";
import type { Experiment } from "./lesson-task.ts";

/** The answer that an experiment gives, from 0 among the lesson's choices, and its numbers in words. */
export interface Found {
  readonly choice: number;
  readonly facts: string;
}

type Say = (words: string) => void;

export const padded = signal<Padded | null>(null);
/** Where attention looked in a row, [T], beside the row's numbers and marks. */
export const attended = signal<{ row: readonly string[]; weights: Float32Array; loss: number } | null>(null);
export const overfitting = signal<readonly { dropout: number; state: TrainingState }[]>([]);
export const forecasts = signal<Forecasts | null>(null);

/** Runs an experiment on real networks, which says what it is doing; null where it could not be done. */
export const runExperiment = (name: Experiment, say: Say): Promise<Found | null> => runs[name](say);

const raceSettings: RaceSettings = {
  task: "adding",
  length: 50,
  equal: "units",
  units: 32,
  seeds: 1,
  steps: 600,
  seed: 1,
};

const runs: Readonly<Record<Experiment, (say: Say) => Promise<Found | null>>> = {
  async race(say) {
    attended.value = null;
    raceWanted.value = raceSettings;
    say("Three networks train on this page …");
    await begin(false);
    const state = race.value;
    if (state?.state !== "done") return null;
    const [rnn, lstm, gru] = ["simpleRnn", "lstm", "gru"].map(
      (cell) => learned(state.networks.find((one) => one.cell === cell)!.losses, state.baseline) > 0,
    );
    say("A network of attention alone trains on the same task …");
    await attention();
    const at = rnn ? (lstm && gru ? 0 : 4) : lstm && gru ? 1 : gru ? 2 : lstm ? 3 : 4;
    const losses = state.networks.map(({ cell, losses }) => `${names[cell]} ${losses[0].at(-1)!.toPrecision(2)}`);
    return { choice: at, facts: `Losses after ${state.step} steps: ${losses.join(", ")}; guessing has 0.17.` };
  },
  async padding() {
    const tell = await ask("padding", { input: input.value, zeros: 40, after: true });
    if (tell?.tell === "failed") problem.value = tell.problem;
    if (tell?.tell !== "padded") return null;
    const { without, masked, unmasked } = tell.padded;
    padded.value = tell.padded;
    const near = (other: Float32Array) => other.every((p, k) => Math.abs(p - without[k]) < 0.005);
    const last = without.length - 1;
    return {
      choice: near(masked) ? (near(unmasked) ? 2 : 0) : near(unmasked) ? 1 : 3,
      facts: paddingFacts(without[last], masked[last], unmasked[last]),
    };
  },
  async overfitting(say) {
    const seen: { dropout: number; state: TrainingState }[] = [];
    overfitting.value = [];
    for (const dropout of [0, 0.5]) {
      say(dropout === 0 ? "A network trains without dropout …" : "Another trains with dropout of 0.5 …");
      const state = await trained({ lab: "reviews", units: 32, rate: 0.01, steps: 250, dropout });
      if (!state) return null;
      seen.push({ dropout, state });
      overfitting.value = [...seen];
    }
    const { validation } = seen[0].state;
    const lowest = Math.min(...validation);
    const [first, last] = [validation[0], validation[validation.length - 1]];
    const choice = lowest >= first * 0.98 ? 3 : last > lowest * 1.15 ? 2 : last > lowest * 1.02 ? 1 : 0;
    const after = seen[1].state.validation;
    return {
      choice,
      facts: `On new sentences ${lowest.toFixed(2)} at best and ${last.toFixed(2)} in the end without dropout, ${Math.min(...after).toFixed(2)} and ${after[after.length - 1].toFixed(2)} with it.`,
    };
  },
  async forecast() {
    const found = forecastErrors(trace.value!);
    if (!found) return null;
    forecasts.value = found;
    const errors = found.rows.map(({ rmse }) => rmse);
    const facts = found.rows.map(({ name, rmse }) => `${name} ${rmse.toFixed(1)}`).join(", ");
    return { choice: errors.indexOf(Math.min(...errors)), facts: `RMSE in thousand passengers: ${facts}.` };
  },
};

const names = { simpleRnn: "simple RNN", lstm: "LSTM", gru: "GRU" } as const;

const paddingFacts = (without: number, masked: number, unmasked: number): string =>
  `Positive has ${without.toFixed(2)} for the words alone, ${masked.toFixed(2)} with 40 zeros that are masked, ${unmasked.toFixed(2)} with 40 that are read.`;

interface Training {
  readonly lab: "reviews" | "attention";
  readonly units: number;
  readonly rate: number;
  readonly steps: number;
  readonly dropout: number;
}

/** Trains a network, and gives its losses; null where it failed or was ended by another. */
async function trained(settings: Training): Promise<TrainingState | null> {
  const tell: Tell | null = await ask("train", { ...settings, cell: "lstm", seed: 1, paused: false });
  if (tell?.tell === "failed") problem.value = tell.problem;
  return tell?.tell === "done" ? (tell.training ?? null) : null;
}

/** The lane of attention: a network without recurrence on the same task, and where it looks in one row. */
async function attention(): Promise<void> {
  const state = await trained({ lab: "attention", units: 16, rate: 0.01, steps: 800, dropout: 0 });
  if (!state) return;
  const tell = await ask("attention", { input: attentionRow.join("; "), replace: null });
  if (tell?.tell === "failed") problem.value = tell.problem;
  if (tell?.tell !== "attended") return;
  const { weights } = tell.attention.layers[0];
  attended.value = { row: attentionRow, weights, loss: state.validation.at(-1)! };
}

/** 50 numbers of which two are marked, as a row of the task. */
const attentionRow = Array.from({ length: 50 }, (_, t) => {
  const number = ((t * 37 + 11) % 97) / 97;
  return t === 8 ? "0.83 1" : t === 34 ? "0.69 1" : `${number.toFixed(2)} 0`;
});

/** Ends what runs for a lesson that is left. */
export const endExperiment = (): void => end();
