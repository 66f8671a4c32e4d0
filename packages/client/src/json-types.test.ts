import { describe, expectTypeOf, test } from 'vitest';
import type { Client, Producer } from './client.ts';
import { type DefinedJobs, defineJob, unchecked } from './define-job.ts';
import type { AsJson, JsonSafe } from './json-types.ts';

class Money {
  constructor(readonly cents: number) {}
  toJSON() {
    return { cents: this.cents };
  }
}
interface Tree {
  name: string;
  children: Tree[];
}

describe('the types that arrive at the worker', () => {
  test('a Date or a value with toJSON arrives as the result of toJSON', () => {
    expectTypeOf<AsJson<[when: Date, at?: URL]>>().toEqualTypeOf<[when: string, at?: string]>();
    expectTypeOf<AsJson<{ price: Money; dates: readonly Date[] }>>().toEqualTypeOf<{
      price: { cents: number };
      dates: readonly string[];
    }>();
  });

  test('values that JSON keeps have the same type, also unknown and recursive ones', () => {
    expectTypeOf<AsJson<[a: string, b: 1 | null, c?: { d?: boolean }]>>().toEqualTypeOf<
      [a: string, b: 1 | null, c?: { d?: boolean }]
    >();
    expectTypeOf<AsJson<unknown>>().toBeUnknown();
    // biome-ignore lint/suspicious/noExplicitAny: that it stays any is the point
    expectTypeOf<AsJson<any>>().toBeAny();
    expectTypeOf<AsJson<Tree>['children'][0]['name']>().toBeString();
  });

  test('an unchecked definition has the types that arrive, too', () => {
    const jobs = [defineJob('Remind', { schema: unchecked<[when: Date]>() })];
    expectTypeOf<DefinedJobs<typeof jobs>['Remind']>().toEqualTypeOf<[when: Date]>();
    expectTypeOf<DefinedJobs<typeof jobs, 'output'>['Remind']>().toEqualTypeOf<[when: string]>();
  });
});

describe('the types that may be pushed', () => {
  test('dates, texts, numbers, lists, objects and unions of them may be pushed', () => {
    type Fits = [when: Date, tree: Tree, money: Money, kind: 'a' | 1 | null, rest: Record<string, unknown>];
    expectTypeOf<Fits>().toExtend<JsonSafe<Fits>>();
  });

  test('a map of jobs with a Map, Set, bigint, function, symbol, Buffer or Error does not compile', () => {
    // @ts-expect-error a Map
    type WithMap = Client<{ A: [Map<string, number>] }>;
    // @ts-expect-error a Set, deep inside
    type WithSet = Client<{ A: [{ b: { c: Set<string>[] } }] }>;
    // @ts-expect-error a bigint
    type WithBigint = Client<{ A: [id: bigint] }>;
    // @ts-expect-error a function
    type WithFunction = Client<{ A: [done: () => void] }>;
    // @ts-expect-error a symbol
    type WithSymbol = Client<{ A: [symbol] }>;
    // @ts-expect-error a Buffer
    type WithBuffer = Client<{ A: [Buffer] }>;
    // @ts-expect-error an Error
    type WithError = Client<{ A: [Error] }>;
    expectTypeOf<
      [WithMap, WithSet, WithBigint, WithFunction, WithSymbol, WithBuffer, WithError]
    >().toBeArray();
  });
});

describe('a wrapper around push', () => {
  interface Jobs {
    SendEmail: [to: string, id: number];
    Resize: [image: string];
  }

  test('a wrapper around push that takes any jobtype of the map with its arguments compiles', () => {
    function enqueue<K extends keyof Jobs & string>(queue: Producer<Jobs>, jobtype: K, ...args: Jobs[K]) {
      return queue.push({ jobtype, args });
    }
    const calls = (queue: Producer<Jobs>) => {
      void enqueue(queue, 'SendEmail', 'bob', 1);
      // @ts-expect-error the id is missing
      void enqueue(queue, 'SendEmail', 'bob');
      // @ts-expect-error there is no such jobtype
      void enqueue(queue, 'SendMail', 'bob', 1);
    };
    expectTypeOf(calls).toBeFunction();
  });

  test('a wrapper around push with the arguments of another jobtype does not compile', () => {
    const calls = (client: Client<Jobs>) => {
      void client.push({ jobtype: 'Resize', args: ['a.png'], priority: 9 });
      // @ts-expect-error these are those of SendEmail
      void client.push({ jobtype: 'Resize', args: ['bob', 1] });
      // @ts-expect-error there is no such jobtype
      void client.push({ jobtype: 'Resized', args: ['a.png'] });
    };
    expectTypeOf(calls).toBeFunction();
  });
});
