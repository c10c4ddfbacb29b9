import type { Answer, Asked } from "../http/exchange.ts";
import type { Told } from "../http/problem.ts";
import type { BodyLimits } from "../http/read-body.ts";
import type { Fields, Schema } from "../http/schema.ts";
import type { Metrics } from "../metrics.ts";
import type { Sequences } from "../served/sequences.ts";
import type { ServedModel } from "../served/served-model.ts";

/** Bounds of what one request may ask. */
export interface RequestLimits extends BodyLimits {
  /** The path that the routes are below. */
  readonly basePath: string;
  /** Tokens of a text that is written at most. */
  readonly maxTokens: number;
  /** Rows of a request at most. */
  readonly maxRows: number;
  /** Steps of a row at most. */
  readonly maxSteps: number;
}

/** The part of the server that a route needs. */
export interface Serving {
  readonly limits: RequestLimits;
  readonly metrics: Metrics;
  readonly sequences: Sequences;
  readonly begun: number; // s since 1970
  readonly ready: boolean;
  /** Requests under way. */
  readonly active: number;
  names(): string[];
  /** Throws HttpProblem (404) for a name that is not served. */
  model(name: string): ServedModel;
}

/** A request that has passed the checks. */
export interface Ask {
  readonly request: Asked;
  /** The parts of the path that a route names. */
  readonly path: Readonly<Record<string, string>>;
  /** The body, checked by the route's schema; empty where it has none. */
  readonly body: Fields;
  /** Aborted when the client leaves, and at the deadline. */
  readonly signal: AbortSignal;
  /** Called when its work begins: until then it waits, and others behind it. */
  begun(): void;
  /** Has something done when the request ends, a stream with its last part. */
  atEnd(act: () => void): void;
  /** The caller, for what is kept of it. */
  readonly owner: string;
  readonly serving: Serving;
}

/** The way a protocol writes errors. */
export type ErrorForm = (told: Told) => unknown;

/** A request that the server answers. */
export interface Route {
  readonly method: "GET" | "POST";
  /** `{name}` stands for a part of the path. */
  readonly path: string;
  readonly summary: string;
  readonly body?: Schema;
  /** The fields of a body that is more than JSON. */
  read?(bytes: Uint8Array, request: Asked): unknown;
  /** Whether the body may be a stream of lines. */
  readonly lines?: boolean;
  /** Whether it is answered without a key, and while the server stops: probes. */
  readonly open?: boolean;
  /** Whether it waits in a queue of its model, and says when it has begun. */
  readonly queues?: boolean;
  readonly errors: ErrorForm;
  answer(ask: Ask): Promise<Answer> | Answer;
}

/** JSON with a status. */
export const json = (value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: { "Content-Type": "application/json; charset=utf-8", "X-Content-Type-Options": "nosniff", ...headers },
  body: JSON.stringify(value),
});

/** Errors as `{ "error": "..." }`: Open Inference Protocol, TensorFlow Serving. */
export const plainError: ErrorForm = ({ message }) => ({ error: message });

/** Errors of our own routes. */
export const ownError: ErrorForm = ({ message, code, field }) => ({
  error: { code, message, ...(field ? { field } : {}) },
});
