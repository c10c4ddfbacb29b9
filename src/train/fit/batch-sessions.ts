import type { Backend, Memory } from "../../backends/backend.ts";
import { type Logs, noLogs } from "../callbacks/callback.ts";
import type { Split } from "./blocks/blocked-steps.ts";
import type { Sums as SavedSums } from "./resume.ts";
import type { Rows } from "./rows.ts";
import { resetSums, type StepKind, StepSession, type Sums } from "./session.ts";
import type { Network } from "./step.ts";

/** Sessions over single batches that come one at a time, one for each shape of batch; all add to the same sums. */
export class BatchSessions {
  readonly #sessions = new Map<string, StepSession>();
  #sums: Sums | undefined;
  #saved: SavedSums | null = null;
  readonly #backend: Backend;
  readonly #fused: boolean;
  readonly #network: Network;
  readonly #kind: { readonly train: StepKind; readonly evaluate: StepKind };
  readonly #split: Split | undefined;

  constructor(
    backend: Backend,
    fused: boolean,
    network: Network,
    kind: { train: StepKind; evaluate: StepKind },
    split?: Split,
  ) {
    this.#split = split;
    this.#backend = backend;
    this.#fused = fused;
    this.#network = network;
    this.#kind = kind;
  }

  /** The session for a batch of these shapes, with this batch in it. */
  of(rows: Rows, train: boolean, shared: { weights: Memory; optimizer: Memory }): StepSession {
    const shapes = [...rows.inputs, ...rows.targets, ...rows.sampleWeights].map((a) => a?.shape.join("x") ?? "-");
    const key = `${train} ${shapes.join(" ")}`;
    const found = this.#sessions.get(key);
    if (found) {
      found.replace(rows);
      return found;
    }
    if (this.#sessions.size >= most) this.#drop();
    const kind = train ? this.#kind.train : this.#kind.evaluate;
    const session = new StepSession(this.#backend, this.#fused, this.#network, rows, rows.count, kind, {
      weights: shared.weights,
      ...(train ? { optimizer: shared.optimizer } : {}),
      ...(this.#sums ? { sums: this.#sums } : {}),
      ...(this.#split ? { split: this.#split } : {}),
    });
    if (!this.#sums) {
      this.#sums = session.sums;
      session.ownsSums = false;
      if (this.#saved) session.restoreSums(this.#saved);
    }
    this.#sessions.set(key, session);
    return session;
  }

  /** Forgets the sums of loss and metrics. */
  reset(): void {
    this.#saved = null;
    if (this.#sums) resetSums(this.#sums);
  }

  logs(): Logs {
    return [...this.#sessions.values()].at(-1)?.logs() ?? this.#saved?.logs ?? noLogs();
  }

  /** The loss summed since `reset`. */
  loss(): number {
    return [...this.#sessions.values()].at(-1)?.loss() ?? 0;
  }

  saveSums(): SavedSums {
    const none = { rows: 0, values: new Float32Array(), logs: noLogs() };
    return [...this.#sessions.values()].at(-1)?.saveSums() ?? this.#saved ?? none;
  }

  /** Sums to continue from; kept until there is a session to put them in. */
  restoreSums(saved: SavedSums): void {
    const [session] = this.#sessions.values();
    if (session) session.restoreSums(saved);
    else this.#saved = saved;
  }

  free(): void {
    this.#drop();
    this.#sums?.memory.free();
    this.#sums = undefined;
  }

  #drop(): void {
    for (const session of this.#sessions.values()) session.free();
    this.#sessions.clear();
  }
}

const most = 16; // shapes kept at the same time
