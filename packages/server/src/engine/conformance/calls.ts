/**
 * The operations of a random sequence as data. `onModel` and `onEngine` carry one out and return
 * the same kind of answer, so that the answers can be compared, also over a pipe.
 */
import type { Effect, Engine, Entry, Gate, Outcome, SetChange } from '../engine.ts';
import type { Model } from './model.ts';

export type Call =
  | { readonly do: 'push'; readonly entries: readonly Entry[] }
  | { readonly do: 'fetch'; readonly queues: readonly string[]; readonly count: number }
  /** Only for an engine: model.ts knows no gates, gates-random.ts does. */
  | { readonly do: 'fetchGated'; readonly queue: string; readonly gate: Gate; readonly count: number }
  | {
      readonly do: 'settle';
      readonly jid: string;
      readonly outcome: Outcome;
      readonly onlyIfOverdue: boolean;
    }
  | { readonly do: 'promote'; readonly set: 'scheduled' | 'retries'; readonly limit: number }
  | { readonly do: 'expireDead'; readonly limit: number }
  | { readonly do: 'pause'; readonly queue: string; readonly paused: boolean }
  | { readonly do: 'remove'; readonly queue: string }
  | { readonly do: 'mutate'; readonly change: SetChange }
  | { readonly do: 'apply'; readonly effects: readonly Effect[] }
  | { readonly do: 'lapse' }
  | { readonly do: 'flush' };

const RESERVED = 1_800_000_000; // µs; `entry` of scene.ts reserves so long

/** Carries the call out and returns what the engine must answer, as JSON. */
export function onModel(model: Model, call: Call): unknown {
  switch (call.do) {
    case 'push':
      return model.push(call.entries);
    case 'fetch':
      return model.fetch(call.queues, call.count, RESERVED);
    case 'fetchGated':
      throw new Error('the model has no gates');
    case 'settle':
      return model.settle(call.jid, call.outcome, call.onlyIfOverdue);
    case 'promote':
      return model.promote(call.set, call.limit);
    case 'expireDead':
      return model.expireDead(call.limit);
    case 'pause':
      model.pause(call.queue, call.paused);
      return null;
    case 'remove':
      model.remove(call.queue);
      return null;
    case 'mutate':
      return model.mutate(call.change);
    case 'apply':
      return model.apply(call.effects) ?? null;
    case 'lapse':
      return model.lapse();
    case 'flush':
      model.flush();
      return null;
  }
}

/** Carries the call out and returns its answer, as JSON. */
export async function onEngine(engine: Engine, call: Call): Promise<unknown> {
  switch (call.do) {
    case 'push':
      return (await engine.push(call.entries)).map(({ index, code }) => ({ index, code }));
    case 'fetch':
      return fetched(engine, call.queues, call.count);
    case 'fetchGated':
      return passed(engine, call.queue, call.gate, call.count);
    case 'settle':
      return engine.settle({ jid: call.jid }, call.outcome, { onlyIfOverdue: call.onlyIfOverdue });
    case 'promote':
      return engine.handleDue(call.set, call.limit);
    case 'expireDead':
      return engine.handleDue('dead', call.limit);
    case 'pause':
      await engine.changeQueues([call.queue], call.paused ? 'pause' : 'resume');
      return null;
    case 'remove':
      await engine.changeQueues([call.queue], 'remove');
      return null;
    case 'mutate':
      return engine.mutate(call.change);
    case 'apply':
      return refusalOf(engine.apply(call.effects));
    case 'lapse':
      return engine.handleDue('ends', MANY);
    case 'flush':
      await engine.flush();
      return null;
  }
}

const MANY = 10_000;

async function fetched(engine: Engine, queues: readonly string[], count: number): Promise<string[]> {
  const ask = { queues, wid: 'w1' };
  const [one, many] =
    count === 1 ? [await engine.fetch(ask), []] : [undefined, (await engine.fetchMany(ask, count)).jobs];
  return (one ? [one] : many).map(({ jid }) => jid);
}

/** The jids that pass the gate, for a connection without a worker id. */
export async function passed(engine: Engine, queue: string, gate: Gate, count: number): Promise<string[]> {
  const ask = { queues: [queue], wid: '', gates: new Map([[queue, [gate]]]) };
  return (await engine.fetchMany(ask, count)).jobs.map(({ jid }) => jid);
}

async function refusalOf(applied: Promise<void>): Promise<string | null> {
  try {
    await applied;
    return null;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
