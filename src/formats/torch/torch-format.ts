import { beginsWith, type ModelFormat } from "../format.ts";

/** Pickles, as PyTorch writes them, alone or in an archive that begins with a member `<name>/data.pkl`. */
export const pickleFormat: ModelFormat = {
  name: "pickle",
  endings: [],
  sniff: (bytes) =>
    beginsWith(bytes, "PK")
      ? new TextDecoder("latin1").decode(bytes.subarray(30, 200)).includes("data.pkl")
      : bytes[0] === 0x80 && bytes[1] >= 2 && bytes[1] <= 5,
  refused: {
    what: "a pickle, as PyTorch writes it",
    next: "Pickles can run code when they are read. In Python: safetensors.torch.save_file(model.state_dict(), path).",
  },
};
