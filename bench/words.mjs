// One word at a time with a state that stays: what a text generator does. Until layers can be stateful, a program of its own.
import { chooseBackend } from "../dist/backends/choose.js";
import { compile } from "../dist/graph/compile.js";
import { assign } from "../dist/ops/assign.js";
import { gather } from "../dist/ops/gather.js";
import { lstm } from "../dist/ops/lstm.js";
import { linear } from "../dist/ops/matmul.js";
import { softmax } from "../dist/ops/softmax.js";
import { inTrace, Trace } from "../dist/tensor/tensor.js";
import { largest } from "./serve.mjs";

/** `next()` reads the likeliest word after the words so far and goes on from it. */
export async function wordByWord(w, weights, backendName) {
  const backend = await chooseBackend(backendName);
  const trace = new Trace();
  const leaves = weights.map((a) => trace.leaf("weights", a.shape));
  inTrace(trace, () => {
    const id = trace.leaf("data", [1, 1], { dtype: "i32", name: "id" });
    let x = gather(leaves[0], id);
    w.units.forEach((units, k) => {
      const [h0, c0] = [trace.leaf("state", [1, units]), trace.leaf("state", [1, units])];
      const [wx, wh, b] = leaves.slice(1 + 3 * k);
      trace.from = `lstm ${k}`;
      const out = lstm({ x, wx, wh, b, h0, c0 });
      assign(h0, out.h);
      assign(c0, out.c);
      x = k < w.units.length - 1 ? out.y : out.last;
    });
    trace.from = "dense";
    const p = softmax(linear(x, ...leaves.slice(-2)));
    assign(trace.leaf("state", p.shape, { name: "p" }), p);
  });
  const { program } = compile("word", backend, trace);
  const executable = backend.load(program, {});
  leaves.forEach((leaf, k) => {
    executable.memory("weights").write(leaf.place.offset, weights[k].data);
  });
  const { id, p } = program.bindings;
  const [data, state] = [executable.memory("data"), executable.memory("state")];
  const word = new Int32Array(1);
  return {
    profile: () => executable.profile(),
    async next() {
      data.write(id.offset, word);
      await executable.run({ firstStep: 0, times: 1, seed: 1 });
      word[0] = largest(state.read(p.offset, w.vocabulary, "f32"));
      return word[0];
    },
  };
}
