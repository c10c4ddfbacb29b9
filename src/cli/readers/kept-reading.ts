import type { TableReading } from "../../index.ts";
import type { Table } from "./read-table.ts";

/** Options with those that a model keeps for reading the next file, where none is given; columns that the file lacks are not asked for. */
export function withKept<O extends object>(
  o: O,
  kept: TableReading | null | undefined,
  { columns }: Table,
): O & TableReading {
  const has = ([name, value]: [string, unknown]) =>
    !named.includes(name) || [value].flat().every((column) => columns.includes(String(column)));
  const given = Object.entries(o).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries([...Object.entries(kept ?? {}).filter(has), ...given]) } as O & TableReading;
}

const named = ["text", "label", "group", "columns"];
