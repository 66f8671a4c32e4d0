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

/** `waiting`: the first connection is not open yet. */
export type Connection = 'waiting' | 'connected' | 'polling' | 'lost';

const rowTopics = ['stats', 'attention', 'queues', 'workers'] as const;
const silence = 10_000; // ms
const pollEvery = 2000; // ms
const longestPause = 10_000; // ms between two attempts
const tryAgain = 30_000; // ms of polling before the next attempt to open a socket
const changeComes = 3000; // ms within which the server reports a change
const linger = 3000; // ms that a topic stays subscribed after its last reader left, because the next page may read it

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
  /**
   * Whether the trail has the server's samples from before this connection; and the number of its
   * readers.
   */
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

  /** Adds a reader of a topic; returns a function that removes it. */
  read(topic: LiveTopic): () => void {
    this.readers.set(topic, (this.readers.get(topic) ?? 0) + 1);
    if (!this.asked.has(topic)) this.ask();
    return () => {
      this.readers.set(topic, (this.readers.get(topic) ?? 1) - 1);
      setTimeout(() => this.asked.has(topic) && !this.readers.get(topic) && this.ask(), linger);
    };
  }

  /** Adds a reader of the last minutes; returns a function that removes it. */
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
      this.past = 'missing'; // the next connection fetches it; until then the chart shows only new samples
    }
  }

  /** Reconnects now instead of after the pause. */
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

  /** Closes a socket that was silent for too long. */
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

  /** Polls until it is time to try a socket again, or until the server does not answer. */
  private async poll(until: number): Promise<void> {
    try {
      const topics = this.topics();
      for (const topic of topics) this.whole.add(topic);
      this.take(await api.live(topics.length > 0 ? topics : ['stats']));
      if (!this.running) return;
      const healed = this.connection === 'lost';
      this.tell('polling');
      // A server that answers again after a loss will probably accept a socket too.
      const next = healed || performance.now() > until ? () => this.open() : () => void this.poll(until);
      this.timer = setTimeout(next, healed ? 0 : pollEvery);
    } catch (problem) {
      if (!this.running) return;
      if (problem instanceof ApiProblem && problem.status === 401) return; // the login page stops the connection
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

  /** Publishes the state at the user's update rate; a topic that was never shown, at once. */
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

  /** Publishes at once: the user chose another rate or asked for a refresh. */
  readonly refresh = (): void => {
    clearTimeout(this.showing);
    this.showing = undefined;
    this.shown = this.state;
    for (const listener of this.listeners) listener();
  };

  /** After a change by the user: its result is shown even while updates are paused. */
  readonly showChange = (): void => {
    this.showUntil = performance.now() + changeComes;
  };

  private tell(connection: Connection): void {
    if (connection === this.connection) return;
    this.connection = connection;
    for (const listener of this.listeners) listener();
  }
}

/** The page's connection; the shell starts and stops it. */
export const live = new Live();
onPrefs(live.refresh);
if (typeof window !== 'undefined') {
  window.addEventListener('online', live.retryNow);
  document.addEventListener('visibilitychange', () => document.hidden || live.retryNow());
}

/**
 * Hook: a part of the live state; renders again after a change. `undefined` until the server has
 * sent it.
 */
export function useLive<K extends 'stats' | 'attention' | 'queues' | 'workers'>(topic: K): LiveState[K] {
  useTopic(topic);
  return useSyncExternalStore(
    live.subscribe,
    useCallback(() => live.snapshot()[topic], [topic]),
  );
}

/** Hook: samples of the last minutes, including those from before the page was opened. */
export function useTrail(): LiveState['trail'] {
  useTopic('stats');
  useEffect(() => live.readPast(), []);
  return useSyncExternalStore(live.subscribe, () => live.snapshot().trail);
}

/** Hook: the state of the connection. */
export function useConnection(): Connection {
  return useSyncExternalStore(live.subscribe, live.connectionNow);
}

function useTopic(topic: LiveTopic): void {
  useEffect(() => live.read(topic), [topic]);
}
