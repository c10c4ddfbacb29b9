import type { IncomingMessage, ServerResponse } from "node:http";
import { DataError, fault } from "../errors.ts";
import type { BackendName } from "../index.ts";
import { type LocalServer, startLocalServer } from "../local-server/index.ts";
import { createEngine } from "./engine.ts";
import { readMessage, writeMessage } from "./wire.ts";

export interface ServeOptions {
  /** The page: one HTML file. */
  page: string;
  /** A model to begin with. */
  model?: { name: string; bytes: Uint8Array };
  port?: number;
  backend?: BackendName;
}

const mostBytes = 512 * 2 ** 20; // of a message: a model file as base64
const heartbeat = 15_000; // ms

/**
 * Serves the studio's page beside an engine in this process: `POST /ask` takes a message, `GET /tell` is the stream of its answers
 * (server-sent events). One page at a time listens: the last that was opened.
 */
export async function serveStudio({ page, model, port, backend }: ServeOptions): Promise<LocalServer> {
  const begin = model
    ? `<script type="application/json" id="cellstate-model">${JSON.stringify(model.name).replaceAll("<", "\\u003c")}</script>`
    : "";
  const html = page.replace("<head>", () => `<head><meta name="cellstate-engine" content="http">${begin}`);
  let listener: ServerResponse | null = null;
  const engine = createEngine((message) => void listener?.write(`data: ${writeMessage(message)}\n\n`), { backend });
  const server = await startLocalServer({
    port,
    handlers: {
      "GET /": (_, response) => send(response, "text/html; charset=utf-8", html),
      "GET /model": (_, response) =>
        model ? send(response, "application/octet-stream", model.bytes) : send(response, "text/plain", "", 404),
      "GET /tell": (request, response) => {
        listener?.end(); // one page at a time: the last that was opened
        listener = response;
        response.writeHead(200, { "Content-Type": "text/event-stream" });
        response.write(": listening\n\n");
        const beat = setInterval(() => response.write(": alive\n\n"), heartbeat);
        request.on("close", () => {
          clearInterval(beat);
          if (listener === response) listener = null;
        });
      },
      "POST /ask": async (request, response) => {
        const message = readMessage(await bodyOf(request));
        response.writeHead(204).end();
        await engine.ask(message);
      },
    },
  });
  const close = async () => {
    await engine.ask({ id: 0, ask: "cancel" }); // a training would go on without anyone to see it
    await server.close();
  };
  return { ...server, close };
}

function send(response: ServerResponse, type: string, body: string | Uint8Array, status = 200): void {
  response.writeHead(status, { "Content-Type": type });
  response.end(body);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > mostBytes) throw new DataError(fault("studio", `a message of more than ${mostBytes} bytes`));
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
