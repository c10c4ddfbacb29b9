/** One place of a file of src/, by its text, and what stands there instead. */
export interface Fault {
  readonly by: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}
export const faults: Readonly<Record<string, Fault>>;
export function withFault(text: string, fault: Fault): string;
