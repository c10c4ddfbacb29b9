export function reachedTypes(dist: string, doors: readonly string[]): Set<string>;
export function keepPublicTypes(dist: string, doors: readonly string[]): void;
