/** A link that carries a cell's code in its hash, which no browser sends to a server. It never runs by itself. */
const most = 100_000; // characters of the code

export async function linkTo(cell: number, code: string): Promise<string> {
  const packed = new Blob([code]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
  const text = btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
  return `${location.href.split("#")[0]}#cell=${cell}&code=${text}`;
}

/** The cell and the code of a link; null where the hash has none, or is damaged. */
export async function linked(hash: string): Promise<{ cell: number; code: string } | null> {
  const found = /^#cell=(\d{1,3})&code=([\w-]+)$/.exec(hash);
  if (!found) return null;
  try {
    const bytes = Uint8Array.from(atob(found[2].replaceAll("-", "+").replaceAll("_", "/")), (char) =>
      char.charCodeAt(0),
    );
    const code = await unpacked(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")));
    return { cell: Number(found[1]), code };
  } catch {
    return null;
  }
}

/** The text of a stream that may be a bomb: reading ends at the bound. */
async function unpacked(stream: ReadableStream<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for (const reader = stream.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > most) throw new RangeError("too long");
    parts.push(value);
  }
  return new Blob(parts as BlobPart[]).text();
}
