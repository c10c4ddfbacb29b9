import type { ModelFormat } from "../format.ts";
import { isPickle, isTorchArchive, isTorchTar } from "./torch-signs.ts";

/** Files that `torch.save` writes: an archive, or the older forms; and pickles, which have tensors in them or not. */
export const torchFormat: ModelFormat = {
  name: "PyTorch (.pt, .pth)",
  endings: [],
  sniff: (bytes) => isTorchArchive(bytes) || isPickle(bytes) || isTorchTar(bytes),
  hasModules: true,
  read: async ({ bytes, who }) => (await import("./torch-model.ts")).readTorchModel(bytes, who),
  readWeights: async (model, { bytes, who }, options) => {
    const [{ readWeightsIn }, { fillTensors }] = await Promise.all([
      import("./torch-model.ts"),
      import("./fill-tensors.ts"),
    ]);
    const contents = await readWeightsIn(bytes, who);
    return () => fillTensors(model, contents, who, options);
  },
  describe: async ({ bytes, who }) => {
    if (isTorchTar(bytes)) return { kind: "PyTorch before 0.1.10 (tar)", writer: "PyTorch" };
    const { describeTorch } = await import("./describe-torch.ts");
    return describeTorch(bytes, who);
  },
};
