/** The same where the index is made and where it is asked. */
export const searchOptions = {
  fields: ["title", "text"],
  storeFields: ["at", "title", "page"],
  searchOptions: { prefix: true, fuzzy: 0.15, boost: { title: 4 }, combineWith: "AND" as const },
};
