/** A case that ends its process. */
export const bench = {
  name: 'ring',
  question: 'Is a crash found?',
  run: (): never => process.exit(0),
};
