import { beginsWith } from "../format.ts";

/** Few bytes as text, one character a byte. */
const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

const firstMember = /^[^/]+\/(data\.pkl|data\/\d+|version|byteorder|constants\.pkl|\.format_version|\.data\/|code\/)/;

/** Whether a zip is one of PyTorch's, by its first member. */
export function isTorchArchive(bytes: Uint8Array): boolean {
  if (!beginsWith(bytes, "PK\x03\x04") || bytes.length < 46) return false;
  const name = latin1(bytes.subarray(30, 30 + (bytes[26] | (bytes[27] << 8))));
  return firstMember.test(name) || latin1(bytes.subarray(30, 200)).includes("data.pkl");
}

/** Whether a file is in the form before PyTorch 0.1.10, a tar archive. */
export const isTorchTar = (bytes: Uint8Array): boolean =>
  latin1(bytes.subarray(257, 262)) === "ustar" &&
  /^(sys_info|storages|tensors|pickle)\0/.test(latin1(bytes.subarray(0, 9)));

/** Whether bytes begin as a pickle of protocol 2 to 5 does. */
export const isPickle = (bytes: Uint8Array): boolean => bytes[0] === 0x80 && bytes[1] >= 2 && bytes[1] <= 5;
