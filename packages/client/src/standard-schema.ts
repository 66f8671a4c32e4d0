/**
 * The interface that schema libraries share (standardschema.dev, version 1), so that a definition
 * takes any of them.
 *
 * Note: it is copied and not imported, because it is types only, its authors allow the copy, and so
 * the client depends on no package but the protocol. Keep it as in that text.
 */

/** A schema of any library that follows Standard Schema: zod, valibot, arktype and more. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    /** Only for types; undefined at run time. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** The result of a schema: the output value, or the issues. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** A problem of a value. */
export interface SchemaIssue {
  readonly message: string;
  /** From the outside in. Absent or empty: the value itself. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}
