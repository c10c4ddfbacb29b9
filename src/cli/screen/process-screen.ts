import { linesOf } from "../readers/lines-of.ts";
import type { Screen } from "./screen.ts";

/** The process's own streams. */
export function processScreen(): Screen {
  const asks = process.stdin.isTTY === true && process.stdout.isTTY === true;
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    // Only for who reads it: an open interface keeps the process alive.
    input: (prompt, encoding) => (asks && prompt !== undefined ? asked(prompt) : linesOf(process.stdin, encoding)),
    asks,
    terminal: process.stdout.isTTY === true && process.env.TERM !== "dumb",
    columns: process.stdout.columns,
    code: 0,
  };
}

/** Lines that a person types behind a prompt sign, with the keys of a shell; Ctrl-D and Ctrl-C end them. */
async function* asked(prompt: string): AsyncGenerator<string, void, undefined> {
  const { createInterface } = await import("node:readline");
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt });
  let open = true;
  lines.on("close", () => {
    open = false;
    process.stdout.write("\n"); // whatever comes next begins a line
  });
  // A terminal in this mode sends no signal: work in progress receives one, otherwise the conversation is over.
  lines.on("SIGINT", () => (process.listenerCount("SIGINT") > 0 ? process.emit("SIGINT") : lines.close()));
  lines.prompt();
  for await (const line of lines) {
    yield line;
    if (open) lines.prompt();
  }
}
