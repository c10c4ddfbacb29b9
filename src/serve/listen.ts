import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { DataError, invalidOption, problem } from "../errors.ts";
import { listen as listenAt, loopbackNames } from "../local-server/index.ts";
import { addressOf, askedOfNode, passUnread, writeAnswer } from "./http/node-exchange.ts";
import { refuseUnread } from "./http/unread.ts";
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
  /**
   * Connections at once; requests on those beyond are refused (429), probes are answered. Twice as many at most: what comes then is
   * closed. Default 2,000.
   */
  maxConnections?: number;
  /**
   * Proxies in front of the server, each of which adds to `X-Forwarded-For`: wrong keys are counted for the address that the first of them
   * saw. Only where no client reaches the server without them. Default 0: for the address of the connection.
   */
  trustProxy?: number;
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
  const trustProxy = proxiesOf(options);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new DataError(problem("listen: port", "a port from 0 to 65535", String(port)));
  const { createServer } = await import("node:http");
  let server: InferenceServer | null = null;
  const last = new WeakMap<Socket, ServerResponse>(); // of a connection
  const http = createServer(
    { headersTimeout: 1000 * headersTimeout, requestTimeout: 0, connectionsCheckingInterval: 1000 },
    (request, response) => {
      last.set(request.socket, response);
      void answer(server!, request, response, { crowded: crowded(request.socket), trustProxy });
    },
  );
  http.keepAliveTimeout = 1000 * idleTimeout;
  http.maxHeadersCount = 100;
  http.maxConnections = 2 * maxConnections;
  const crowded = beyond(http, maxConnections);
  http.on("clientError", (error, socket: Socket) => {
    if (server) refuseUnread(server, error, { socket, last: last.get(socket), headersTimeout });
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
 * before whatever parses bodies. `trustProxy` is that of `listen`.
 *
 *   app.all("/ml/*path", nodeHandler(inferenceServer({ models, basePath: "/ml" }))); // express 5
 */
export function nodeHandler(
  server: InferenceServer,
  options: Pick<ListenOptions, "trustProxy"> = {},
): (request: IncomingMessage, response: ServerResponse) => void {
  const trustProxy = proxiesOf(options);
  return (request, response) => void answer(server, request, response, { trustProxy });
}

function proxiesOf({ trustProxy = 0 }: ListenOptions): number {
  if (Number.isInteger(trustProxy) && trustProxy >= 0) return trustProxy;
  throw new DataError(invalidOption("serve", "trustProxy", "the number of proxies", String(trustProxy)));
}

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

/** Tells of a connection whether it is one of those beyond so many. */
function beyond(http: Server, most: number): (socket: object) => boolean {
  const others = new WeakSet<object>();
  let open = 0;
  http.on("connection", (socket) => {
    if (++open > most) others.add(socket);
    socket.once("close", () => open--);
  });
  return (socket) => others.has(socket);
}

/** Answers a request of node:http, without the cost of the web's Request and Response. */
async function answer(
  server: InferenceServer,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { crowded = false, trustProxy = 0 }: { crowded?: boolean; trustProxy?: number },
): Promise<void> {
  const left = new AbortController();
  outgoing.on("close", () => {
    if (!outgoing.writableFinished) left.abort();
  });
  const address = addressOf(incoming, trustProxy);
  try {
    const asked = askedOfNode(incoming, left.signal);
    const answer = asked ? await server.answer(asked, { address, crowded }) : server.refuse(400, noPath, address);
    if (crowded || !asked) outgoing.setHeader("Connection", "close"); // it makes room; or what comes next is no request either
    passUnread(incoming, outgoing);
    await writeAnswer(answer, outgoing);
  } catch {
    outgoing.destroy();
  }
}

const noPath = "Expected GET, POST, HEAD or OPTIONS of a path that begins with /.";
