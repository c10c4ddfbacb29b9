/**
 * A text whose white space is blanks alone, so that every kind of it separates words: the carriage returns of a Windows file,
 * tabs, no-break and ideographic blanks, byte order marks. The Tokenizer itself, as Keras's, cuts at blanks and what `filters`
 * name. Characters are kept where they are what is read; of line ends one kind stays.
 *
 *   withBlanks("good\r\n", false); // "good "
 */
export const withBlanks = (text: string, charLevel: boolean): string =>
  charLevel ? text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n") : text.replace(/[\s\u0085\u200b]+/g, " ");
