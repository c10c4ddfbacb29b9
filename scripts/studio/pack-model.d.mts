/** Bytes of a model's file at most. */
export const mostBytes: number;
/** A number with 12 bits of mantissa. */
export function rounded(value: number): number;
/** The same archive, deflated, with one date, and with the words alone that the model reads. */
export function packed(bytes: Uint8Array): Uint8Array;
