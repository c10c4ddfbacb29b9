/** A request as the server reads it: of the web's Request, or of node:http, whose requests come without the cost of one. */
export interface Asked {
  /** GET, POST and so on. */
  readonly method: string;
  /** The whole address. */
  readonly url: URL;
  /** A header; null where there is none. */
  header(name: string): string | null;
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal;
  /** The body; null where there can be none. */
  readonly body: BodyReader | null;
}

/** A body, part by part. */
export interface BodyReader {
  /** The next part; null at the end. Rejects where the body breaks off. */
  read(): Promise<Uint8Array | null>;
  /** Gives up the rest. */
  cancel(): void;
}

/** An answer before it is written. */
export interface Answer {
  /** The status of HTTP. */
  readonly status: number;
  /** Headers by name; whoever writes them adds the length. */
  readonly headers: Record<string, string>;
  /** A text, the parts of a stream, or nothing. */
  readonly body: string | ReadableStream<Uint8Array> | null;
}

/** A request of the web. */
export function askedOf(request: Request): Asked {
  const { method, headers, signal } = request;
  let reader: BodyReader | null = null;
  return {
    method,
    url: new URL(request.url),
    header: (name) => headers.get(name),
    signal,
    get body() {
      if (!reader && request.body) reader = readerOf(request.body);
      return reader;
    },
  };
}

function readerOf(body: ReadableStream<Uint8Array>): BodyReader {
  const reader = body.getReader();
  return {
    async read() {
      const { done, value } = await reader.read();
      return done ? null : value;
    },
    cancel: () => void reader.cancel().catch(() => {}),
  };
}

/** The web's Response of an answer. */
export const responseOf = ({ status, headers, body }: Answer): Response => new Response(body, { status, headers });

/** Whether the body of an answer is a stream. */
export const isStream = ({ body }: Answer): boolean => body instanceof ReadableStream;
