/*
 * The interface that schema libraries share (standardschema.dev, version 1), so that a definition takes any of them.
 * It must never grow beyond that text. A stranger would get wrong why it is written down here and not imported: it is types
 * only, its authors allow the copy, and so the client depends on no package but the protocol.
 */

/** A schema of any library that follows Standard Schema: zod, valibot, arktype and more. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    /** Never there at run time. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** What a schema says about a value: what it made of it, or what is wrong with it. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One thing that is wrong with a value. */
export interface SchemaIssue {
  readonly message: string;
  /** From the outside in. Absent or empty = the value itself. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}
