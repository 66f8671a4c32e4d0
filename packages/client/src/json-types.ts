/*
 * Which types a job's arguments may have, and which types come out of them at the worker: what JSON makes of them.
 * Note: types only. What the compiler cannot see (NaN, an object of a class) is found when a job is pushed, by lossless.ts.
 */

/** The type of what JSON cannot carry; its name in an error of the compiler says why. */
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
 * The type itself where JSON can carry it; where it cannot, a {@link NotJson} in its place, which nothing fits.
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
 * What comes out at the worker: a Date is a text there, and so is all else with a `toJSON` what that gives.
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
