import type { Compared, LayerRow } from "./compared.ts";
import type { Attention, Factored, Gradients, Parts } from "./explained.ts";
import type { NearStep, Step, UnitsSeen } from "./units-seen.ts";

export * from "./compared.ts";
export * from "./explained.ts";
export * from "./units-seen.ts";

/** A question to the engine. `id` comes back in every answer to it. */
export type Ask = Asks[keyof Asks];

/** The questions, by their names; each is sent as `{ id, ask, ... }`. */
export interface Asks {
  /** Opens the bytes of a model file, and for an architecture in JSON those of its weights; what was open before is closed. */
  open: { id: number; ask: "open"; name: string; bytes: Uint8Array; weights?: Uint8Array };
  /** Opens another model beside the open one, and compares the two, on an input too where one is given. */
  compare: { id: number; ask: "compare"; name: string; bytes: Uint8Array; weights?: Uint8Array; input: string };
  /** Reads an input and answers with what every recurrent layer did at each step. */
  trace: { id: number; ask: "trace"; input: string; clamp: Clamp | null; replace: Replace | null };
  /** The part of each step in one of the outputs, of null in the most probable: by integrated gradients and by occlusion. */
  attribute: {
    id: number;
    ask: "attribute";
    input: string;
    replace: Replace | null;
    baseline: BaselineName;
    target: number | null;
  };
  /** The gradient of one of the outputs that reaches each step. */
  gradients: { id: number; ask: "gradients"; input: string; replace: Replace | null; target: number | null };
  /** Where the attention layers of the model look. */
  attention: { id: number; ask: "attention"; input: string; replace: Replace | null };
  /** Groups of units of a cell that are active together while an input is read. */
  factors: { id: number; ask: "factors"; input: string; replace: Replace | null; cell: string };
  /** One step of one unit with every number of its gates' sums. */
  worked: {
    id: number;
    ask: "worked";
    input: string;
    replace: Replace | null;
    cell: string;
    step: number;
    unit: number;
  };
  /** The prediction for an input behind so many zeros of padding, with the mask and without it. */
  padding: { id: number; ask: "padding"; input: string; zeros: number; after: boolean };
  /** Compares the units of a cell, of the first one where it is null, with simple features over lines of text. */
  units: { id: number; ask: "units"; texts: readonly string[]; cell: string | null };
  /** The steps of the lines last looked at whose states are nearest to that of one step. */
  nearest: { id: number; ask: "nearest"; line: number; step: number };
  /** Continues a text: the most probable next words, and those after them. */
  write: { id: number; ask: "write"; prompt: string; top: number; depth: number; temperature: number };
  /** Reads a data file of the reader's, which labs train on; it stays with the engine. */
  data: { id: number; ask: "data"; name: string; bytes: Uint8Array };
  /** Trains a new network, on data that ship or that were dropped. */
  train: {
    id: number;
    ask: "train";
    lab: TrainLab;
    cell: CellName;
    units: number;
    rate: number;
    steps: number;
    seed: number;
    dropout: number;
    paused: boolean;
  };
  /** Holds the training, and puts the network back to what it was after a step that is kept. */
  rewind: { id: number; ask: "rewind"; step: number };
  /** Trains simple RNN, LSTM and GRU on the same memory task, side by side; the open model stays as it is. */
  race: { id: number; ask: "race"; paused: boolean } & RaceSettings;
  /** The gradient flow of the networks of the latest race as they are now. */
  flow: { id: number; ask: "flow" };
  /** Holds the training or the race, or lets it run. */
  pause: { id: number; ask: "pause"; on: boolean };
  /** One training step, then held. */
  step: { id: number; ask: "step" };
  /** Ends the training or the race; the open model stays as it is. */
  cancel: { id: number; ask: "cancel" };
  /** The open model as the bytes of a `.keras` file. */
  save: { id: number; ask: "save" };
  /** The engine's version: a page that was kept from an earlier one says so. */
  hello: { id: number; ask: "hello" };
}

/** A gate held at a value, at one step or at all (null), of one unit or of all (null); steps and units from 0. `h` at 0 silences a unit. */
export interface Clamp {
  readonly cell: string;
  readonly gate: string;
  readonly step: number | null;
  readonly unit: number | null;
  readonly value: number;
}

/** A step, from 0, read as another one: a word, an id, or the numbers of a step. */
export interface Replace {
  readonly step: number;
  readonly by: string;
}

/** The input of no information that parts are measured from: zeros, or the mean word or value. */
export const baselineNames = ["zeros", "mean"] as const;
export type BaselineName = (typeof baselineNames)[number];

/** Labs that train on the page: with data that ship, and the last four with data that the reader gives. */
export const trainLabs = [
  "pass-fail",
  "next-value",
  "five-sentences",
  "four-lines",
  "airline",
  "adding",
  "recall",
  "attention",
  "reviews",
  "text",
  "imdb",
  "dialogues",
  "series",
] as const;
export type TrainLab = (typeof trainLabs)[number];
export const cellNames = ["lstm", "gru", "simpleRnn"] as const;
export type CellName = (typeof cellNames)[number];

/** Tasks of a race: the sum of two marked numbers; a symbol that was shown at the first step. */
export const raceTasks = ["adding", "recall"] as const;
export type RaceTask = (typeof raceTasks)[number];
/** That in which the networks of a race are alike: units, or about the parameters of the LSTM with that many units. */
export const raceEquals = ["units", "parameters"] as const;
export type RaceEqual = (typeof raceEquals)[number];

/** A race of simple RNN, LSTM and GRU. */
export interface RaceSettings {
  readonly task: RaceTask;
  /** Steps of a sequence, T. */
  readonly length: number;
  readonly equal: RaceEqual;
  readonly units: number;
  /** Networks of each kind: of seed, seed + 1, ... */
  readonly seeds: number;
  /** Steps of training. */
  readonly steps: number;
  readonly seed: number;
}

/** An answer of the engine: to the question `id`, about the model of that version. */
export type Tell = { [K in keyof Tells]: { id: number; model: number; tell: K } & Tells[K] }[keyof Tells];

/** Contents of the answers, by their names. */
export interface Tells {
  opened: { about: About };
  traced: { trace: StudioTrace };
  worked: { worked: Worked };
  attributed: { parts: Parts };
  reached: { gradients: Gradients };
  attended: { attention: Attention };
  factored: { factors: Factored };
  units: { units: UnitsSeen };
  data: { data: DroppedAbout };
  padded: { padded: Padded };
  near: { nearest: readonly NearStep[] };
  compared: { compared: Compared };
  written: { tree: NextWord[]; unknown: readonly string[] };
  progress: { training: TrainingState };
  raced: { race: RaceState };
  flowed: { flow: RaceFlow };
  done: { training?: TrainingState; race?: RaceState; bytes?: Uint8Array };
  hello: { version: string };
  failed: { problem: string };
}

/** The open model as the page shows it. */
export interface About {
  readonly name: string;
  /** The task that saved it; null for a model alone. */
  readonly task: string | null;
  /** The form in which its input is typed. */
  readonly input: "words" | "characters" | "numbers" | "ids" | "none";
  /** Why it cannot be read step by step; empty where it can. */
  readonly refusal: string;
  /** Numbers that a step of `numbers` has. */
  readonly features: number;
  /** Names of these numbers; empty where they have none. */
  readonly columns: readonly string[];
  /** An input to begin with. */
  readonly example: string;
  /** Whether the page made it up: the file has none. */
  readonly madeUp: boolean;
  readonly layers: readonly LayerRow[];
  readonly parameters: number;
  readonly backend: string;
  /** Whether the model continues texts. */
  readonly writes: boolean;
  /** Names of the outputs; empty where there are too many to name. */
  readonly labels: readonly string[];
  readonly canSave: boolean;
}

/** Values of one cell over the steps that are shown, each [T * H], row-major: `values.f[t * units + unit]`. */
export interface CellTrace {
  readonly name: string;
  readonly kind: string;
  readonly direction: "forward" | "backward";
  readonly units: number;
  readonly values: Readonly<Record<string, Float32Array>>;
  /** The part that is left at step t of all that step s wrote, summed over units without signs, [T * T] at `s * T + t`; null for cells without a ledger. */
  readonly left: Float32Array | null;
}

/** The prediction after each step; one row only where the model has none before its end. */
export interface StepOutputs {
  readonly labels: readonly string[];
  /** [rows * labels.length] */
  readonly values: Float32Array;
  /** `each`: after every step; `end`: after the last alone. */
  readonly at: "each" | "end";
  /** The meaning of the numbers. */
  readonly kind: "probability" | "value";
  /** For a vocabulary: the most probable words after each step; the labels are then empty. */
  readonly words: readonly (readonly NextWord[])[] | null;
}

/** A trace as the page draws it. */
export interface StudioTrace {
  readonly input: string;
  readonly steps: readonly Step[];
  /** The part of a long input that was left out, in words; empty if none was. */
  readonly note: string;
  /** The gate that was held, and the step that was replaced, if one was. */
  readonly clamp: Clamp | null;
  readonly replace: Replace | null;
  /** The task's own answer in words, where that is more than the output. */
  readonly answer: string;
  readonly cells: readonly CellTrace[];
  readonly outputs: StepOutputs;
  /** The outputs without what is held or replaced; null where nothing is. */
  readonly before: StepOutputs | null;
  /** The array that the model was given, with its padding, row-major; and those of its other inputs. */
  readonly given: Given;
  readonly others: readonly Given[];
  /** Training steps that the model had taken when it was traced; null for a model that came trained. */
  readonly trainedSteps: number | null;
  readonly milliseconds: number;
}

/** An array as a model was given it. */
export interface Given {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A gate's sum: its largest products, all others as one number, the bias. */
export interface WorkedSum {
  readonly name: string;
  readonly activation: string;
  readonly terms: readonly {
    readonly from: "x" | "h";
    readonly index: number;
    readonly value: number;
    readonly weight: number;
    readonly product: number;
  }[];
  readonly others: number;
  readonly othersCount: number;
  /** All products with what is read at the step, and all with the units' outputs at the step before. */
  readonly fromInput: number;
  readonly fromBefore: number;
  readonly bias: number;
  readonly sum: number;
  readonly value: number;
}

/** One step of one unit, worked out. */
export interface Worked {
  readonly cell: string;
  readonly step: number;
  readonly unit: number;
  readonly gates: readonly WorkedSum[];
  readonly text: string;
  readonly latex: string;
}

/** A possible next word with those after it. */
export interface NextWord {
  readonly token: string;
  readonly probability: number;
  readonly next?: readonly NextWord[];
}

/** Predictions of one input without padding and behind it: the same weights with the mask, and with padding read as a word. */
export interface Padded {
  /** The outputs' names, [K]. */
  readonly labels: readonly string[];
  /** [K] each. */
  readonly without: Float32Array;
  readonly masked: Float32Array;
  readonly unmasked: Float32Array;
}

/** A data file that was read: reviews with classes, dialogues by their utterances, lines of text, or the numbers of a table's column. */
export interface DroppedAbout {
  readonly kind: "reviews" | "dialogues" | "text" | "series";
  /** The column of a series. */
  readonly column?: string;
  readonly name: string;
  readonly rows: number;
}

/** A simple answer that a network has to be better than, in words, and its loss. */
export interface Baseline {
  readonly words: string;
  readonly loss: number;
}

/** A training that runs, or ended. */
export interface TrainingState {
  readonly state: "running" | "paused" | "done";
  readonly step: number;
  readonly steps: number;
  /** Steps of an epoch, one pass over the rows. */
  readonly epochSteps: number;
  /** The steps after which the network is kept as it was, to go back to. */
  readonly kept: Float64Array;
  /** The memory that these take, in bytes. */
  readonly keptBytes: number;
  /** The latest accuracy, on rows held out where there are some; null where it is not measured. */
  readonly accuracy: number | null;
  /** Step numbers of the points, and the loss at each. */
  readonly at: Float64Array;
  readonly loss: Float64Array;
  /** Loss on rows that are not trained on, at the same points; empty where the lab has none. */
  readonly validation: Float64Array;
  readonly stepsPerSecond: number;
  readonly baseline: Baseline;
}

/** A race that runs, or ended. */
export interface RaceState {
  readonly state: "running" | "paused" | "done";
  readonly step: number;
  readonly steps: number;
  /** The steps of training after which the losses were measured. */
  readonly at: Float64Array;
  readonly networks: readonly RaceNetwork[];
  /** The loss of who has learned nothing. */
  readonly baseline: number;
}

/** One kind of network in a race. */
export interface RaceNetwork {
  readonly cell: CellName;
  readonly units: number;
  readonly parameters: number;
  readonly learningRate: number;
  /** For each seed, the loss on rows that are not trained on, at the race's `at`. */
  readonly losses: readonly Float64Array[];
}

/** The gradient of the output that reaches each step, in the networks of a race. */
export interface RaceFlow {
  /** Steps of training at the time. */
  readonly step: number;
  readonly networks: readonly {
    readonly cell: CellName;
    /** The state that carries the memory: h, in an LSTM c. */
    readonly state: "h" | "c";
    /** For each seed, [T]: the mean norm over rows at each step, divided by that at the last one. */
    readonly shares: readonly Float64Array[];
  }[];
}
