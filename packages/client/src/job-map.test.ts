import { describe, expectTypeOf, test } from 'vitest';
import type { Client } from './client.ts';
import type { ClientOptions } from './client-options.ts';
import type { PushJob } from './job-map.ts';

describe('a client typed by a map', () => {
  interface Jobs {
    SendEmail: [to: string, id: number];
    Ping: [];
  }
  type Pushed = PushJob<Jobs>;

  test('a job of the map compiles', () => {
    expectTypeOf<{ jobtype: 'SendEmail'; args: [string, number]; queue: string }>().toExtend<Pushed>();
    expectTypeOf<{ jobtype: 'SendEmail'; args: readonly [string, number] }>().toExtend<Pushed>();
    expectTypeOf<{ jobtype: 'Ping'; args: []; at: Date }>().toExtend<Pushed>();
  });

  test('wrong arguments, jobtypes and options do not compile', () => {
    expectTypeOf<{ jobtype: 'SendEmail'; args: [number, string] }>().not.toExtend<Pushed>();
    expectTypeOf<{ jobtype: 'SendEmail'; args: [string] }>().not.toExtend<Pushed>();
    expectTypeOf<{ jobtype: 'SendEmail' }>().not.toExtend<Pushed>();
    expectTypeOf<{ jobtype: 'Ping'; args: [1] }>().not.toExtend<Pushed>();
    expectTypeOf<{ jobtype: 'Sendemail'; args: [] }>().not.toExtend<Pushed>();
    expectTypeOf<{ jobtype: 'Ping'; args: []; priority: 'high' }>().not.toExtend<Pushed>();
    expectTypeOf<{ jobtype: 'Ping'; args: []; at: number }>().not.toExtend<Pushed>();
  });

  test('without a map any jobtype and arguments compile', () => {
    expectTypeOf<{ jobtype: 'X'; args: [1, { a: 2 }] }>().toExtend<PushJob>();
    expectTypeOf<{ jobtype: 'X'; args: string }>().not.toExtend<PushJob>();
  });

  test('a map whose arguments are not a list does not compile', () => {
    expectTypeOf<{ A: string }>().not.toExtend<{ [T in 'A']: readonly unknown[] }>();
  });

  test('times and durations of other kinds do not compile', () => {
    expectTypeOf<{ jobtype: 'Ping'; args: []; at: { epochMilliseconds: number } }>().toExtend<Pushed>();
    expectTypeOf<{ jobtype: 'Ping'; args: []; in: '15 minutes' }>().toExtend<Pushed>();
    expectTypeOf<{ jobtype: 'Ping'; args: []; in: '5 bananas' }>().not.toExtend<Pushed>();
    expectTypeOf<{ jobtype: 'Ping'; args: []; in: '5' }>().not.toExtend<Pushed>();
    expectTypeOf<{ jobtype: 'Ping'; args: []; in: Date }>().not.toExtend<Pushed>();
    expectTypeOf<{ jobtype: 'Ping'; args: []; unique_until: 'end' }>().not.toExtend<Pushed>();
  });

  test('unknown options of a job do not compile', () => {
    const client = {} as Client<Jobs>;
    // @ts-expect-error the wire's name is reserve_for
    const camel = (): unknown => client.push({ jobtype: 'Ping', args: [], reserveFor: 60 });
    // @ts-expect-error defaults are for all jobs, a jid is for one
    const jid: ClientOptions = { defaults: { jid: 'jid-12345' } };
    expectTypeOf(camel).returns.toBeUnknown();
    expectTypeOf(jid).toEqualTypeOf<ClientOptions>();
  });
});
