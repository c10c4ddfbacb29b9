import { CellstateError, type ErrorCode } from "../../errors.ts";

/** A request that is refused, with its status; each protocol writes it its own way. */
export class HttpProblem extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The field of the body it is about, where there is one. */
  readonly field: string | null;

  constructor(status: number, message: string, more: { headers?: Record<string, string>; field?: string } = {}) {
    super(message);
    this.status = status;
    this.headers = more.headers ?? {};
    this.field = more.field ?? null;
  }
}

/** A failure as data for any protocol. */
export interface Told {
  readonly status: number;
  readonly message: string;
  readonly code: string;
  readonly field: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

const ours: Partial<Record<ErrorCode, number>> = {
  CELLSTATE_BUSY: 429,
  CELLSTATE_BACKEND: 500,
  CELLSTATE_DISPOSED: 503,
  CELLSTATE_NOT_FINITE: 500,
};

/** An error as it is told to a client. What nobody expected is told without its words: they may speak of this machine. */
export function toldOf(error: unknown): Told {
  if (error instanceof HttpProblem) {
    const { status, message, field, headers } = error;
    return { status, message, code: codes[status] ?? "ERROR", field, headers };
  }
  if (error instanceof CellstateError) {
    const status = ours[error.code] ?? 400;
    const headers: Record<string, string> = status === 429 ? { "Retry-After": "1" } : {};
    return { status, message: error.message, code: error.code, field: error.toJSON().option ?? null, headers };
  }
  return { status: 500, message: "The server failed; its log says why.", code: "INTERNAL", field: null, headers: {} };
}

const codes: Readonly<Record<number, string>> = {
  400: "BAD_REQUEST",
  401: "UNAUTHORIZED",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  405: "METHOD_NOT_ALLOWED",
  408: "TOO_SLOW",
  413: "TOO_LARGE",
  415: "UNSUPPORTED_MEDIA_TYPE",
  421: "WRONG_HOST",
  429: "TOO_MANY_REQUESTS",
  431: "HEADERS_TOO_LARGE",
  503: "NOT_READY",
  504: "DEADLINE",
};
