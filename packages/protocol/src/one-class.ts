/*
 * One identity for a class that may be loaded twice: as ES module and as CommonJS, or by two versions of a package.
 * Note: only the class itself looks at the mark, because a subclass inherits the static method and must not claim all of its parent's
 * instances.
 */

/**
 * Makes `instanceof` true for instances of every copy of this class, by a mark on their prototype. Call it behind the class, not inside:
 * bundlers rename a class that names itself.
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
