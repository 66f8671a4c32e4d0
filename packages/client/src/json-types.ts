/**
 * The types that JSON can carry as a job's arguments, and the types that arrive at the worker.
 * Types only.
 *
 * Note: lossless.ts checks at the push what the compiler cannot see (NaN, an object of a class).
 */

/** The type of a value that JSON cannot carry; its name in a compiler error says why. */
export interface NotJson<Why extends string> {
  readonly 'arguments travel as JSON': Why;
}

type Primitive = string | number | boolean | null;
type Binary = ArrayBufferView | ArrayBuffer;
type Collection =
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | WeakMap<WeakKey, unknown>
  | WeakSet<WeakKey>
  | RegExp
  | Error
  | Promise<unknown>;
type Callable = (...args: never[]) => unknown;
interface Converted {
  toJSON(...args: never[]): unknown;
}

/**
 * The type itself where JSON can carry it, otherwise a {@link NotJson}, which no value fits.
 *
 * @example
 * ```ts
 * type Fits = JsonSafe<[when: Date, to: string]>; // the same
 * type Not = JsonSafe<[sizes: Map<string, number>]>; // [sizes: NotJson<'…'>]
 * ```
 */
export type JsonSafe<T> =
  IsAny<T> extends true
    ? T
    : T extends Primitive
      ? T
      : T extends bigint
        ? NotJson<'a bigint: send a text'>
        : T extends symbol
          ? NotJson<'a symbol'>
          : T extends Binary
            ? NotJson<'bytes: send base64'>
            : T extends Converted
              ? T
              : T extends Callable
                ? NotJson<'a function'>
                : T extends Collection
                  ? NotJson<'a Map, Set, RegExp, Error or Promise: send a plain object or a list'>
                  : T extends object
                    ? { [Key in keyof T]: JsonSafe<T[Key]> }
                    : T;

/**
 * The type that arrives at the worker: a Date becomes a text, and any other value with `toJSON`
 * becomes the result of that.
 *
 * @example
 * ```ts
 * type Out = AsJson<[when: Date, to: { name: string }]>; // [when: string, to: { name: string }]
 * ```
 */
export type AsJson<T> =
  IsAny<T> extends true
    ? T
    : T extends Primitive
      ? T
      : T extends { toJSON(...args: never[]): infer Result }
        ? AsJson<Result>
        : T extends Callable | bigint | symbol
          ? never
          : T extends object
            ? { [Key in keyof T]: AsJson<T[Key]> }
            : T;

type IsAny<T> = 0 extends 1 & T ? true : false;
