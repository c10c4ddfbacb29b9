import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { DataError, FormatError, fault, problem } from "../../errors.ts";
import type { BackendName } from "../../index.ts";
import { serveStudio } from "../../studio/index.ts";
import { fileProblem } from "../../system-problem.ts";
import { interruptible, type Screen } from "../screen/screen.ts";

/** Options of `cellstate studio`. */
export interface StudioOptions {
  port?: number;
  backend?: BackendName;
}

const place = new URL("../../../build/studio.html", import.meta.url);

/** Serves the studio until Ctrl-C. */
export async function studio(
  file: string | undefined,
  { port = 0, backend }: StudioOptions,
  screen: Screen,
): Promise<void> {
  if (port > 65_535) throw new DataError(problem("--port", "a port from 0 to 65535", String(port)));
  const page = await readFile(place, "utf8").catch(() => {
    throw new DataError(fault("studio", "its page is not built", "In a checkout: npm run studio."));
  });
  const model = file === undefined ? undefined : { name: basename(file), bytes: await bytesOf(file) };
  const server = await serveStudio({ page, model, port, backend });
  screen.out(`${server.address}\n`);
  screen.err(
    "Open this address in a browser of this machine. Nobody else can: it holds a secret. Ctrl-C ends the studio.\n",
  );
  await interruptible(
    (signal) =>
      new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => resolve());
      }),
  );
  await server.close();
}

async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new FormatError(fileProblem(file, "read", error, "a model file"), { cause: error });
  }
}
