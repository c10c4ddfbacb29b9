import { readBytes, type TextSource } from "../data/read-text.ts";
import type { PickleContents } from "./pickle-contents.ts";

/**
 * Reads an object that a notebook kept with Python's `pickle` or with joblib (plain, zlib, gzip, zip): Keras's Tokenizer; scikit-learn's MinMaxScaler,
 * StandardScaler, RobustScaler, pipelines of them, LabelEncoder, OneHotEncoder, LabelBinarizer (of two classes a `LabelEncoder`,
 * of more a `OneHotEncoder`); DataFrame and Series of pandas 1 to 3 (columns of several levels as `Close_AAPL`); NumPy arrays, lists and dicts of texts and numbers. A pickle is a program: nothing in it is run, and an
 * object of any other class is refused by its name. Throws DataError where there is no file, FormatError naming the place.
 *
 *   const tokenizer = await readPickle<Tokenizer>("tokenizer.pickle");
 *   const scaler = await readPickle<Scaler>("scaler.pkl");
 */
export async function readPickle<Kind extends PickleContents = PickleContents>(
  source: TextSource | Uint8Array,
): Promise<Kind> {
  const who = source instanceof Uint8Array || source instanceof Blob ? "readPickle" : String(source);
  const bytes = source instanceof Uint8Array ? source : await readBytes(source, who);
  const [{ unpacked }, { unpickleRecords }, { contentsOf }] = await Promise.all([
    import("./unpack.ts"),
    import("../formats/containers/pickle.ts"),
    import("./contents.ts"),
  ]);
  return contentsOf(unpickleRecords(await unpacked(bytes, who), who, bytes.length), who) as Kind;
}
