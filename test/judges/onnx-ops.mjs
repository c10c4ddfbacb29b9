/** Random graphs of one ONNX operator, and small graphs of some, which onnxruntime judges (onnx_ops.py, onnx_recipes.py). */
import { batches, compared, comparedAsModel } from "./sweep-onnx.mjs";

export const about = "graphs of one ONNX operator, or a few, beside ONNX Runtime";
export const script = "onnx_ops.py";
export const listed = [
  // docs/model-files.md: where ONNX Runtime and the standard differ, or the standard says nothing
  /the output 1, which is not computed/,
  /numbers to take the mean of/,
  /where steps go back/,
  /windows that reach each other with auto_pad/,
  /at least \d+ entries along axis/,
  /whole sizes with align_corners/,
  /\(Mod\): expected float32, float16 or integers/,
  /integers that stay within 32 bits/,
];

const together = 50; // graphs that Python is asked for at once

export async function* sweep({ seeds, ask, verbose, ...judged }) {
  for (const batch of batches(seeds, together))
    for (const one of await ask({ seeds: batch, only: process.env.ONNX_OPERATOR })) {
      const { seed, group, op, opset, raised, text } = one;
      if (raised) {
        yield { seed, kind: group, result: "none", why: `${op}: ${raised}` };
        continue;
      }
      const { result, why } = await compared(one, judged);
      if (one.opened) {
        // What needs numbers or sizes at hand is refused here by right.
        const { result, why } = await comparedAsModel(one, judged);
        const known = result === "refused" ? "none" : result;
        yield {
          seed,
          kind: "with an open batch",
          result: known,
          why: why && `${op} (opset ${opset}): ${why}\n    ${text}`,
        };
      }
      if (verbose) console.log(JSON.stringify({ ...one, model: undefined, opened: undefined }, null, 1));
      yield {
        seed,
        kind: group,
        result,
        why: why && `${op} (opset ${opset}): ${why}\n    ${text}`,
        cells: [`${op} / ${opset}`],
      };
    }
}
