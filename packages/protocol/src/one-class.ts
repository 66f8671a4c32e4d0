/**
 * Makes `instanceof` work for a class that is loaded twice: as ES module and as CommonJS, or by two
 * versions of a package.
 *
 * Note: only the class itself checks the mark. A subclass inherits the static method, and must not
 * accept all instances of its parent.
 */

/**
 * Makes `instanceof` true for instances of every copy of this class, by a mark on their prototype.
 * Call it after the class, not inside: bundlers rename a class that uses its own name.
 *
 * @example
 * ```ts
 * class Limited extends Error {}
 * oneClass(Limited, 'Limited');
 * ```
 */
export function oneClass(type: abstract new (...args: never[]) => object, name: string): void {
  const mark = Symbol.for(`@faktory-ts/${name}`);
  Object.defineProperty(type.prototype, mark, { value: true });
  Object.defineProperty(type, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      if (this !== type) return Function.prototype[Symbol.hasInstance].call(this, value);
      return typeof value === 'object' && value !== null && mark in value;
    },
  });
}
