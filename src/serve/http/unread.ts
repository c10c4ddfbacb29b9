import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { InferenceServer } from "../inference-server.ts";
import type { Answer } from "./exchange.ts";

/** The server's refusal of what node:http could not read as a request (its event `clientError`), written to the connection, which is closed. */
export function refuseUnread(
  server: Pick<InferenceServer, "refuse">,
  error: Error & { code?: string; reason?: string },
  { socket, last, headersTimeout }: { socket: Socket; last: ServerResponse | undefined; headersTimeout: number },
): void {
  const isWriting = last?.headersSent && !last.writableFinished; // these bytes would be read as a part of its answer
  if (error.code === "ECONNRESET" || !socket.writable || isWriting) return void socket.destroy();
  const [status, why] = reasonOf(error, headersTimeout);
  socket.end(bytesOf(server.refuse(status, why, socket.remoteAddress)));
}

function reasonOf(
  { code, reason, message }: { code?: string; reason?: string; message: string },
  headersTimeout: number,
): [status: 400 | 408 | 431, why: string] {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return [408, `The headers did not arrive within ${headersTimeout} s.`];
  if (code === "HPE_HEADER_OVERFLOW") return [431, "The headers are too large. Send fewer, or shorter ones."];
  return [400, `Expected a request of HTTP/1.1, received something else (${reason ?? message}).`];
}

const names = { 400: "Bad Request", 408: "Request Timeout", 431: "Request Header Fields Too Large" };

function bytesOf({ status, headers, body }: Answer): string {
  const all = { ...headers, Connection: "close", "Content-Length": String(Buffer.byteLength(String(body))) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${names[status as 400]}\r\n${lines.join("")}\r\n${body}`;
}
