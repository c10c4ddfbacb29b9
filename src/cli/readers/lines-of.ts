/** Lines as they come, without a byte order mark. */
export async function* linesOf(
  bytes: AsyncIterable<Uint8Array>,
  encoding?: string,
): AsyncGenerator<string, void, undefined> {
  const { textDecoder } = await import("../../data/index.ts");
  const decoder = await textDecoder(encoding);
  let line = "";
  for await (const part of bytes) {
    const [end, ...more] = decoder.decode(part, { stream: true }).split("\n");
    line += end;
    for (const next of more) {
      yield line.replace(/\r$/, "");
      line = next;
    }
  }
  line += decoder.decode();
  if (line !== "") yield line;
}
