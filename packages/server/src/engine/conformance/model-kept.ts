/**
 * The part of the model (model.ts) for effects: what keys hold, and what effects do.
 */
import type { Effect, End, Entry } from '../engine.ts';

/** What a key holds. */
export interface Kept {
  readonly kind: 'claim' | 'counter' | 'number' | 'value';
  readonly value: string;
  readonly at: number;
  readonly until: number | undefined;
  /** The job that holds a claim; undefined: an operation does. */
  readonly holder?: number | undefined;
  /** Undefined: the counter was at zero. */
  readonly atZero?: readonly Effect[] | undefined;
  readonly lapse?: readonly Effect[];
}

/** What the keys of a model need of its jobs. */
interface Jobs {
  readonly now: number;
  /** Stores a job and returns its id. */
  insert(entry: Entry): number;
}

export class ModelKept {
  all = new Map<string, Kept>();
  readonly #jobs: Jobs;

  constructor(jobs: Jobs) {
    this.#jobs = jobs;
  }

  /** What a key holds; one whose end has passed is absent. */
  read(key: string): Kept | undefined {
    const kept = this.all.get(key);
    return kept && (kept.until === undefined || kept.until > this.#jobs.now) ? kept : undefined;
  }

  /** Deletes the keys whose end has passed, the earliest first; counters apply their `lapse`. */
  lapse(): number {
    const { now } = this.#jobs;
    const ended = [...this.all].filter(([, { until }]) => until !== undefined && until <= now);
    ended.sort(([, a], [, b]) => (a.until ?? 0) - (b.until ?? 0));
    let count = 0;
    for (const [key, kept] of ended) {
      if (this.all.get(key) !== kept) continue; // an earlier one replaced or dropped it
      count += 1;
      this.all.delete(key);
      if (kept.kind === 'counter' && kept.atZero) this.apply(kept.lapse ?? [], undefined);
    }
    return count;
  }

  /** Why the effects of a call are refused. `taken`: names that earlier jobs of the call take. */
  refusal(effects: readonly Effect[], taken: Set<string>): string | undefined {
    const claims = new Set<string>();
    for (const effect of effects) {
      if (effect.do === 'claim') {
        const { key } = effect;
        if (taken.has(key) || claims.has(key) || this.read(key)) return 'NOTUNIQUE';
        claims.add(key);
      }
      if (effect.do === 'expect' && this.read(effect.key)?.value !== effect.value) return 'STALE';
      if (effect.do === 'count' && this.read(effect.key)?.kind !== 'counter') return 'NOT_FOUND';
    }
    for (const key of claims) taken.add(key);
    return undefined;
  }

  /** Applies effects, then what follows from them, and so on. */
  apply(effects: readonly Effect[], holder: number | undefined): void {
    const todo = [...effects];
    for (const [index, effect] of todo.entries())
      todo.push(...this.#applyOne(effect, index < effects.length ? holder : undefined));
  }

  #applyOne(effect: Effect, holder: number | undefined): readonly Effect[] {
    const stamp = { value: '', at: this.#jobs.now, until: undefined };
    switch (effect.do) {
      case 'expect':
        return [];
      case 'claim':
        this.all.set(effect.key, { ...stamp, kind: 'claim', holder, until: this.#end(effect.until) });
        return [];
      case 'release': {
        const held = this.all.get(effect.key);
        if (held?.kind === 'claim' && held.holder === holder) this.all.delete(effect.key);
        return [];
      }
      case 'counter': {
        const { key, value, atZero, until, lapse = [] } = effect;
        const counter = { value: String(value), until: this.#end(until), atZero, lapse };
        this.all.set(key, { ...stamp, kind: 'counter', ...counter });
        return [];
      }
      case 'count':
        return this.#count(effect.key, effect.by);
      case 'number': {
        const known = this.read(effect.key);
        const value = String(Number(known?.value ?? 0) + effect.by);
        this.all.set(effect.key, { ...stamp, kind: 'number', value, until: known?.until });
        return [];
      }
      case 'put': {
        const { key, value, until } = effect;
        this.all.set(key, { ...stamp, kind: 'value', value, until: this.#end(until) });
        return [];
      }
      case 'drop':
        this.all.delete(effect.key);
        return [];
      case 'keep':
        for (const key of effect.keys) {
          const known = this.read(key);
          if (known) this.all.set(key, { ...known, until: this.#end(effect.until) });
        }
        return [];
      case 'push':
        return effect.entries.flatMap((entry) => this.#pushed(entry));
    }
  }

  #end(end: End | undefined): number | undefined {
    if (end === undefined) return undefined;
    return 'in' in end ? this.#jobs.now + end.in : end.at;
  }

  /** A counter that reaches zero, or falls below it, fires once. */
  #count(key: string, by: number): readonly Effect[] {
    const known = this.read(key);
    if (known?.kind !== 'counter') return [];
    const value = Number(known.value) + by;
    const fires = value <= 0 ? known.atZero : undefined;
    const atZero = fires ? undefined : known.atZero;
    this.all.set(key, { ...known, value: String(value), at: this.#jobs.now, atZero });
    return fires ?? [];
  }

  /** A job that effects push is never refused: it goes without the names that are taken. */
  #pushed(entry: Entry): readonly Effect[] {
    const { effects = [] } = entry;
    const id = this.#jobs.insert(entry);
    for (const effect of effects)
      if (effect.do === 'claim' && !this.read(effect.key)) this.#applyOne(effect, id);
    return effects.filter((effect) => effect.do !== 'claim' && effect.do !== 'expect');
  }
}
