import { DataError, invalidOption } from "../errors.ts";
import type { BatchingOptions } from "./batching/batched.ts";
import { completeOptions } from "./complete-options.ts";
import type { Servable } from "./served/served-model.ts";

/** A place for what the server tells of its work. A logger of pino is one. */
export interface ServerLog {
  /** Requests, reloads. */
  info(about: Readonly<Record<string, unknown>>, message: string): void;
  /** Refusals, slow and broken requests. */
  warn(about: Readonly<Record<string, unknown>>, message: string): void;
  /** Failures of the server. */
  error(about: Readonly<Record<string, unknown>>, message: string): void;
}

/** Options of `inferenceServer`. */
export interface InferenceServerOptions {
  /** Models by name: tasks as `loadTask` returns them, or models as `loadModel` does. */
  models: Readonly<Record<string, Servable>>;
  /** Keys, each of at least 16 characters; a request has one, as `Authorization: Bearer KEY`. Default: none, everybody may ask. */
  apiKeys?: readonly string[];
  /** Host headers that are answered (against DNS rebinding), with their ports. Default null: all; whoever mounts it decides. */
  hosts?: readonly string[] | null;
  /** Pages that may ask, by their origin. Default: none. */
  origins?: readonly string[];
  /** The path that all routes are below, as `"/ml"`: where it is mounted in a program that has others. Default: none. */
  basePath?: string;
  /** Bytes of a body at most. Default 4 MiB. */
  maxBody?: number;
  /** Seconds until a body must be there, or the next part of a stream. Default 30. */
  bodyTimeout?: number;
  /** Rows of a request at most; a stream of lines has no end. Default 10,000. */
  maxRows?: number;
  /** Steps of a row at most: of a sequence, of frames, of ids (413). Default 20,000. */
  maxSteps?: number;
  /** Tokens of a written text at most. Default 4,096. */
  maxTokens?: number;
  /** Seconds until a request is given up (504); `X-Request-Timeout` of a request can make it less. Default 60. */
  deadline?: number;
  /** Seconds that a request may have to wait for its turn; one that would wait longer is refused at once (429). Default 2. */
  maxWait?: number;
  /** Requests under way at most (429). Default 1,000. */
  maxRequests?: number;
  /** Sequences whose states are kept at most. Default 1,000. */
  maxSequences?: number;
  /** Seconds after which a sequence that nobody continues is forgotten. Default 300. */
  sequenceIdle?: number;
  /** Limits of batches. Default: those of `batched`. */
  batching?: Omit<BatchingOptions, "onBatch">;
  /** Where refusals and failures are told. Default: nowhere. */
  log?: ServerLog | null;
}

/** Options, complete. */
export type ReadOptions = Required<Omit<InferenceServerOptions, "models">>;

const usual: ReadOptions = {
  apiKeys: [],
  hosts: null,
  origins: [],
  basePath: "",
  maxBody: 4 * 2 ** 20,
  bodyTimeout: 30,
  maxRows: 10_000,
  maxSteps: 20_000,
  maxTokens: 4096,
  deadline: 60,
  maxWait: 2,
  maxRequests: 1000,
  maxSequences: 1000,
  sequenceIdle: 300,
  batching: {},
  log: null,
};

/** Throws DataError for an unknown option, and for a number that is none above 0. */
export function readServerOptions(options: InferenceServerOptions): ReadOptions {
  const read = completeOptions("inferenceServer", options, usual, { also: ["models"] });
  if (/^(\/[\w.~-]+)*$/.test(read.basePath)) return read;
  const next = "It begins with a slash and ends without one.";
  throw new DataError(invalidOption("inferenceServer", "basePath", 'a path as "/ml"', String(read.basePath), next));
}
