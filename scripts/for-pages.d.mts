export function forPages(root: string): {
  isLeftOut(name: string): boolean;
  withoutNode(text: string): string;
};
