/*
 * The door of `@faktory-ts/worker/testing`: a real server inside the test, and two stand-ins for the client that need none.
 * It must never be imported by the worker itself: only this folder knows the server package, an optional peer. A stranger would get
 * wrong that nothing here needs a test framework: failed assertions are node:assert's, which all of them show.
 */

export type { Producer } from '@faktory-ts/client';
export type { Duration } from './clock.ts';
export type { Drained, DrainOptions } from './drain.ts';
export { FakeClient, type PushedJob } from './fake-client.ts';
export { inlineClient } from './inline-client.ts';
export type { DrainFailure, TestWorkerOptions } from './site.ts';
export { startTestServer, type TestServer } from './test-server.ts';
