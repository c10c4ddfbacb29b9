export const addonsFolder: string;
export const targets: Record<string, { zig: string; arch: string; link: string[]; importLibrary?: boolean }>;
