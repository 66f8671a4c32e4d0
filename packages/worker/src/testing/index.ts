/**
 * The entry `@faktory-ts/worker/testing`: a real server inside the test, and two fake clients that
 * need no server. The worker never imports it, because only this folder uses the server package, an
 * optional peer dependency. No test framework is needed: assertions are errors of node:assert.
 */

export type { Producer } from '@faktory-ts/client';
export type { Duration } from './clock.ts';
export type { Drained, DrainOptions } from './drain.ts';
export { FakeClient, type PushedJob } from './fake-client.ts';
export { inlineClient } from './inline-client.ts';
export type { DrainFailure, TestWorkerOptions } from './site.ts';
export { startTestServer, type TestServer } from './test-server.ts';
