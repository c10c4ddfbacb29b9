import type { IncomingMessage, ServerResponse } from "node:http";
import type { Answer, Asked, BodyReader } from "./exchange.ts";

/** A request of node:http; null for one that names another server in its first line, or is no request for an answer. */
export function askedOfNode(incoming: IncomingMessage, signal: AbortSignal): Asked | null {
  const { method = "GET", url = "/", headers } = incoming;
  if (method === "TRACE" || method === "CONNECT") return null;
  const host = /^[\w.:[\]-]+$/.test(headers.host ?? "") ? headers.host! : "unknown";
  // An absolute address in the request line names another host than the Host header: only paths are answered.
  if (!url.startsWith("/") || !URL.canParse(url, `http://${host}`)) return null;
  const bare = method === "GET" || method === "HEAD";
  return {
    method,
    url: new URL(`http://${host}${url}`),
    header: (name) => textOf(headers[name]),
    signal,
    body: bare ? null : new NodeBody(incoming),
  };
}

const textOf = (value: string | string[] | undefined): string | null =>
  value === undefined ? null : typeof value === "string" ? value : value.join(", ");

/** The client's address: that of the connection, or what the first of so many proxies in front of this server has written down. */
export function addressOf({ socket, headers }: IncomingMessage, proxies = 0): string {
  const own = socket.remoteAddress ?? "";
  if (proxies === 0) return own;
  const told = (textOf(headers["x-forwarded-for"]) ?? "").split(",").at(-proxies)?.trim().slice(0, 100) || own;
  const [, v6, v4] = /^(?:\[(.+)\]|([\d.]+))(?::\d+)?$/.exec(told) ?? []; // some add the port, of which there are many
  return v6 ?? v4 ?? told;
}

class NodeBody implements BodyReader {
  readonly #incoming: IncomingMessage;

  constructor(incoming: IncomingMessage) {
    this.#incoming = incoming;
  }

  read(): Promise<Uint8Array | null> {
    const incoming = this.#incoming;
    const part = incoming.read() as Uint8Array | null;
    if (part) return Promise.resolve(part);
    if (incoming.readableEnded) return Promise.resolve(null);
    if (incoming.destroyed) return Promise.reject(brokenOff());
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => () => {
        for (const [name, listener] of Object.entries(listeners)) incoming.off(name, listener);
        act();
      };
      const listeners = {
        readable: settle(() => resolve(this.read())),
        end: settle(() => resolve(null)),
        close: settle(() => reject(brokenOff())),
        error: settle(() => reject(brokenOff())),
      };
      for (const [name, listener] of Object.entries(listeners)) incoming.on(name, listener);
    });
  }

  cancel(): void {
    this.#incoming.pause();
  }
}

const brokenOff = () => new Error("The body broke off.");

/** Writes an answer; a stream as fast as the client reads it. Of a HEAD only what would come is told. */
export async function writeAnswer({ status, headers, body }: Answer, outgoing: ServerResponse): Promise<void> {
  if (body !== null && typeof body !== "string") {
    outgoing.writeHead(status, headers);
    await pump(body, outgoing);
    outgoing.end();
  } else {
    outgoing.writeHead(status, { ...headers, "Content-Length": Buffer.byteLength(body ?? "") });
    outgoing.end(outgoing.req.method === "HEAD" ? "" : (body ?? ""));
  }
}

/** Writes a body as fast as the client reads it. */
async function pump(body: ReadableStream<Uint8Array>, outgoing: ServerResponse): Promise<void> {
  const reader = body.getReader();
  outgoing.on("close", () => void reader.cancel().catch(() => {}));
  for (;;) {
    const { done, value } = await reader.read();
    if (done || outgoing.destroyed) return;
    if (!outgoing.write(value))
      await new Promise<void>((resolve) => {
        outgoing.once("drain", resolve);
        outgoing.once("close", resolve);
      });
  }
}

const unread = 1_000; // ms that the rest of a refused body may take to come

/**
 * A body that was refused unread would be taken for the next request: what is still on its way is let pass and forgotten, or ends the
 * connection where it does not come soon. Closed at once, the client would lose the answer with the connection.
 */
export function passUnread(incoming: IncomingMessage, outgoing: ServerResponse): void {
  if (incoming.complete) return;
  const end = () => incoming.destroy();
  outgoing.once("finish", () => {
    if (incoming.complete) return;
    const timer = setTimeout(end, unread);
    timer.unref?.();
    incoming.once("close", () => clearTimeout(timer));
    incoming.once("end", () => clearTimeout(timer));
    incoming.resume();
  });
}
