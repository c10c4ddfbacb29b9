/** Says when a training may take its next step: it is held, let go, ended; and others may look at its models between two steps. */
export class StepControl {
  #ended = false;
  #allowed: number;
  #running = true;
  #wake: () => void = () => {};
  #serving: Promise<void> = Promise.resolve();
  readonly #guests: (() => Promise<void>)[] = [];

  constructor(paused: boolean) {
    this.#allowed = paused ? 0 : Number.POSITIVE_INFINITY;
  }

  get state(): "running" | "paused" | "done" {
    if (this.#ended) return "done";
    return this.#allowed === 0 ? "paused" : "running";
  }

  /** Waits while it is held, which `held` is told of; true for a step, false once it is ended. */
  async mayStep(held: () => void): Promise<boolean> {
    while (!this.#ended && this.#allowed === 0) {
      held();
      if (this.#guests.length === 0)
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      await this.#serveGuests();
    }
    if (this.#ended) return false;
    this.#allowed--;
    return true;
  }

  /** Lets messages come in, then those who wait to look. */
  async pass(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 0));
    await this.#serveGuests();
  }

  /** No step follows any more; `report` tells so before those who wait are served. */
  async finish(report: () => void): Promise<void> {
    this.#ended = true;
    report();
    this.#running = false;
    await this.#serveGuests();
  }

  /** Does something with the models between two steps. */
  between<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#guests.push(() => work().then(resolve, reject));
      if (!this.#running) void this.#serveGuests();
      else if (this.#allowed === 0) this.#wake();
    });
  }
  /** One after the other, whoever asks. */
  #serveGuests(): Promise<void> {
    this.#serving = this.#serving.then(async () => {
      for (let guest = this.#guests.shift(); guest; guest = this.#guests.shift()) await guest();
    });
    return this.#serving;
  }

  pause(on: boolean): void {
    this.#allowed = on ? 0 : Number.POSITIVE_INFINITY;
    this.#wake();
  }
  oneStep(): void {
    this.#allowed = 1;
    this.#wake();
  }
  end(): void {
    this.#ended = true;
    this.#wake();
  }
}
