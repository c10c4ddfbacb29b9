/** The node tests of the ONNX standard: those of operators that are here are right, the others are refused by name. */
import { batches, compared } from "./sweep-onnx.mjs";

export const about = "the node tests of the ONNX standard (each once)";
export const script = "onnx_nodes.py";
export const listed = [
  /operators that are known here, received /,
  /a plain attribute .* received type 5/, // If, Loop, Scan
  /expected finite numbers, received/,
  /numbers of type 2/,
  /a graph that reads something/,
  /training_mode (0|false)/,
  /float32, float16 or integers, received float64/, // Mod
  /storage_order 0/,
  /opset 7 to/,
  /mode nearest or linear/,
  /(exclude_outside|antialias) 0/,
  /keep_aspect_ratio_policy stretch/,
  /coordinate_transformation_mode/,
  /align_corners/,
  /a trip count that is known before/,
  /node 0 \(Scan\): expected 1 inputs/, // opset 8
  /the attributes blocksize, received "mode"/,
];

const tests = 3000; // more than there are

export async function* sweep({ seeds, ask, verbose, ...judged }) {
  const [first] = seeds; // a case again, or all of them
  for (const batch of batches(verbose ? [first] : range(tests), 50))
    for (const one of await ask({ seeds: batch })) {
      const { seed, op, opset, raised, end, text } = one;
      if (end) return;
      if (raised) {
        yield { seed, result: "none", why: raised };
        continue;
      }
      const { result, why } = await compared(one, judged);
      if (verbose) console.log(JSON.stringify({ ...one, model: undefined }, null, 1));
      yield { seed, result, why: why && `${op} (opset ${opset}): ${why}\n    ${text}` };
    }
}

const range = (n) => Array.from({ length: n }, (_, k) => k);
