import { expect, test } from "vitest";
import { createEngine, type RaceState, readMessage, type Tell, writeMessage } from "./index.ts";

const given = { task: "adding", length: 10, equal: "units", units: 4, seeds: 2, steps: 12, seed: 1, paused: false };

/** An engine, and every answer it gave. */
function listening() {
  const told: Tell[] = [];
  const engine = createEngine((message) => void told.push(message));
  const ask = async (message: { id: number; [option: string]: unknown }): Promise<Tell> => {
    await engine.ask(message);
    return told.findLast(({ id }) => id === message.id)!;
  };
  const states = () => told.flatMap((tell) => (tell.tell === "raced" ? [tell.race] : []));
  const until = async (done: () => boolean) => {
    for (let k = 0; k < 1000 && !done(); k++) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(done()).toBe(true);
  };
  return { told, ask, states, until };
}

const ended = (tell: Tell): RaceState => {
  if (tell.tell !== "done" || !tell.race) throw new Error(JSON.stringify(tell));
  return tell.race;
};

test("a race with an unknown option, or one that is missing or out of range, is refused by name", async () => {
  const { ask } = listening();
  const refused = async (changes: object) => {
    const tell = await ask({ id: 1, ask: "race", ...given, ...changes });
    return tell.tell === "failed" ? tell.problem : tell.tell;
  };
  expect(await refused({ returnSequence: true })).toContain('unknown option "returnSequence"');
  expect(await refused({ length: 201 })).toContain("expected a whole number from 10 to 200, received 201");
  expect(await refused({ units: 65 })).toContain("from 1 to 64");
  expect(await refused({ equal: "speed" })).toContain("one of units, parameters");
  expect(await refused({ task: undefined })).toContain("one of adding, recall");
  const flow = await ask({ id: 2, ask: "flow" });
  expect(flow.tell === "failed" && flow.problem).toContain("expected a race, received none");
});

test("the same race has the same losses; every kind and seed has one at each point", async () => {
  const [one, two] = await Promise.all([1, 2].map(() => listening().ask({ id: 3, ask: "race", ...given })));
  const state = ended(one);
  expect(ended(two).networks).toEqual(state.networks);
  expect(state).toMatchObject({ state: "done", step: 12, steps: 12 });
  expect(state.networks.map(({ cell }) => cell).sort()).toEqual(["gru", "lstm", "simpleRnn"]);
  expect([...state.at]).toEqual(Array.from({ length: 13 }, (_, k) => k));
  for (const { losses } of state.networks) {
    expect(losses.map(({ length }) => length)).toEqual([13, 13]);
    expect([...losses[0]]).not.toEqual([...losses[1]]);
  }
  expect(readMessage(writeMessage(state))).toEqual(state);
});

test("at equal parameters no unit more or less comes closer to the LSTM", async () => {
  for (const task of ["adding", "recall"]) {
    const { ask } = listening();
    const parameters = async (units: number, equal: string) => {
      const tell = await ask({ id: units, ask: "race", ...given, task, equal, units, seeds: 1, steps: 1 });
      return Object.fromEntries(ended(tell).networks.map((n) => [n.cell, n]));
    };
    const { lstm, gru, simpleRnn } = await parameters(9, "parameters");
    expect(lstm.units).toBe(9);
    for (const { cell, units, parameters: count } of [gru, simpleRnn])
      for (const other of [units - 1, units + 1]) {
        const near = (await parameters(other, "units"))[cell].parameters;
        expect(Math.abs(near - lstm.parameters)).toBeGreaterThanOrEqual(Math.abs(count - lstm.parameters));
      }
  }
});

test("a race is held, shows its gradient flow fresh and trained, goes on and is stopped", async () => {
  const { ask, states, until, told } = listening();
  const running = ask({ id: 1, ask: "race", ...given, task: "recall", length: 20, steps: 5000, paused: true });
  await until(() => states().at(-1)?.state === "paused");
  const flow = async (id: number) => {
    const tell = await ask({ id, ask: "flow" });
    if (tell.tell !== "flowed") throw new Error(JSON.stringify(tell));
    return tell.flow;
  };
  const fresh = await flow(2);
  expect(fresh.step).toBe(0);
  for (const { cell, state, shares } of fresh.networks) {
    expect(state).toBe(cell === "lstm" ? "c" : "h");
    expect(shares.map(({ length }) => length)).toEqual([20, 20]);
    for (const share of shares) expect(share[19]).toBe(1);
  }
  await ask({ id: 3, ask: "pause", on: false });
  await until(() => states().at(-1)!.step >= 5);
  const trained = await flow(4); // while it runs
  expect(trained.step).toBeGreaterThanOrEqual(5);
  expect(trained.networks[0].shares[0]).not.toEqual(fresh.networks[0].shares[0]);
  await ask({ id: 5, ask: "step" });
  await until(() => states().at(-1)!.state === "paused");
  await ask({ id: 6, ask: "cancel" });
  const last = ended(await running);
  expect(last.state).toBe("done");
  expect(last.step).toBeLessThan(5000);
  expect(told.filter(({ tell }) => tell === "raced").every(({ id }) => id === 1)).toBe(true);
});

test("a stop is heard between two networks, not after the step of all; the next race ends the one before", async () => {
  const { ask, states, until } = listening();
  const big = { ...given, length: 100, units: 16, seeds: 5, steps: 5000 };
  const first = ask({ id: 1, ask: "race", ...big });
  await until(() => states().length > 2);
  const second = ask({ id: 2, ask: "race", ...big, seed: 2 });
  expect(ended(await first).state).toBe("done");
  await until(() => states().at(-1)!.step > 0);
  const from = performance.now();
  await ask({ id: 3, ask: "cancel" });
  ended(await second);
  expect(performance.now() - from).toBeLessThan(500); // 2 to 8 on a busy machine
});

test("a flow that a stop or another race overtakes is answered without numbers", async () => {
  const { ask, states, until } = listening();
  const first = ask({ id: 1, ask: "race", ...given, paused: true });
  await until(() => states().at(-1)?.state === "paused");
  const flow = ask({ id: 2, ask: "flow" });
  await ask({ id: 3, ask: "race", ...given, steps: 1 });
  expect((await flow).tell).toBe("done");
  await first;
  const third = ask({ id: 4, ask: "race", ...given, length: 100, seeds: 5 });
  const stopped = ask({ id: 5, ask: "flow" });
  await until(() => states().at(-1)?.step === 0);
  await ask({ id: 6, ask: "cancel" });
  expect((await stopped).tell).toBe("done");
  expect(ended(await third).step).toBe(0);
});
