import { describe, expect, it } from 'vitest';
import { ownerOfPath, type PathLook } from './path-owner.ts';

type Part = { readonly uid?: number; readonly gid?: number; readonly mode?: number; readonly to?: string };

/** A tree of parts; root's with mode 755 unless the part says otherwise. */
function tree(parts: Readonly<Record<string, Part>>): PathLook & { readonly looked: string[] } {
  const looked: string[] = [];
  return {
    looked,
    lstat(path) {
      looked.push(path);
      const part = path === '/' ? {} : parts[path];
      if (!part) return undefined;
      const { uid = 0, gid = 0, mode = 0o755, to } = part;
      return { uid, gid, mode, isSymbolicLink: () => to !== undefined };
    },
    readlink: (path) => parts[path]?.to ?? '',
  };
}

describe('the rights that a path of a data folder needs', () => {
  it('stay those of root where only root controls the path, also when the folder is missing', () => {
    const look = tree({ '/var': {}, '/var/db': { mode: 0o775 } });
    expect(ownerOfPath('/var/db', look)).toEqual({ is: 'root' });
    expect(ownerOfPath('/var/new/db', look)).toEqual({ is: 'root' });
  });

  it('are those of the first user on the path, and no later part is read', () => {
    const look = tree({ '/srv': {}, '/srv/a': { uid: 7, gid: 8 }, '/srv/a/db': { uid: 9 } });
    expect(ownerOfPath('/srv/a/db', look)).toEqual({ is: 'user', uid: 7, gid: 8, part: '/srv/a' });
    expect(look.looked).not.toContain('/srv/a/db');
  });

  it('are those of a user whose folder holds a folder or a link of root', () => {
    const parts = { '/srv': { uid: 7 }, '/srv/db': {}, '/srv/link': { to: '/root' }, '/root': {} };
    for (const path of ['/srv/db', '/srv/link', '/srv/missing'])
      expect(ownerOfPath(path, tree(parts))).toMatchObject({ is: 'user', uid: 7, part: '/srv' });
  });

  it('follow links of root, absolute and relative, and end at a link of another user', () => {
    const look = tree({
      '/a': { to: '/b' },
      '/b': {},
      '/b/c': { to: '../d/e' },
      '/d': {},
      '/d/e': { uid: 7 },
      '/mine': { uid: 6, to: '/d' },
    });
    expect(ownerOfPath('/a/c/db', look)).toMatchObject({ uid: 7, part: '/d/e' });
    expect(ownerOfPath('/mine/db', look)).toMatchObject({ uid: 6, part: '/mine' });
  });

  it('refuse a ring of links', () => {
    expect(() => ownerOfPath('/a', tree({ '/a': { to: '/a' } }))).toThrow(/more than 40 links/);
  });

  it('in a sticky folder are those of the owner of the part, and a missing part belongs to no user yet', () => {
    const look = tree({ '/tmp': { mode: 0o1777 }, '/tmp/mine': { uid: 7 }, '/tmp/root': {} });
    expect(ownerOfPath('/tmp/mine/db', look)).toMatchObject({ uid: 7 });
    expect(ownerOfPath('/tmp/root/db', look)).toEqual({ is: 'root' });
    expect(ownerOfPath('/tmp/new/db', look)).toEqual({ is: 'missing', part: '/tmp/new' });
  });

  it('are refused in a folder of root where other users can replace the part', () => {
    for (const open of [{ mode: 0o777 }, { mode: 0o2775, gid: 5 }]) {
      const look = tree({ '/pub': open, '/pub/db': {}, '/pub/mine': { uid: 7 } });
      for (const path of ['/pub', '/pub/db', '/pub/new'])
        expect(() => ownerOfPath(path, look)).toThrow(/root must not work in \/pub, .*chmod go-w \/pub/);
      expect(ownerOfPath('/pub/mine', look)).toMatchObject({ uid: 7 });
    }
  });
});
