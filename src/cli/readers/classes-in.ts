/** The classes of labels and how often each comes: `2 classes: neg 206, pos 194`. */
export function classesIn(labels: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const ranked = [...counts].sort(([, a], [, b]) => b - a);
  const named = ranked.slice(0, mostNamed).map(([label, count]) => `${label.slice(0, 30)} ${count}`);
  const rest = ranked.length > mostNamed ? ` and ${ranked.length - mostNamed} more` : "";
  return `${ranked.length} ${ranked.length === 1 ? "class" : "classes"}: ${named.join(", ")}${rest}`;
}

const mostNamed = 6;
