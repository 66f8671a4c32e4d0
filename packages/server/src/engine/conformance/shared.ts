/**
 * Conformance: texts that servers share for a while.
 */
import { describe, expect, test } from 'vitest';
import { entry, HOUR, type Open, type Scene, SECOND, scenes } from './scene.ts';

export function exerciseShared(open: Open): void {
  describe('shared texts', () => {
    const begin = scenes(open);
    const namesOf = async ({ engine }: Scene, prefix = ''): Promise<string[]> => [
      ...(await engine.shared(prefix)).keys(),
    ];

    test('are found by the beginning of their names, in their order, and replaced or deleted by name', async () => {
      const scene = await begin();
      const { engine } = scene;
      for (const name of ['b:2', 'b:10', 'a:1', 'bc']) await engine.share(name, `text of ${name}`, HOUR);
      expect(await namesOf(scene, 'b:')).toEqual(['b:10', 'b:2']);
      expect(await namesOf(scene)).toEqual(['a:1', 'b:10', 'b:2', 'bc']);
      scene.now += SECOND;
      await engine.share('b:2', 'new “text”\0', HOUR);
      await engine.share('b:10', undefined, 0);
      await engine.share('none', undefined, 0);
      const found = await engine.shared('b:');
      expect([...found]).toEqual([['b:2', { text: 'new “text”\0', at: scene.now }]]);
    });

    test('end at their time, and are then deleted', async () => {
      const scene = await begin();
      await scene.engine.share('a', 'short', SECOND);
      await scene.engine.share('b', 'long', HOUR);
      expect(await scene.engine.nextDue('ends')).toBe(scene.now + SECOND);
      scene.now += SECOND;
      expect(await namesOf(scene)).toEqual(['b']);
      expect(await scene.engine.handleDue('ends', 10)).toBe(1);
      expect(await scene.engine.nextDue('ends')).toBe(scene.now - SECOND + HOUR);
    });

    test('survive a restart and a flush', async () => {
      const scene = await begin();
      await scene.engine.share('a', 'text', HOUR);
      await scene.engine.push([entry('job-1')]);
      await scene.restart();
      await scene.engine.flush();
      expect(await namesOf(scene)).toEqual(['a']);
    });

    test('move with a clock that is set, the time of writing too', async () => {
      const scene = await begin();
      const written = scene.now;
      await scene.engine.share('a', 'text', HOUR);
      await scene.set(-24 * HOUR);
      expect((await scene.engine.shared('a')).get('a')).toEqual({ text: 'text', at: written - 24 * HOUR });
      expect(await scene.engine.nextDue('ends')).toBe(scene.now + HOUR);
    });

    test('are refused with a name or a size that cannot be', async () => {
      const { engine } = await begin();
      for (const name of ['', 'a b', 'é', 'x'.repeat(201)])
        await expect(engine.share(name, 'text', HOUR)).rejects.toMatchObject({ code: 'INVALID' });
      const long = engine.share('a', 'x'.repeat(65_537), HOUR);
      await expect(long).rejects.toMatchObject({ code: 'INVALID' });
      await engine.share('a', 'x'.repeat(65_536), HOUR);
      expect(await engine.shared('b')).toEqual(new Map());
    });
  });
}
