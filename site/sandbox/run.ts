/**
 * A cell's program in its worker: types are taken off, imports become the engine's modules, and what it prints, draws, trains
 * and writes goes to the page. The worker stands in a frame without an origin and without a network (frame.ts); that, and not
 * what is replaced here, is what keeps a program in.
 */
import { transform } from "sucrase";
import * as api from "../../src/index.ts";
import type { GivenFile } from "../shared/messages.ts";
import { nodeModules } from "./node-modules.ts";
import { type Teller, teller } from "./tell.ts";
import { baseName, files, offerTo } from "./written-files.ts";

type Program = (
  require: (name: string) => unknown,
  exports: object,
  module: object,
  console: Console,
  process: object,
) => Promise<unknown>;

const scope = self as unknown as {
  cellstateProgram?: Program;
  console: Console;
  fetch: unknown;
  importScripts(url: string): void;
  addEventListener(
    kind: "message",
    hear: (event: MessageEvent<{ code: string; files: GivenFile[] }>) => void,
    options: object,
  ): void;
};

/** Waits for a program and runs it with these modules, by the names it imports. */
export function awaitProgram(modules: Readonly<Record<string, object>>): void {
  scope.addEventListener("message", ({ data, ports }) => void run(data.code, data.files, modules, teller(ports[0])), {
    once: true,
  });
}

async function run(
  code: string,
  given: readonly GivenFile[],
  modules: Readonly<Record<string, object>>,
  to: Teller,
): Promise<void> {
  for (const { name, bytes } of given) files.set(name, bytes);
  offerTo(to.file);
  scope.console = to.console; // the library's own lines too
  scope.fetch = fetchGiven;
  reportEpochs(to);
  const start = performance.now();
  let address = "";
  try {
    const text = withoutTypes(code);
    address = URL.createObjectURL(
      new Blob([`self.cellstateProgram = async (require, exports, module, console, process) => {${text}\n}`]),
    );
    scope.importScripts(address);
    const known = { ...modules, ...nodeModules };
    const require = (name: string) => {
      if (Object.hasOwn(known, name)) return known[name];
      throw new Error(`There is no "${name}" in a cell. There are: ${Object.keys(known).join(", ")}.`);
    };
    await scope.cellstateProgram!(require, {}, {}, to.console, {
      env: {},
      argv: ["node", "cell"],
      stdout: { write: to.console.log },
    });
  } catch (error) {
    to.flush();
    to.tell({ kind: "error", ...told(error, address) });
  }
  to.flush();
  to.tell({ kind: "done", seconds: (performance.now() - start) / 1000 });
}

/** TypeScript as JavaScript, line for line. */
function withoutTypes(code: string): string {
  return transform(code, { transforms: ["typescript", "imports"], disableESTransforms: true, filePath: "the cell" })
    .code;
}

/** An error in its words, and the line of the cell where it arose. */
function told(error: unknown, address: string): { text: string; line: number | null } {
  if (!(error instanceof Error)) return { text: String(error).slice(0, 5000), line: null };
  const text = error.name === "Error" ? error.message : `${error.name}: ${error.message}`;
  const syntax =
    /^Error transforming the cell: (.*?) \((\d+):\d+\)/s.exec(error.message) ??
    /^(.*?) \((\d+):\d+\)$/s.exec(error.message);
  if (syntax && address === "") return { text: `SyntaxError: ${syntax[1]}`, line: Number(syntax[2]) };
  const at = address && error.stack?.split(address)[1]?.match(/^:(\d+)/)?.[1];
  return { text: text.slice(0, 5000), line: at ? Number(at) : null };
}

/** The page's files by their names, and the cell's own; nothing else has an address here. */
async function fetchGiven(source: string | URL): Promise<Response> {
  const bytes = files.get(baseName(decodeURIComponent(String(source).split(/[?#]/)[0])));
  if (bytes) return new Response(bytes.slice().buffer);
  throw new Error("a cell has no network, and the page was given no file of this name");
}

/** Every training reports its epochs, those inside tasks too. */
function reportEpochs(to: Teller): void {
  const { prototype } = api.Model as unknown as { prototype: { fit(...given: unknown[]): Promise<unknown> } };
  const { fit } = prototype;
  let last = 0;
  prototype.fit = function (this: unknown, ...given) {
    const at =
      given.length > 1 && isOptions(given.at(-1))
        ? given.length - 1
        : Math.max(given.length, isStream(given[0]) ? 1 : 2);
    const options = (given[at] ?? {}) as { epochs?: number; callbacks?: object | readonly object[] };
    const epochs = options.epochs ?? 1;
    const report = {
      onEpochEnd(epoch: number, logs: Record<string, number>) {
        if (performance.now() - last < 30 && epoch + 1 < epochs) return; // a picture each 30 ms
        last = performance.now();
        to.tell({ kind: "epoch", epoch: epoch + 1, epochs, logs });
      },
    };
    given[at] = { ...options, callbacks: [...[options.callbacks ?? []].flat(), report] };
    return fit.apply(this, given);
  };
}

const isStream = (x: unknown): boolean =>
  typeof x === "function" ||
  (typeof x === "object" && x !== null && (Symbol.asyncIterator in x || ("next" in x && Symbol.iterator in x)));

const isOptions = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !ArrayBuffer.isView(value) &&
  !(value instanceof api.NdArray) &&
  !("shape" in value);
