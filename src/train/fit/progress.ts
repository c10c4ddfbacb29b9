import { pythonExponent, pythonFixed } from "../python-format.ts";

/** Environment of a progress line. */
export interface ProgressOptions {
  /** Steps of the epoch; undefined while unknown. */
  target: number | undefined;
  write: (text: string) => void;
  /** Whether `write` reaches a terminal that understands `\b`, `\r` and colours. */
  terminal: boolean;
  /** 0 says nothing, 1 redraws one line, 2 writes one line at the end. */
  verbose: 0 | 1 | 2;
  /** A clock in seconds. */
  now: () => number;
  /** Width of the terminal; where given, a line still being redrawn leaves out the metrics that would wrap it. */
  columns?: number;
}

type Metrics = Readonly<Record<string, number>>;

const barWidth = 20; // characters
const interval = 0.05; // seconds between two redraws

/**
 * Keras 3's progress line for one epoch, character for character (Keras 3.15). The clock starts when it is made.
 * Where the output is not a terminal, one plain line at the end takes the place of the redrawn one.
 *
 *   const line = new ProgressLine({ target: 782, write, terminal: true, verbose: 1, now: () => Date.now() / 1000 });
 *   line.update(1, { loss: 0.69 });
 *   line.finish(782, { loss: 0.43, val_loss: 0.39 });
 */
export class ProgressLine {
  readonly #options: ProgressOptions;
  readonly #redraws: boolean;
  readonly #start: number;
  readonly #metrics = new Map<string, number>(); // names in order of appearance
  #firstStepEnd: number | undefined;
  #lastDraw = Number.NEGATIVE_INFINITY;
  #width = 0; // visible characters of the line on screen

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#redraws = options.verbose === 1 && options.terminal;
    this.#start = options.now();
  }

  /** Step `step` (from 1) is done: redraws at most every 0.05 s. Metrics are shown as given, not averaged. */
  update(step: number, metrics: Metrics = {}): void {
    if (!this.#redraws) return;
    const time = this.#options.now();
    this.#remember(metrics);
    const perStep = this.#perStep(step, time);
    if (time - this.#lastDraw < interval) return;
    this.#draw(step, this.#options.target, perStep, time, false);
  }

  /** The epoch is over: the last line, with the time it took, is always written. */
  finish(step: number, metrics: Metrics = {}): void {
    const { target, verbose, now, write } = this.#options;
    if (verbose === 0) return;
    const time = now();
    this.#remember(metrics);
    const perStep = this.#perStep(step, time);
    if (this.#redraws) {
      this.#draw(step, target ?? step, perStep, time, true);
      return;
    }
    const values = [...this.#metrics].map(([name, value]) => ` - ${name}: ${formatMetric(value, 2)}`);
    const seconds = pythonFixed(time - this.#start, 0);
    write(`${count(step, target ?? step)} - ${seconds}s - ${formatPerStep(perStep)}${values.join("")}\n`);
  }

  #draw(step: number, target: number | undefined, perStep: number, time: number, last: boolean): void {
    const { write, columns = Number.POSITIVE_INFINITY } = this.#options;
    const known = target !== undefined && target > 0;
    const head = known ? `${bold(count(step, target))} ${bar(step / target)}` : `${String(step).padStart(7)}/Unknown`;
    const seconds = known && !last ? formatEta(perStep * (target - step)) : `${pythonFixed(time - this.#start, 0)}s`;
    let line = `${head} ${bold(seconds)} ${formatPerStep(perStep)}`;
    let width = visible(line);
    for (const [name, value] of this.#metrics) {
      const part = ` - ${name}: ${formatMetric(value)}`;
      if (!last && width + visible(part) >= columns) break;
      line += part;
      width += visible(part);
    }
    const cover = " ".repeat(Math.max(0, this.#width - width));
    const shown = colorless() ? plainly(line) : line;
    write(`${"\b".repeat(this.#width)}\r${shown}${cover}${last ? "\n" : ""}`);
    this.#width = width;
    this.#lastDraw = time;
  }

  /** New names join at the end, alphabetically among themselves: accuracy, loss, then val_accuracy, val_loss. */
  #remember(metrics: Metrics): void {
    for (const name of Object.keys(metrics).sort()) this.#metrics.set(name, metrics[name]);
  }

  /** Mean seconds a step; the first, which also compiles, counts only while it is the only one. */
  #perStep(step: number, time: number): number {
    if (step === 0) return 0;
    const later = this.#firstStepEnd !== undefined && step > 1;
    const mean = later ? (time - this.#firstStepEnd!) / (step - 1) : (time - this.#start) / step;
    if (step === 1) this.#firstStepEnd = time;
    return mean;
  }
}

/**
 * A loss or metric in Keras's way: four decimals, or an exponent where those would show nothing.
 * The one-line form (`verbose` 2) writes every negative value with an exponent, as Keras does.
 *
 *   formatMetric(0.8012);   // "0.8012"
 *   formatMetric(0.0009);   // "9.0000e-04"
 */
export function formatMetric(value: number, verbose: 1 | 2 = 1): string {
  const size = verbose === 1 ? Math.abs(value) : value;
  return size > 1e-3 ? pythonFixed(value, 4) : pythonExponent(value, 4);
}

/** Seconds still to go: `59s`, `1:05`, `2:00:07`. */
export function formatEta(seconds: number): string {
  const two = (n: number) => String(Math.floor(n)).padStart(2, "0");
  if (seconds > 3600) return `${Math.floor(seconds / 3600)}:${two((seconds % 3600) / 60)}:${two(seconds % 60)}`;
  if (seconds > 60) return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
  return `${Math.trunc(seconds)}s`;
}

/** Seconds a step: `2s/step`, `78ms/step`, `35us/step`. */
export function formatPerStep(seconds: number): string {
  if (seconds >= 1 || seconds === 0) return `${pythonFixed(seconds, 0)}s/step`;
  return seconds >= 1e-3 ? `${pythonFixed(seconds * 1000, 0)}ms/step` : `${pythonFixed(seconds * 1e6, 0)}us/step`;
}

function count(step: number, target: number): string {
  return `${String(step).padStart(String(target).length)}/${target}`;
}

/** Twenty heavy dashes, the part done in green; the white part is written even where it is empty. */
function bar(done: number): string {
  const n = Math.trunc(barWidth * done);
  const green = n > 0 ? `\x1b[32m${"━".repeat(n)}\x1b[0m` : "";
  return `${green}\x1b[37m${"━".repeat(Math.max(0, barWidth - n))}\x1b[0m`;
}

function bold(text: string): string {
  return `\x1b[1m${text}\x1b[0m`;
}

/** NO_COLOR of any value forbids colours (no-color.org). */
const colorless = (): boolean => typeof process !== "undefined" && Boolean(process.env?.NO_COLOR);

/** The remaining part of the bar is thinner where it cannot be white. */
function plainly(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character starts every colour code
  return line.replace(/\x1b\[37m(━*)/g, (_, rest: string) => "─".repeat(rest.length)).replace(/\x1b\[\d+m/g, "");
}

function visible(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character starts every colour code
  return [...text.replace(/\x1b\[\d+m/g, "")].length;
}

/** Standard output where there is one, the console otherwise. */
export function screen(write?: (text: string) => void): Pick<ProgressOptions, "write" | "terminal" | "columns"> {
  if (write) return { write, terminal: false };
  const out = typeof process === "undefined" ? undefined : process.stdout;
  if (!out?.write) return { write: (text) => console.log(text.replace(/\n$/, "")), terminal: false };
  const redraws = out.isTTY === true && process.env.TERM !== "dumb";
  return { write: (text) => void out.write(text), terminal: redraws, columns: out.columns };
}
