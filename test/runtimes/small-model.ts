/** The program that every runtime runs: a small model trains a few steps and predicts, on each backend by name. */
import { type BackendName, chooseBackend, dense, dropout, embedding, lstm, sequential } from "../../src/index.ts";

export interface Numbers {
  /** The backend's one line for people, or why there is none. */
  readonly description: string;
  readonly loss: number[];
  readonly predictions: number[];
}

export async function trainAndPredict(backend: BackendName): Promise<Numbers> {
  const { description } = await chooseBackend(backend);
  const ids = Array.from({ length: 48 }, (_, b) =>
    Array.from({ length: 20 }, (_, t) => (b * 7 + t * t + (b % 3)) % 30),
  );
  const labels = ids.map((row) => (row[0] + row[19]) % 2);
  const model = sequential([embedding(30, 24), lstm(40), dropout(0.2), dense(1, { activation: "sigmoid" })]);
  model.compile({ optimizer: "adam", loss: "binaryCrossentropy", backend });
  const { history } = await model.fit(ids, labels, { epochs: 3, batchSize: 16, verbose: 0 });
  const predictions = await model.predict(ids.slice(0, 8));
  return { description, loss: [...history.loss], predictions: [...predictions.data] };
}

export async function allBackends(names: readonly BackendName[]): Promise<Record<string, Numbers>> {
  const found: Record<string, Numbers> = {};
  for (const name of names) {
    found[name] = await trainAndPredict(name).catch((error) => ({
      description: `none: ${error}`,
      loss: [],
      predictions: [],
    }));
  }
  return found;
}
