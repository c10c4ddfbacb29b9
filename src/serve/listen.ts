import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { DataError, problem } from "../errors.ts";
import { listen as listenAt, loopbackNames } from "../local-server/index.ts";
import type { InferenceServer } from "./inference-server.ts";

/** Options of `listen`. */
export interface ListenOptions {
  /** Port. Default 8080; 0 takes a free one. */
  port?: number;
  /** Address to listen on. Default 127.0.0.1, this machine alone. */
  host?: string;
  /** Seconds until the headers of a request must be there. Default 10. */
  headersTimeout?: number;
  /** Seconds that an idle connection is kept. Default 65, a little longer than usual balancers keep theirs. */
  idleTimeout?: number;
  /** Connections at once at most; others wait to be accepted. Default 2,000. */
  maxConnections?: number;
}

/** A server on a port. */
export interface Listening {
  /** Its address: `http://127.0.0.1:8080`. */
  readonly address: string;
  /** The port it listens on. */
  readonly port: number;
  /** Refuses new requests, waits up to `drain` seconds for those under way (default 10), and closes. */
  close(drain?: number): Promise<void>;
}

/** Names under which a server on this host and port is asked; null where anything will do. */
export const hostNames = (host: string, port: number): string[] | null =>
  ["127.0.0.1", "localhost", "::1"].includes(host) ? loopbackNames(port) : null;

/**
 * Puts a server on a port of Node, Bun or Deno (by node:http), with time-outs for slow clients. `make` is given the port, for a list of
 * hosts. Throws DataError where the port is taken.
 *
 *   const { address, close } = await listen(() => inferenceServer({ models }), { port: 8080 });
 */
export async function listen(make: (port: number) => InferenceServer, options: ListenOptions = {}): Promise<Listening> {
  const { port = 8080, host = "127.0.0.1", headersTimeout = 10, idleTimeout = 65, maxConnections = 2000 } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new DataError(problem("listen: port", "a port from 0 to 65535", String(port)));
  const { createServer } = await import("node:http");
  let server: InferenceServer | null = null;
  const http = createServer(
    { headersTimeout: 1000 * headersTimeout, requestTimeout: 0, connectionsCheckingInterval: 1000 },
    (request, response) => void answer(server!, request, response),
  );
  http.keepAliveTimeout = 1000 * idleTimeout;
  http.maxHeadersCount = 100;
  http.maxConnections = maxConnections;
  http.on("clientError", (_, socket) => {
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    else socket.destroy();
  });
  await listenAt(http, port, host);
  const bound = (http.address() as { port: number }).port;
  try {
    server = make(bound);
  } catch (error) {
    await closed(http);
    throw error;
  }
  const watch = watchLoop((late) => server!.noteDelay(late));
  const name = host.includes(":") ? `[${host}]` : host;
  return {
    address: `http://${name}:${bound}`,
    port: bound,
    async close(drain = 10) {
      await server.drain(drain);
      clearInterval(watch);
      await closed(http);
    },
  };
}

/**
 * The server as a handler of node:http's requests, for express, Fastify, Koa and others that are built on it. It reads the body itself: mount it
 * before whatever parses bodies.
 *
 *   app.all("/ml/*path", nodeHandler(inferenceServer({ models, basePath: "/ml" }))); // express 5
 */
export const nodeHandler =
  (server: InferenceServer) =>
  (request: IncomingMessage, response: ServerResponse): void =>
    void answer(server, request, response);

/** Asks ten times a second how many seconds late the event loop comes. */
function watchLoop(note: (late: number) => void): ReturnType<typeof setInterval> {
  const every = 0.1; // s
  let due = performance.now() / 1000 + every;
  const timer = setInterval(() => {
    const now = performance.now() / 1000;
    note(Math.max(0, now - due));
    due = now + every;
  }, 1000 * every);
  timer.unref?.();
  return timer;
}

const closed = (http: Server): Promise<void> =>
  new Promise((resolve) => {
    http.close(() => resolve());
    http.closeIdleConnections();
    setTimeout(() => http.closeAllConnections(), 200).unref?.(); // answers on their way are out by then
  });

/** A request of node:http as the web's Request, and the Response back. */
async function answer(server: InferenceServer, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const left = new AbortController();
  outgoing.on("close", () => {
    if (!outgoing.writableFinished) left.abort();
  });
  try {
    const request = await requestOf(incoming, left.signal);
    if (!request) return refuse(outgoing);
    const response = await server.fetch(request, { address: incoming.socket.remoteAddress ?? "" });
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    if (!response.body) return void outgoing.end();
    await pump(response.body, outgoing);
    outgoing.end();
    // A body that was refused unread would be taken for the next request.
    if (!incoming.complete) outgoing.once("finish", () => incoming.destroy());
  } catch {
    outgoing.destroy();
  }
}

function refuse(outgoing: ServerResponse): void {
  outgoing.writeHead(400, { Connection: "close" });
  outgoing.end();
}

async function requestOf(incoming: IncomingMessage, signal: AbortSignal): Promise<Request | null> {
  const { method = "GET", url = "/", headers } = incoming;
  const host = /^[\w.:[\]-]+$/.test(headers.host ?? "") ? headers.host! : "unknown";
  // An absolute address in the request line names another host than the Host header: only paths are answered.
  if (!url.startsWith("/") || !URL.canParse(url, `http://${host}`)) return null;
  const list = new Headers();
  for (const [name, value] of Object.entries(headers))
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) list.append(name, one);
  const bare = method === "GET" || method === "HEAD" || method === "TRACE" || method === "CONNECT";
  if (method === "TRACE" || method === "CONNECT") return null;
  const { Readable } = await import("node:stream");
  const body = bare ? {} : { body: Readable.toWeb(incoming) as ReadableStream<Uint8Array>, duplex: "half" };
  return new Request(new URL(`http://${host}${url}`), { method, headers: list, signal, ...body } as RequestInit);
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
