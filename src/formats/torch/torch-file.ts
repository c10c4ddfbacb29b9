import { FormatError, problem } from "../../errors.ts";
import { latin1 } from "../containers/npy-types.ts";
import { unpickleNext } from "../containers/pickle.ts";
import { PickledObject, type PickleValue, persistentId } from "../containers/pickle-values.ts";
import { plainBytes } from "../containers/plain-bytes.ts";
import { unzip } from "../containers/zip.ts";
import { storageSize } from "./storage-types.ts";
import { isPickle, isTorchArchive } from "./torch-signs.ts";

/** A file of PyTorch: the values in its pickle, inert, and the bytes of its storages, which tensors are views of. */
export interface TorchFile {
  /** Its form: `"PyTorch (.pt, .pth)"`. */
  readonly kind: string;
  readonly root: PickleValue;
  readonly littleEndian: boolean;
  /** A storage's bytes by its key; undefined where the file has none. */
  storage(key: string): Uint8Array | undefined;
}

/**
 * Opens what `torch.save` or `torch.jit.save` wrote (an archive since PyTorch 1.6, pickles and storages one after another
 * before), or a pickle with tensors. Nothing in it is imported or called, and no number is decoded yet. Throws FormatError naming the place.
 *
 *   (await openTorch(bytes, "net.pth")).root;    // Map { "lstm.weight_ih_l0" → PickledObject torch._utils._rebuild_tensor_v2, … }
 */
export async function openTorch(bytes: Uint8Array, who: string): Promise<TorchFile> {
  if (isTorchArchive(bytes)) return openArchive(bytes, who);
  return magicEnd(bytes) > 0 ? openOlder(bytes, who) : openPickle(bytes, who);
}

async function openArchive(bytes: Uint8Array, who: string): Promise<TorchFile> {
  const members = await unzip(bytes, who);
  const pickle = members.find(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  if (!pickle) throw new FormatError(problem(who, "a member data.pkl", "none", damaged));
  const folder = pickle.name.slice(0, -"data.pkl".length);
  const byName = new Map(members.map((member) => [member.name, member]));
  const order = byName.get(`${folder}byteorder`)?.read();
  const script = members.some(({ name }) => name.startsWith(`${folder}code/`));
  const { value: root } = unpickleNext(pickle.read(), `${who}, ${pickle.name}`, 0, bytes.length);
  return {
    kind: script ? "TorchScript" : "PyTorch (.pt, .pth)",
    root,
    littleEndian: order === undefined || latin1(order).trim() !== "big",
    storage: (key) => byName.get(`${folder}data/${key}`)?.read(),
  };
}

const damaged = "The file is damaged or cut short: download or save it again.";

/** The byte behind the pickle of the number that the older form begins with; 0 in other files. */
function magicEnd(bytes: Uint8Array): number {
  const number = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
  const at = latin1(bytes.subarray(0, 40)).indexOf(number);
  return isPickle(bytes) && at > 0 && at <= 11 ? bytes.indexOf(0x2e, at + number.length) + 1 : 0;
}

/** The older form: pickles of a magic number, of the version, of the system, of the object, of the storages' keys, then the storages. */
function openOlder(bytes: Uint8Array, who: string): TorchFile {
  let at = magicEnd(bytes);
  const next = (): PickleValue => {
    const { value, end } = unpickleNext(bytes, who, at);
    at = end;
    return value;
  };
  const version = next();
  if (version !== 1001) throw new FormatError(problem(who, "version 1001 of PyTorch's older form", `${version}`));
  const system = next();
  const littleEndian = !(system instanceof Map) || system.get("little_endian") !== false;
  const root = next();
  const listed = next();
  const keys = Array.isArray(listed) ? listed.map(String) : [];
  const sizes = storageSizes(root);
  const storages = new Map<string, Uint8Array>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const key of keys) {
    const left = bytes.length - at - 8;
    if (left < 0) throw new FormatError(problem(who, `storage ${key} at byte ${at}`, "the end of the file", damaged));
    const length = Number(view.getBigInt64(at, littleEndian)) * (sizes.get(key) ?? 1);
    if (length < 0 || length > left)
      throw new FormatError(
        problem(`${who}, byte ${at}`, `${length} bytes of storage ${key}`, `${left} left`, damaged),
      );
    storages.set(key, bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return { kind: "PyTorch (.pt, .pth) before 1.6", root, littleEndian, storage: (key) => storages.get(key) };
}

/** Tensors that Python's own pickle kept: each storage is a file of the older form inside. */
function openPickle(bytes: Uint8Array, who: string): TorchFile {
  const { value: root } = unpickleNext(bytes, who, 0);
  return { kind: "pickle", root, littleEndian: true, storage: () => undefined };
}

/** A storage inside a plain pickle: its class and its bytes. */
export function innerStorage(
  bytes: Uint8Array,
  who: string,
): { root: PickleValue; bytes: Uint8Array; littleEndian: boolean } {
  if (magicEnd(bytes) === 0) throw new FormatError(problem(who, "a storage in PyTorch's older form", "other bytes"));
  const file = openOlder(plainBytes(bytes), who);
  const id = file.root instanceof PickledObject && file.root.className === persistentId ? file.root.args[0] : null;
  const key = Array.isArray(id) ? String(id[2]) : "";
  return { root: file.root, bytes: file.storage(key) ?? new Uint8Array(), littleEndian: file.littleEndian };
}

/** Bytes of an element of each storage, by its key. */
function storageSizes(root: PickleValue): Map<string, number> {
  const sizes = new Map<string, number>();
  const seen = new Set<object>();
  const open: PickleValue[] = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (value === null || typeof value !== "object" || ArrayBuffer.isView(value) || seen.has(value)) continue;
    seen.add(value);
    if (value instanceof Map) for (const item of value.values()) open.push(item);
    else if (Array.isArray(value)) for (const item of value) open.push(item);
    else if (value instanceof PickledObject) {
      const [id] = value.args;
      if (value.className === persistentId && Array.isArray(id))
        sizes.set(String(id[2]), storageSize(id[1] instanceof PickledObject ? id[1].className : ""));
      else for (const item of value.args) open.push(item);
      open.push(value.state, value.items as PickleValue);
    }
  }
  return sizes;
}
