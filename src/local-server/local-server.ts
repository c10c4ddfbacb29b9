import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { DataError, problem } from "../errors.ts";
import { foreign } from "./who-may.ts";

/** Answers one request that has passed the checks. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export interface LocalServerOptions {
  /** By method and path: `{ "GET /": page, "POST /ask": ask }`. */
  handlers: Readonly<Record<string, Handler>>;
  /** Port. Default 0: one that is free. */
  port?: number;
}

/** A server for the person at this machine alone. */
export interface LocalServer {
  /** Address with the token, for the browser: `http://127.0.0.1:40123/?token=...`. */
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Starts an HTTP server that answers nobody but the person at this machine: it listens on 127.0.0.1 alone, refuses a Host that is not
 * its own (against DNS rebinding) and an Origin that is not its own (against other pages in the same browser), and wants the token of
 * its address in every request. Pages it sends are isolated (COOP, COEP), so that they may use threads, and may load nothing from
 * elsewhere. Throws DataError where the port is taken.
 *
 *   const server = await startLocalServer({ handlers: { "GET /": (_, response) => response.end("hello") } });
 */
export async function startLocalServer(options: LocalServerOptions): Promise<LocalServer> {
  const { createServer } = await import("node:http");
  const { randomBytes, timingSafeEqual } = await import("node:crypto");
  const token = randomBytes(24).toString("base64url");
  const server = createServer((request, response) => {
    const refused = refusal(request);
    if (refused) return end(response, refused.status, refused.why);
    const url = new URL(request.url!, "http://local");
    const handler = own(options.handlers, `${request.method} ${url.pathname}`);
    if (!handler) {
      const known = Object.keys(options.handlers).some((name) => name.endsWith(` ${url.pathname}`));
      return end(
        response,
        known ? 405 : 404,
        known ? "This path takes another method." : "There is nothing at this path.",
      );
    }
    for (const [name, value] of headers) response.setHeader(name, value);
    Promise.resolve(handler(request, response)).catch((error: Error) => {
      if (response.headersSent) response.destroy();
      else end(response, 500, error.message);
    });
  });
  server.requestTimeout = 60_000; // ms
  server.headersTimeout = 10_000;
  await listen(server, options.port ?? 0);
  const { port } = server.address() as { port: number };

  function refusal({ headers, url }: IncomingMessage): { status: number; why: string } | null {
    const names = [`127.0.0.1:${port}`, `localhost:${port}`];
    const origins = names.map((name) => `http://${name}`);
    const refused = foreign({ host: headers.host, origin: headers.origin }, { hosts: names, origins });
    if (refused) return refused;
    let given: string | null = null;
    try {
      given = new URL(url ?? "", "http://local").searchParams.get("token");
    } catch {
      return { status: 400, why: "The address cannot be read." };
    }
    const [one, other] = [Buffer.from(given ?? ""), Buffer.from(token)];
    if (one.length !== other.length || !timingSafeEqual(one, other))
      return { status: 401, why: "The token is missing or wrong: use the address that the command printed." };
    return null;
  }

  return {
    address: `http://127.0.0.1:${port}/?token=${token}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const headers: readonly (readonly [string, string])[] = [
  ["Cross-Origin-Opener-Policy", "same-origin"],
  ["Cross-Origin-Embedder-Policy", "require-corp"],
  ["Cross-Origin-Resource-Policy", "same-origin"],
  ["X-Content-Type-Options", "nosniff"],
  ["Referrer-Policy", "no-referrer"], // the token is in the address
  ["Cache-Control", "no-store"],
];

function end(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", Connection: "close" });
  response.end(`${why}\n`);
}

const own = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;

const backlog = 4096; // connections that wait until they are taken: one that finds no room tries again a second later

/** Listens on a port of this machine. Throws DataError where it is taken. */
export const listen = (server: Server, port: number, host = "127.0.0.1"): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", (error: Error & { code?: string }) => {
      const taken = error.code === "EADDRINUSE" || error.code === "EACCES";
      const next = "Give another port, or none: --port 0 takes a free one.";
      reject(taken ? new DataError(problem("port", "a free port", `${port}, which is taken`, next)) : error);
    });
    server.listen(port, host, backlog, () => resolve());
  });
