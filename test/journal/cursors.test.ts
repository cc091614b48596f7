import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CursorStore } from '../../src/journal/index.ts';
import { SimulatedDisk } from './simulated-disk.ts';

const FOLDER = '/journal';
const FILE = join(FOLDER, 'cursors');

function open(disk: SimulatedDisk, lastSeq = 1000, rewriteBytes = 4096): CursorStore {
  return new CursorStore(FOLDER, { fs: disk, lastSeq, flushMs: 0, rewriteBytes });
}

describe('CursorStore', () => {
  it('gives back what was set and flushed, and 0 for a stranger', () => {
    const disk = new SimulatedDisk();
    const first = open(disk);
    first.set('risk', 10);
    first.set('exit', 7);
    first.flush();
    first.set('risk', 11);
    first.close();

    const second = open(disk.kill());
    expect([second.get('risk'), second.get('exit'), second.get('nobody')]).toEqual([11, 7, 0]);
    expect(second.neededFromSeq).toBe(8);
  });

  it('needs one write for any number of groups, and none when nothing moved', () => {
    const disk = new SimulatedDisk();
    const store = open(disk);
    for (let i = 0; i < 50; i++) store.set(`group ${i}`, i);
    const { calls } = disk;

    store.flush();
    expect(disk.calls - calls).toBe(1);
    store.set('group 3', 3);
    store.flush();
    expect(disk.calls - calls).toBe(1);
  });

  it('takes a torn or damaged end as not written, at every byte', () => {
    const disk = new SimulatedDisk();
    const store = open(disk);
    store.set('group', 5);
    store.flush();
    const start = disk.content(FILE).length;
    store.set('group', 6);
    store.flush();
    const whole = Buffer.from(disk.content(FILE));

    for (let length = start; length < whole.length; length++) {
      const torn = new SimulatedDisk();
      torn.setContent(FILE, whole.subarray(0, length));
      expect(open(torn).get('group'), `torn at ${length}`).toBe(5);
      const damaged = new SimulatedDisk();
      const flipped = Buffer.from(whole);
      flipped[length]! ^= 1;
      damaged.setContent(FILE, flipped);
      expect(open(damaged).get('group'), `flipped at ${length}`).toBe(5);
    }
  });

  it('pulls a group back that is ahead of the log, before those seqs are given out again', () => {
    const disk = new SimulatedDisk();
    const first = open(disk);
    first.set('ahead', 900);
    first.set('behind', 100);
    first.close();

    const second = open(disk, 500);
    expect([second.get('ahead'), second.get('behind')]).toEqual([500, 100]);
    expect([...second.pulledBack]).toEqual([['ahead', 900]]);
    expect(open(disk.kill(), 1000).get('ahead'), 'also in the file').toBe(500);
  });

  it('keeps its file small', () => {
    const disk = new SimulatedDisk();
    const store = open(disk);
    for (let i = 0; i < 2000; i++) {
      store.set('group', i);
      store.flush();
      expect(disk.content(FILE).length).toBeLessThanOrEqual(4096);
    }
    store.close();
    expect(open(disk).get('group')).toBe(1000);
  });

  it('loses nothing by a write that failed', () => {
    const disk = new SimulatedDisk();
    const store = open(disk);
    store.set('group', 1);
    disk.onCall = () => ({ call: 'write', code: 'ENOSPC', partialBytes: 9 });
    expect(() => store.flush()).toThrow(expect.objectContaining({ code: 'QT_JOURNAL_DISK_FULL' }));
    disk.onCall = () => null;

    store.flush();
    expect(open(disk.kill()).get('group')).toBe(1);
  });

  it('forgets a group for good', () => {
    const disk = new SimulatedDisk();
    const store = open(disk);
    store.set('old', 1);
    store.set('new', 50);
    store.flush();

    store.delete('old');
    expect(store.neededFromSeq).toBe(51);
    expect(open(disk.kill()).has('old')).toBe(false);
  });
});
