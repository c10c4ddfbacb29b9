import { expect, test } from "vitest";
import { functional } from "../../models/functional.ts";
import { embedding, input, multiHeadAttention } from "../index.ts";

const x = input([4, 3]);
const wide = input([4, 2, 3]);

test("an attentionMask that does not fit the scores is refused with the shapes that do", () => {
  const layer = multiHeadAttention(2, 3);
  expect(() => layer([x, x], { attentionMask: input([5]) })).toThrow(/attentionMask \[\?, 4, 4\], \[4, 4\] or/);
  expect(() => layer([x, x], { attentionMask: input([3, 4, 4]) })).toThrow(/\[\?, 3, 4, 4\]/);
  expect(layer([x, x], { attentionMask: input([1, 4, 4]) }).shape).toEqual([null, 4, 3]);
});

test("a mask of each head beside the masks of inputs is refused: Keras would take heads for rows", () => {
  const ids = input([4], { dtype: "i32" });
  const h = embedding(5, 3, { maskZero: true })(ids);
  const mask = input([2, 4, 4]);
  const y = multiHeadAttention(2, 3)([h, h], { attentionMask: mask });
  const run = () => functional([ids, mask], y).predict([[[1, 2, 3, 0]], [zeros(2, 4, 4)]]);
  return expect((async () => run())()).rejects.toThrow(/attentionMask \[B, T, S\] beside other masks/);
});

test("attentionAxes are between batch and features, and one where order counts", () => {
  expect(() => multiHeadAttention(2, 3, { attentionAxes: 3 })([wide, wide])).toThrow(/attentionAxes among \[1, 2\]/);
  expect(() => multiHeadAttention(2, 3, { useCausalMask: true })([wide, wide])).toThrow(/one axis/);
  const [y, scores] = multiHeadAttention(2, 3, { attentionAxes: 2, returnAttentionScores: true })([wide, wide]);
  expect(y.shape).toEqual([null, 4, 2, 3]);
  expect(scores.shape).toEqual([null, 4, 2, 2, 2]); // [B, X, heads, Y, Y]
  expect(() => multiHeadAttention(2, 3, { attentionAxes: 1 })([wide, input([4, 3, 3])])).toThrow(/axis 2/);
});

function zeros(...shape: number[]): never {
  return (shape.length === 0 ? 0 : Array.from({ length: shape[0] }, () => zeros(...shape.slice(1)))) as never;
}
