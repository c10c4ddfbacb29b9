/** What a cell tells its page: lines gathered for some milliseconds, figures and files up to a number. */
import { bounds, type Told } from "../shared/messages.ts";
import { shown } from "./shown.ts";

const gathered = 40; // ms between messages of lines

export interface Teller {
  readonly console: Console;
  figure(svg: string): void;
  file(name: string, bytes: Uint8Array): void;
  tell(told: Told): void;
  /** Sends what waits. */
  flush(): void;
}

export function teller(port: MessagePort): Teller {
  let waiting: string[] = [];
  let [lines, figures, files, sent] = [0, 0, 0, 0];
  const tell = (told: Told) => port.postMessage(told);
  const flush = () => {
    if (waiting.length > 0) tell({ kind: "lines", lines: waiting });
    waiting = [];
    sent = performance.now();
  };
  const say = (line: string) => {
    if (lines++ > bounds.lines) return;
    const cut = line.length > bounds.line ? `${line.slice(0, bounds.line - 20)} ...` : line;
    waiting.push(lines > bounds.lines ? `... what is printed after ${bounds.lines} lines is not shown` : cut);
    if (performance.now() - sent > gathered) flush();
    else if (waiting.length === 1) setTimeout(flush, gathered);
  };
  const figure = (svg: string) => {
    if (figures++ >= bounds.figures || svg.length > bounds.svg)
      return say("... a figure too many, or too large, is not shown");
    flush();
    tell({ kind: "figure", svg });
  };
  const log = (...values: unknown[]) => {
    if (values.length === 1 && typeof values[0] === "string" && /^\s*(<\?xml[^>]*>\s*)?<svg[\s>]/.test(values[0]))
      return figure(values[0]);
    for (const line of values.map(shown).join(" ").split("\n")) say(line);
  };
  const silent = () => {};
  const console = {
    log,
    info: log,
    warn: log,
    error: log,
    debug: log,
    table: log,
    trace: log,
    dir: log,
    group: log,
    groupEnd: silent,
    time: silent,
    timeEnd: silent,
    clear: silent,
    assert: silent,
  };
  return {
    console: console as unknown as Console,
    figure,
    file(name, bytes) {
      if (files++ < bounds.files && bytes.length <= bounds.file) tell({ kind: "file", name, bytes });
    },
    tell,
    flush,
  };
}
