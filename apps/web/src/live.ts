/**
 * The live connection: a WebSocket that reports changes, reopened when it breaks. Where no
 * WebSocket is possible the page polls.
 *
 * Only topics that a component shows are requested. Note: a silent socket counts as broken,
 * because stats come every second and a proxy may keep a dead connection open for minutes.
 */
import type { LiveTopic, LiveUpdate } from '@faktory-ts/protocol';
import { useCallback, useEffect, useSyncExternalStore } from 'react';
import { ApiProblem, api, apiUrl } from './api.ts';
import { type LiveState, merged, nothingLive, withPast } from './live-merge.ts';
import { currentPrefs, onPrefs } from './prefs.ts';

/** `waiting`: the first connection is being made. */
export type Connection = 'waiting' | 'connected' | 'polling' | 'lost';

const rowTopics = ['stats', 'attention', 'queues', 'workers'] as const;
const silence = 10_000; // ms
const pollEvery = 2000; // ms
const longestPause = 10_000; // ms between two attempts
const tryAgain = 30_000; // ms of polling until a socket is tried again
const changeComes = 3000; // ms within which the server tells what was changed
const linger = 3000; // ms that a topic stays asked for after its last reader left: pages follow each other

/** The one connection of this page. */
class Live {
  private state: LiveState = nothingLive;
  private shown: LiveState = nothingLive;
  private connection: Connection = 'waiting';
  private readonly readers = new Map<LiveTopic, number>();
  private readonly listeners = new Set<() => void>();
  private readonly asked = new Set<LiveTopic>();
  private readonly whole = new Set<LiveTopic>();
  private socket: WebSocket | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private showing: ReturnType<typeof setTimeout> | undefined;
  private shownAt = Number.NEGATIVE_INFINITY;
  private showUntil = 0;
  private fails = 0;
  private running = false;
  /** Whether the trail has what the server kept before this connection, and how many show it. */
  private past: 'missing' | 'asked' | 'there' = 'missing';
  private pastReaders = 0;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  readonly snapshot = (): LiveState => this.shown;
  readonly connectionNow = (): Connection => this.connection;

  start(): void {
    if (this.running) return;
    this.running = true;
    this.fails = 0;
    this.open();
  }

  stop(): void {
    this.running = false;
    clearTimeout(this.timer);
    clearTimeout(this.showing);
    this.showing = undefined;
    this.drop();
    this.state = nothingLive;
    this.shown = nothingLive;
    this.past = 'missing';
    this.tell('waiting');
  }

  /** One more reader of a topic; returns how to leave. */
  read(topic: LiveTopic): () => void {
    this.readers.set(topic, (this.readers.get(topic) ?? 0) + 1);
    if (!this.asked.has(topic)) this.ask();
    return () => {
      this.readers.set(topic, (this.readers.get(topic) ?? 1) - 1);
      setTimeout(() => this.asked.has(topic) && !this.readers.get(topic) && this.ask(), linger);
    };
  }

  /** One more reader of the last minutes; returns how to leave. */
  readPast(): () => void {
    this.pastReaders++;
    void this.fill();
    return () => {
      this.pastReaders--;
    };
  }

  private async fill(): Promise<void> {
    if (this.past !== 'missing' || this.pastReaders === 0 || !this.running) return;
    this.past = 'asked';
    try {
      const { samples } = await api.seconds();
      if (!this.running) return;
      this.state = withPast(this.state, samples);
      this.past = 'there';
      this.show(true);
    } catch {
      this.past = 'missing'; // the next connection asks again; until then the chart grows by itself
    }
  }

  /** Tries at once instead of after the pause. */
  readonly retryNow = (): void => {
    if (!this.running || this.connection === 'connected') return;
    clearTimeout(this.timer);
    this.drop();
    this.open();
  };

  private topics(): LiveTopic[] {
    return [...this.readers].filter(([, count]) => count > 0).map(([topic]) => topic);
  }

  private ask(): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    const topics = this.topics();
    for (const topic of topics) if (!this.asked.has(topic)) this.whole.add(topic);
    this.asked.clear();
    for (const topic of topics) this.asked.add(topic);
    this.socket.send(JSON.stringify({ topics }));
  }

  private open(): void {
    const socket = new WebSocket(apiUrl('live').replace(/^http/, 'ws'));
    this.socket = socket;
    this.guard();
    socket.onopen = () => {
      this.fails = 0;
      this.asked.clear();
      this.ask();
      this.tell('connected');
      void this.fill();
    };
    socket.onmessage = (message) => {
      this.guard();
      this.take(JSON.parse(String(message.data)) as LiveUpdate);
    };
    socket.onclose = () => this.socket === socket && this.broken();
  }

  /** A socket that says nothing for too long is given up. */
  private guard(): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.socket && this.broken(), silence);
  }

  private drop(): void {
    clearTimeout(this.watchdog);
    const { socket } = this;
    this.socket = undefined;
    socket?.close();
  }

  private broken(): void {
    this.drop();
    if (!this.running) return;
    this.fails++;
    if (this.connection === 'connected') this.tell('lost');
    if (this.past === 'there') this.past = 'missing';
    if (this.fails >= 2) return void this.poll(performance.now() + tryAgain);
    this.timer = setTimeout(() => this.open(), 300 + Math.random() * 300);
  }

  /** Asks again and again until it is time to try a socket, or until nobody answers. */
  private async poll(until: number): Promise<void> {
    try {
      const topics = this.topics();
      for (const topic of topics) this.whole.add(topic);
      this.take(await api.live(topics.length > 0 ? topics : ['stats']));
      if (!this.running) return;
      const healed = this.connection === 'lost';
      this.tell('polling');
      // Whoever answers again after a loss is likely to take a socket again too.
      const next = healed || performance.now() > until ? () => this.open() : () => void this.poll(until);
      this.timer = setTimeout(next, healed ? 0 : pollEvery);
    } catch (problem) {
      if (!this.running) return;
      if (problem instanceof ApiProblem && problem.status === 401) return; // the login page stops us
      this.tell('lost');
      const pause = Math.min(longestPause, 500 * 2 ** Math.min(this.fails, 6)) * (0.7 + Math.random() * 0.6);
      this.fails++;
      this.timer = setTimeout(() => void this.poll(until), pause);
    }
  }

  private take(update: LiveUpdate): void {
    this.state = merged(this.state, update, this.whole);
    for (const topic of ['queues', 'workers'] as const) if (update[topic]) this.whole.delete(topic);
    this.show(rowTopics.some((topic) => update[topic] && !this.shown[topic]));
  }

  /** Shows the state, not faster than the user wants; what was never shown, at once. */
  private show(first: boolean): void {
    const { rate } = currentPrefs();
    if (first) clearTimeout(this.showing);
    else if ((rate === 0 && performance.now() > this.showUntil) || this.showing) return;
    const wait = first || rate <= 1000 ? 0 : Math.max(0, this.shownAt + rate - performance.now());
    this.showing = setTimeout(() => {
      this.showing = undefined;
      this.shownAt = performance.now();
      this.shown = this.state;
      for (const listener of this.listeners) listener();
    }, wait);
  }

  /** After the user chose another rate, or asked to see what there is now. */
  readonly refresh = (): void => {
    clearTimeout(this.showing);
    this.showing = undefined;
    this.shown = this.state;
    for (const listener of this.listeners) listener();
  };

  /** After the user changed something: that is shown also while updates are paused. */
  readonly showChange = (): void => {
    this.showUntil = performance.now() + changeComes;
  };

  private tell(connection: Connection): void {
    if (connection === this.connection) return;
    this.connection = connection;
    for (const listener of this.listeners) listener();
  }
}

/** The one connection; the shell starts and stops it. */
export const live = new Live();
onPrefs(live.refresh);
if (typeof window !== 'undefined') {
  window.addEventListener('online', live.retryNow);
  document.addEventListener('visibilitychange', () => document.hidden || live.retryNow());
}

/** A part of what is live, as of now, and again whenever it changes. `undefined` until the server has told it. */
export function useLive<K extends 'stats' | 'attention' | 'queues' | 'workers'>(topic: K): LiveState[K] {
  useTopic(topic);
  return useSyncExternalStore(
    live.subscribe,
    useCallback(() => live.snapshot()[topic], [topic]),
  );
}

/** Samples of the last minutes; those before the page was open come from the server. */
export function useTrail(): LiveState['trail'] {
  useTopic('stats');
  useEffect(() => live.readPast(), []);
  return useSyncExternalStore(live.subscribe, () => live.snapshot().trail);
}

/** How the page is connected. */
export function useConnection(): Connection {
  return useSyncExternalStore(live.subscribe, live.connectionNow);
}

function useTopic(topic: LiveTopic): void {
  useEffect(() => live.read(topic), [topic]);
}
