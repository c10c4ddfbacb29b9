/**
 * A number as Python's `f"{value:.{digits}f}"` writes it: exact ties round to the even digit, `nan` and `inf` in lower case.
 *
 *   pythonFixed(2.5, 0);     // "2", where JavaScript's toFixed gives "3"
 *   pythonFixed(0.125, 2);   // "0.12"
 */
export function pythonFixed(value: number, digits: number): string {
  const size = Math.abs(value);
  return unusual(value) ?? sign(value) + (tieToEven(fixed(size, digits + guardDigits)) ?? fixed(size, digits));
}

/**
 * A number as Python's `f"{value:.{digits}e}"` writes it: an exponent has a sign and at least two digits.
 *
 *   pythonExponent(9e-4, 4);   // "9.0000e-04"
 *   pythonExponent(0, 4);      // "0.0000e+00"
 */
export function pythonExponent(value: number, digits: number): string {
  const odd = unusual(value);
  if (odd !== undefined) return odd;
  const size = Math.abs(value);
  const [longMantissa, longExponent] = size.toExponential(digits + guardDigits).split("e");
  const [mantissa, exponent] = size.toExponential(digits).split("e");
  const even = tieToEven(longMantissa);
  const power = even === undefined ? exponent : longExponent; // "+5", "-12"
  return `${sign(value)}${even ?? mantissa}e${power[0]}${power.slice(1).padStart(2, "0")}`;
}

/**
 * A float as Python's `str` writes it: the shortest digits that give it back, whole numbers with `.0`.
 *
 *   pythonFloat(3);         // "3.0"
 *   pythonFloat(0.00001);   // "1e-05"
 */
export function pythonFloat(value: number): string {
  const odd = unusual(value);
  if (odd !== undefined) return odd;
  const size = Math.abs(value);
  const [mantissa, power] = size.toExponential().split("e");
  if (size !== 0 && (Number(power) < -4 || Number(power) >= 16))
    return `${sign(value)}${mantissa}e${power[0]}${power.slice(1).padStart(2, "0")}`;
  return `${sign(value)}${size}${Number.isInteger(size) ? ".0" : ""}`;
}

/** A whole number with commas between thousands, as Python's `f"{n:,}"`: `1,238,000`. */
export function pythonThousands(n: number): string {
  return n.toLocaleString("en-US", { maximumFractionDigits: 0 });
}

/** More digits than a float64 needs to show whether what follows a digit is exactly a half. */
const guardDigits = 25;

/** JavaScript rounds from the exact value as Python does, but takes ties upward: the text of a tie that must go down. */
function tieToEven(long: string): string | undefined {
  const kept = long.slice(0, -guardDigits).replace(/\.$/, "");
  return /^50*$/.test(long.slice(-guardDigits)) && /[02468]$/.test(kept) ? kept : undefined;
}

function unusual(value: number): string | undefined {
  if (Number.isNaN(value)) return "nan";
  return Number.isFinite(value) ? undefined : value > 0 ? "inf" : "-inf";
}

function sign(value: number): string {
  return value < 0 || Object.is(value, -0) ? "-" : "";
}

/** toFixed changes to exponents from 1e21 on, where every float64 is a whole number. */
function fixed(size: number, digits: number): string {
  if (size < 1e21) return size.toFixed(digits);
  return digits > 0 ? `${BigInt(size)}.${"0".repeat(digits)}` : `${BigInt(size)}`;
}
