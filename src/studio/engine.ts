import { CellstateError, DataError, FormatError, fault, problem } from "../errors.ts";
import { type BackendName, chooseBackend, version as ownVersion } from "../index.ts";
import { compareModels } from "./compare.ts";
import { attentionOf, factorsOf, gradientsOf, partsOf } from "./explain-input.ts";
import { type Inspected, inspectUnits } from "./inspect-units.ts";
import { type DroppedData, labs, readDropped } from "./labs/index.ts";
import type { Ask, Tell, Tells } from "./messages.ts";
import { type OpenModel, openFile } from "./open-model.ts";
import { padInput } from "./padding.ts";
import { Race } from "./race.ts";
import { readAsk } from "./read-ask.ts";
import { traceInput, workOut } from "./trace-input.ts";
import { Training } from "./training.ts";
import { writeTree } from "./write-tree.ts";

/** Sends an answer; the buffers may be handed over, for nobody here needs them any more. */
export type Send = (message: Tell, transfer: ArrayBuffer[]) => void;

/** The studio's engine: owns one open model, and answers messages about it. The same in a page's worker and behind a local server. */
export interface Engine {
  /** Takes a message of any shape; what is wrong with it is answered, never thrown. */
  ask(message: unknown): Promise<void>;
}

/**
 * Makes an engine. Each answer carries the `id` of its question and the version of the model it is about, one more with every
 * model that opens: who asks drops what is stale.
 *
 *   const engine = createEngine((message) => postMessage(message));
 *   await engine.ask({ id: 1, ask: "open", name: "film.keras", bytes });
 */
export function createEngine(send: Send, options: { backend?: BackendName } = {}): Engine {
  let version = 0;
  let open: OpenModel | null = null;
  let training: Training | null = null;
  let race: Race | null = null;
  let inspected: { of: OpenModel; found: Inspected } | null = null; // the lines last looked at
  const latest = new Map<string, number>(); // the latest question of each kind that is asked again with every input
  let dropped: DroppedData | null = null;
  let latestTraining = 0;
  let opening: Promise<void> = Promise.resolve(); // what is asked meanwhile is about the model that opens

  const tell = <K extends keyof Tells>(id: number, kind: K, what: Tells[K]) => {
    send({ id, model: version, tell: kind, ...what } as unknown as Tell, buffersIn(what));
  };
  const need = (what: string): OpenModel => {
    if (open) return open;
    throw new DataError(problem(`studio ${what}`, "an open model", "none", "Open one first."));
  };

  /** A training or a race, to be held or ended; the one that begins ends the other. */
  const inTraining = () => [training, race].filter((one) => one !== null);
  const endTraining = () => {
    for (const { control } of inTraining()) control.end();
  };
  const states = (): Tells["done"] => ({
    ...(training ? { training: training.state() } : {}),
    ...(race ? { race: race.state() } : {}),
  });

  /** The model at rest: between two steps of its training, if it has one. */
  const atRest = <T>(asked: OpenModel, work: () => Promise<T>): Promise<T> =>
    training?.open === asked ? training.control.between(work) : work();

  /** Looks at the open model, unless the same was asked again meanwhile, or another model is open. */
  const look = async (id: number, what: string, work: (asked: OpenModel) => Promise<void>): Promise<void> => {
    latest.set(what, id);
    await opening;
    const asked = need(what);
    await nextTurn(); // so that a question typed meanwhile is known
    if (id !== latest.get(what) || asked !== open) return tell(id, "done", {});
    await atRest(asked, () => work(asked));
  };

  const answers: { [K in Ask["ask"]]: (message: Extract<Ask, { ask: K }>) => Promise<void> } = {
    async open({ id, name, bytes, weights }) {
      training?.control.end();
      const found = chooseBackend(options.backend).then(({ description }) =>
        openFile(name, bytes, description, weights),
      );
      opening = found.then(
        (model) => {
          open = model;
          version++;
        },
        () => {},
      );
      tell(id, "opened", { about: (await found).about });
    },
    async compare({ id, name, bytes, weights, input }) {
      await look(id, "compare", async (asked) => {
        const other = await openFile(name, bytes, asked.about.backend, weights);
        tell(id, "compared", { compared: await compareModels(asked, other, input) });
      });
    },
    async trace({ id, input, ...changes }) {
      await look(id, "trace", async (asked) => {
        const trainedSteps = training?.open === asked ? training.state().step : null;
        tell(id, "traced", { trace: { ...(await traceInput(asked, input, changes)), trainedSteps } });
      });
    },
    async worked({ id, input, ...place }) {
      await opening;
      const asked = need("worked");
      tell(id, "worked", { worked: await atRest(asked, () => workOut(asked, input, place)) });
    },
    async attribute({ id, ...given }) {
      await look(id, "attribute", async (asked) => tell(id, "attributed", { parts: await partsOf(asked, given) }));
    },
    async gradients({ id, ...given }) {
      await look(id, "gradients", async (asked) => tell(id, "reached", { gradients: await gradientsOf(asked, given) }));
    },
    async attention({ id, ...given }) {
      await look(id, "attention", async (asked) =>
        tell(id, "attended", { attention: await attentionOf(asked, given) }),
      );
    },
    async factors({ id, ...given }) {
      await look(id, "factors", async (asked) => tell(id, "factored", { factors: await factorsOf(asked, given) }));
    },
    async padding({ id, ...given }) {
      await opening;
      const asked = need("padding");
      tell(id, "padded", { padded: await atRest(asked, () => padInput(asked, given)) });
    },
    async units({ id, texts, cell }) {
      await opening;
      const asked = need("units");
      const found = await atRest(asked, () => inspectUnits(asked, texts, cell));
      inspected = { of: asked, found };
      tell(id, "units", { units: found.seen });
    },
    async nearest({ id, line, step }) {
      if (!inspected || inspected.of !== open)
        throw new DataError(problem("studio nearest", "lines that were looked at", "none", "Look at the units first."));
      tell(id, "near", { nearest: inspected.found.nearest(line, step) });
    },
    async write({ id, prompt, top, depth, temperature }) {
      await opening;
      const asked = need("write");
      tell(id, "written", await atRest(asked, () => writeTree(asked, prompt, { top, depth, temperature })));
    },
    async data({ id, name, bytes }) {
      const read = await readDropped(name, bytes);
      dropped = read;
      tell(id, "data", { data: read.about });
    },
    async train({ id, ...given }) {
      endTraining();
      latestTraining = id;
      const backend = (await chooseBackend(options.backend)).description;
      const run = await labs[given.lab](given, dropped);
      if (id !== latestTraining) return tell(id, "done", {}); // another began meanwhile
      endTraining();
      training = new Training(given, run, backend, (state) => tell(id, "progress", { training: state }));
      const begun = training;
      open = begun.open;
      version++;
      tell(id, "opened", { about: begun.open.about });
      await begun.run();
      tell(id, "done", { training: begun.state() });
    },
    async rewind({ id, step }) {
      if (!training) throw new DataError(problem("studio rewind", "a training", "none", "Begin one first."));
      await training.rewind(step);
      tell(id, "done", states());
    },
    async race({ id, ...given }) {
      endTraining();
      latestTraining = id;
      race?.dispose();
      const begun = new Race(given, (state) => tell(id, "raced", { race: state }));
      race = begun;
      await begun.run();
      tell(id, "done", { race: begun.state() });
    },
    async flow({ id }) {
      const asked = race;
      if (!asked) throw new DataError(problem("studio flow", "a race", "none", "Begin one first."));
      const flow = await asked.flow();
      if (flow && asked === race) tell(id, "flowed", { flow });
      else tell(id, "done", {});
    },
    async pause({ id, on }) {
      for (const { control } of inTraining()) control.pause(on);
      tell(id, "done", states());
    },
    async step({ id }) {
      for (const { control } of inTraining()) control.oneStep();
      tell(id, "done", states());
    },
    async cancel({ id }) {
      endTraining();
      tell(id, "done", states());
    },
    async save({ id }) {
      await opening;
      const asked = need("save");
      const { modelBytes } = await import("../formats/index.ts");
      const { model } = asked;
      const bytes = await atRest(asked, () => modelBytes(model, "model.keras", model.assets));
      tell(id, "done", { bytes });
    },
    async hello({ id }) {
      tell(id, "hello", { version: ownVersion });
    },
  };

  return {
    async ask(message) {
      const given = (message as { id?: unknown } | null)?.id;
      const id = Number.isSafeInteger(given) ? (given as number) : -1;
      try {
        const asked = readAsk(message);
        await (answers[asked.ask] as (message: Ask) => Promise<void>)(asked);
      } catch (error) {
        tell(id, "failed", { problem: said(error) });
      }
    },
  };
}

/** An error as its reader sees it: in full where it is about what they did. */
function said(error: unknown): string {
  if (error instanceof CellstateError) return error.message;
  const { message = String(error) } = (error ?? {}) as Error;
  return String(
    new FormatError(fault("studio", `this went wrong: ${message}`, "Please report it, with the file.")).message,
  );
}

const nextTurn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/** The buffers of the arrays somewhere in an answer, each once. */
function buffersIn(value: unknown, found = new Set<ArrayBuffer>()): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer && value.byteLength === value.buffer.byteLength) found.add(value.buffer);
  } else if (typeof value === "object" && value !== null)
    for (const part of Object.values(value)) buffersIn(part, found);
  return [...found];
}
