import { type Recording, readWav } from "../../data/index.ts";
import { asNdArray } from "../../index.ts";
import type { TranscriberInput } from "../../transcribe/index.ts";
import { HttpProblem } from "../http/problem.ts";
import type { Fields, Schema } from "../http/schema.ts";
import { inputSteps, type ServedModel } from "../served/served-model.ts";
import { answerBodies } from "./answer-bodies.ts";
import { type Ask, ownError, type Route } from "./route.ts";
import { checkRows, checkSteps, oneField } from "./rows-asked.ts";

const frames: Schema = { type: "array", minItems: 1, description: "Frames, oldest first: [T, F]." };

/** The fields of one input. */
export const inputFields = {
  frames,
  samples: { type: "array", minItems: 1, description: "A recording, samples from -1 to 1; with sampleRate." },
  sampleRate: { type: "number", minimum: 1, maximum: 1_000_000, description: "Samples a second." },
  wav: { type: "string", description: "A recording as the bytes of a WAV file, in base64." },
} as const satisfies Readonly<Record<string, Schema>>;

const body: Schema = {
  type: "object",
  additionalProperties: false,
  properties: {
    ...inputFields,
    sequences: { type: "array", minItems: 1, items: frames, description: "Frames of several inputs." },
    top: { type: "integer", minimum: 1, maximum: 100, description: "So many transcripts, best first. Default 1." },
    beamWidth: {
      type: "integer",
      minimum: 1,
      maximum: 200,
      description: "Label sequences that the search keeps at each step. Default 20.",
    },
  },
};

/** `POST /models/{model}/transcribe`. */
export const transcribeRoute: Route = {
  method: "POST",
  path: "/models/{model}/transcribe",
  summary: "The transcript of frames or of a recording; the JSON of cellstate predict --json.",
  body,
  lines: true,
  queues: true,
  errors: ownError,
  async answer(ask) {
    const served = ask.serving.model(ask.path.model);
    served.task("transcribe", "sequenceTranscriber");
    return answerBodies(ask, body, (one, own) => transcribed(served, one, own));
  },
};

/** The answer to one body: an object for an input, a list of them for several. */
async function transcribed(served: ServedModel, given: Fields, { serving, signal, begun }: Ask): Promise<unknown> {
  const name = oneField(given, ["frames", "sequences", "samples", "wav"]);
  const inputs: TranscriberInput[] =
    name === "sequences" ? (given.sequences as unknown[]).map(framesOf) : [inputOf(name, given)];
  checkRows(inputs, serving.limits);
  checkSteps(Math.max(...inputs.map(inputSteps)), serving.limits);
  const { top = 1, beamWidth } = given as { top?: number; beamWidth?: number };
  const options = { topPaths: top, ...(beamWidth ? { beamWidth } : {}) };
  const found = await served.transcripts!.ask(inputs, options, { signal, begun });
  return name === "sequences" ? { predictions: found } : found[0];
}

/** One input of a transcriber, by the field that has it. */
export function inputOf(name: "frames" | "samples" | "wav", given: Fields): TranscriberInput {
  if (name === "frames") return framesOf(given.frames);
  if (name === "wav") return readWav(bytesOf(given.wav as string));
  const { samples, sampleRate } = given as { samples: unknown; sampleRate?: number };
  if (sampleRate === undefined) throw new HttpProblem(400, 'Expected "sampleRate" beside "samples".');
  const { rank, data } = asNdArray(samples as number[], { who: "samples" });
  if (rank === 1) return { samples: Float32Array.from(data), sampleRate } as Recording;
  throw new HttpProblem(400, 'Expected "samples" as one list of numbers.', { field: "samples" });
}

const framesOf = (value: unknown): TranscriberInput => asNdArray(value as number[][], { who: "frames" });

function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  } catch {
    throw new HttpProblem(400, 'Expected base64 as "wav".', { field: "wav" });
  }
}
