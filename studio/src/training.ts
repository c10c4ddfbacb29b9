import { signal } from "@preact/signals";
import faq from "../../assets/lstm-faq.txt?raw";
import type { DroppedAbout, TrainingState } from "../../src/studio/messages.ts";
import { ask } from "./client.ts";
import { engineLab, labCard } from "./page-labs.ts";
import { input, problem, readInput, takeOpened, trainedWith } from "./state.ts";
import { trainingWanted } from "./training-settings.ts";

/** The training on screen. */
export const training = signal<TrainingState | null>(null);
/** The data file that the reader gave; it lies with the engine. */
export const dropped = signal<DroppedAbout | null>(null);

const between = 500; // ms between two looks at the gates
let looked = 0;
let looking = false;

/** Begins the training that is wanted, held or not; resolves when it is over. */
export async function startTraining(paused: boolean, settings = trainingWanted.value): Promise<void> {
  problem.value = "";
  training.value = null;
  if (settings.lab === "faq" && !(await giveData("questions about LSTMs", new TextEncoder().encode(faq)))) return;
  if (settings.lab === "faq") dropped.value = null; // not the reader's
  const tell = await ask(
    "train",
    { ...settings, lab: engineLab(settings.lab), paused },
    {
      opened(tell) {
        takeOpened(tell, null);
        trainedWith.value = settings;
        if (tell.tell === "opened") input.value = tell.about.example;
      },
      progress(state) {
        training.value = state;
        void look(state.state !== "running");
      },
    },
  );
  if (tell?.tell === "failed") problem.value = tell.problem;
  else if (tell) await look(true);
}

/** Traces the example with the weights of this moment. */
async function look(now: boolean): Promise<void> {
  if (looking || (!now && performance.now() - looked < between)) return;
  looking = true;
  await readInput();
  looking = false;
  looked = performance.now();
}

/** Reads a data file; says whether it could be. */
export async function giveData(name: string, bytes: Uint8Array): Promise<boolean> {
  const tell = await ask("data", { name, bytes });
  if (tell?.tell === "failed") problem.value = tell.problem;
  if (tell?.tell !== "data") return false;
  problem.value = "";
  dropped.value = tell.data;
  return true;
}

/** Whether the lab that is wanted has the data that it needs. */
export function hasData(): boolean {
  const { needs } = labCard(trainingWanted.value.lab);
  if (!needs) return true;
  const kind = dropped.value?.kind;
  return kind === needs.kind || (needs.kind === "text" && kind === "dialogues");
}

/** Goes back to the network after a step that is kept, and shows it. */
export async function rewind(step: number): Promise<void> {
  const tell = await ask("rewind", { step });
  if (tell?.tell === "failed") problem.value = tell.problem;
  if (tell?.tell !== "done" || !tell.training) return;
  training.value = tell.training;
  await look(true);
}
