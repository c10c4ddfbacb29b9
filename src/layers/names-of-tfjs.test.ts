/** Calls as TensorFlow.js has them are told the call here; docs/coming-from.md has the table. */
import { expect, test } from "vitest";
import { adam, dense, embedding, lstm, sequential } from "../index.ts";

test("sizes in braces are told to come first, and a learning rate alone to be named", () => {
  const wrong: [() => unknown, RegExp][] = [
    [() => lstm({ units: 64 } as never), /units comes first, without its name: lstm\(64\)\.$/],
    [() => dense({ units: 1, activation: "tanh" } as never), /units comes first, without its name: dense\(1\)\.$/],
    [() => embedding({ inputDim: 50, outputDim: 8 } as never, 8), /inputDim comes first, .*: embedding\(50\)\.$/],
    [() => adam(0.01 as never), /adam\(\{ learningRate: 0\.01 \}\)$/],
    [() => sequential({ layers: [dense(1)] } as never), /sequential\(\[lstm\(32\), dense\(1\)\]\)/],
    [() => lstm(0), /A count: 1, 2, 3/],
  ];
  for (const [make, message] of wrong) expect(make).toThrow(message);
});
