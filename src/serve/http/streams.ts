import type { Answer } from "./exchange.ts";

/** Time that text is gathered before a frame of it is sent, in ms: fewer frames, and nobody sees the difference. */
const flush = 15;

/** Text that may wait for a client that reads slowly; then the work waits. */
const most = 65_536; // characters

/** Writes a part of a stream; resolves when there is room for more. */
export type Write = (text: string) => Promise<void>;

/**
 * A response that is written as it is made: each text that `write` is given goes out within 15 ms, or when the client reads. Where the
 * client leaves, the signal is aborted; where the work fails, `failed` says what is written last.
 */
export function streamed(
  type: string,
  work: (write: Write, signal: AbortSignal) => Promise<void>,
  failed: (error: unknown) => string,
  signal: AbortSignal,
): Answer {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const encoder = new TextEncoder();
  let gathered = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  let room: (() => void)[] = [];
  const leave = () => {
    for (const resolve of room) resolve();
    room = [];
  };
  const send = (controller: ReadableStreamDefaultController<Uint8Array>, last = false) => {
    clearTimeout(timer);
    timer = undefined;
    if (stop.signal.aborted || gathered === "") return leave();
    if (!last && (controller.desiredSize ?? 0) <= 0) return; // it is sent when the client has read
    const text = gathered;
    gathered = ""; // first: the stream may ask for more at once
    controller.enqueue(encoder.encode(text));
    leave();
  };
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const write: Write = async (text) => {
        gathered += text;
        if (gathered.length < most) timer ??= setTimeout(send, flush, controller);
        else send(controller);
        if (gathered.length >= most && !both.aborted) await new Promise<void>((resolve) => room.push(resolve));
      };
      void work(write, both)
        .catch((error) => {
          gathered += failed(error);
        })
        .finally(() => {
          send(controller, true);
          if (!stop.signal.aborted) controller.close();
        });
    },
    pull: (controller) => {
      if (timer === undefined || gathered.length >= most) send(controller);
    },
    cancel: () => {
      stop.abort(new Error("The client left."));
      leave();
    },
  });
  signal.addEventListener("abort", leave, { once: true });
  const headers = { "Content-Type": type, "Cache-Control": "no-store", "X-Accel-Buffering": "no" };
  return { status: 200, headers, body };
}

export const eventStream = "text/event-stream; charset=utf-8";
export const lineStream = "application/x-ndjson; charset=utf-8";

/** One server-sent event. */
export const event = (data: unknown): string => `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;

export const line = (data: unknown): string => `${JSON.stringify(data)}\n`;
