import { expect, test } from "vitest";
import { concatenate, dense, embedding, functional, input, lstm, sequential } from "../index.ts";

const ids = [[3, 0, 2, 0]]; // both sequences have their padding in the same places

async function predicted({ maskZero, nested }: { maskZero: boolean; nested: boolean }): Promise<number[]> {
  const [a, b] = [input([4], { dtype: "i32" }), input([4], { dtype: "i32" })];
  const words = () => embedding(5, 2, { maskZero, embeddingsInitializer: "ones" });
  const layer = dense(2, { kernelInitializer: "ones" });
  const through = nested ? sequential([input([4, 2]), layer]) : layer;
  const joined = concatenate()([words()(a), through(words()(b))]);
  const model = functional([a, b], lstm(1, { kernelInitializer: "ones", recurrentInitializer: "ones" })(joined));
  return [...(await model.predict([ids, ids])).data];
}

test("beside a masked sequence, what a model inside gives has no padding: the mask is that of connecting, as in Keras", async () => {
  const all = await predicted({ maskZero: false, nested: true }); // every step counts
  expect(await predicted({ maskZero: true, nested: true })).toEqual(all);
  expect(await predicted({ maskZero: true, nested: false })).not.toEqual(all);
});
