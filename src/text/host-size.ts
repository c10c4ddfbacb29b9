import { DataError, problem, showShape, type Words } from "../errors.ts";
import { type Shape, sizeOf } from "../tensor/shape.ts";

/** More numbers than this are refused with advice, before the allocation fails without any: 8 GiB at four bytes each. */
const most = 2 ** 31;

/** The number of elements of an array about to be allocated; throws DataError with `next` where that cannot end well. */
export function hostSize(shape: Shape, who: string, next: Words): number {
  const size = sizeOf(shape);
  if (size <= most) return size;
  throw new DataError(problem(who, `at most 2^31 numbers`, `${size} for shape ${showShape(shape)}`, next));
}
