import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { configTemplate, profileOf, PROFILES, readLayers, resolveConfig, writeConfigFile } from '../../src/app/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'qt-config-'));
let files = 0;

/** The configuration of a file with this text. */
async function fromYaml(text: string) {
  const path = join(folder, `${files++}.yaml`);
  writeFileSync(path, text);
  return resolveConfig(await readLayers({ file: path }), 'daily');
}

describe('a configuration file', () => {
  test.each([
    ['a key that is not known', 'engine:\n  wrokers: 2\n', 'engine.wrokers is not known: did you mean workers?'],
    ['a section that is not known', 'motor: {}\n', 'motor is not known: known here are mode,'],
    ['a value below its range', 'engine:\n  workers: 0\n', 'engine.workers is 0: expected an integer from 1 to 31'],
    ['a value above its range', 'risk:\n  perTradeMax: 1.5\n', 'risk.perTradeMax is 1.5: expected a number from 0.000001 to 1'],
    ['a fraction where a whole number is needed', 'risk:\n  positionsMax: 2.5\n', 'risk.positionsMax is 2.5: expected an integer'],
    [
      'a text where a number is needed',
      'account:\n  initialEquity: much\n',
      'account.initialEquity is "much": expected a number from 0.01',
    ],
    ['a number where a text is needed', 'account:\n  currency: 5\n', 'account.currency is 5: expected a text'],
    ['a number where a switch is needed', 'engine:\n  validate: 1\n', 'engine.validate is 1: expected true or false'],
    ['a word that is no choice', 'mode: fast\n', 'mode is "fast": expected one of backtest, paper, logging_only, live'],
    ['a duration without its unit', 'exit:\n  trendingMax: 60\n', 'exit.trendingMax is 60: expected a duration such as 30s, 72h or 20d'],
    ['a duration with a wrong unit', 'exit:\n  trendingMax: 60 days\n', 'exit.trendingMax is "60 days": expected a duration'],
    ['not a number', 'account:\n  initialEquity: .nan\n', 'account.initialEquity is NaN: expected a number'],
    ['an endless number', 'account:\n  initialEquity: .inf\n', 'account.initialEquity is Infinity: expected a number'],
    ['a value where a section is needed', 'risk: none\n', 'risk is "none": expected a section with keys of its own'],
    ['a list where a section is needed', 'risk: []\n', 'risk is an array: expected a section'],
    ['a list at the top', '- 1\n', 'is an array: expected a section'],
    ['nothing where a value is needed', 'account:\n  currency:\n', 'account.currency is null: expected a text'],
    [
      'a wrong key inside a list',
      'exit:\n  ladder: [{ atR: 1, exitPc: 40 }]\n',
      'exit.ladder.0.exitPc is not known: did you mean exitPct?',
    ],
    ['a missing key inside a list', 'exit:\n  ladder: [{ atR: 1 }]\n', 'exit.ladder.0.exitPct is missing'],
    [
      'a wrong value inside a map',
      'account:\n  instruments: { XYZ: { tick: 0, step: 1 } }\n',
      'account.instruments.XYZ.tick is 0: expected a number from',
    ],
    ['a strategy without a kind', 'strategies: [{ id: mine }]\n', 'strategies.0.kind is missing'],
    ['a key that is given twice', 'mode: paper\nmode: live\n', 'Map keys must be unique at line 2'],
    ['text that is no YAML', 'engine: [\n', 'line 2'],
    ['the name of a prototype', '__proto__: { a: 1 }\n', '__proto__ is not known'],
  ])('is refused for %s, naming path and value in one line', async (_kind, text, message) => {
    const error = await fromYaml(text).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: 'QT_CONFIG_INVALID' });
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).toMatch(/\d+\.yaml/);
    expect((error as Error).message).not.toContain('\n');
  });

  test.each([
    ['is not there', join(folder, 'missing.yaml'), 'there is no such file'],
    ['is a directory', folder, 'it is a directory'],
  ])('that %s is refused by name', async (_kind, file, reason) => {
    await expect(readLayers({ file })).rejects.toMatchObject({ code: 'QT_CONFIG_UNREADABLE', message: expect.stringContaining(reason) });
  });

  test('that is empty leaves every default', async () => {
    expect(await fromYaml('')).toEqual(resolveConfig([], 'daily'));
  });

  test('changes what it names and nothing else', async () => {
    const config = await fromYaml('risk:\n  positionsMax: 2\n');

    expect(config).toEqual({ ...resolveConfig([], 'daily'), risk: { ...resolveConfig([], 'daily').risk, positionsMax: 2 } });
  });
});

describe('settings from several places', () => {
  const file = join(folder, 'layers.yaml');
  writeFileSync(file, 'engine: { workers: 3, ringKib: "256" }\naccount: { currency: EUR }\n');

  test('a flag goes before a variable, and a variable before the file', async () => {
    const environment = { QT_ENGINE_WORKERS: '4', QT_ENGINE_RING_KIB: '512', QT_SCALE_FACTOR: '2' };
    const flags = [{ flag: '--workers', path: 'engine.workers', value: 5 }];

    const { account, engine } = resolveConfig(await readLayers({ file, environment, flags }), 'daily');

    expect({ workers: engine.workers, ringKib: engine.ringKib, currency: account.currency }).toEqual({
      workers: 5,
      ringKib: '512',
      currency: 'EUR',
    });
  });

  test('a variable holds lists, numbers, switches and texts as the file would', async () => {
    const environment = {
      QT_FEED_SYMBOLS: '[AAA, BBB]',
      QT_RISK_ALLOW_ADDS: 'true',
      QT_RISK_NOTIONAL_MAX: '5000',
      QT_ACCOUNT_CURRENCY: '12',
      QT_EXIT_TRENDING_MAX: '3w',
    };

    const { account, exit, feed, risk } = resolveConfig(await readLayers({ environment }), 'daily');

    expect([feed.symbols, risk.allowAdds, risk.notionalMax, account.currency, exit.trendingMax]).toEqual([
      ['AAA', 'BBB'],
      true,
      5000,
      '12',
      '3w',
    ]);
  });

  test('a wrong variable or flag is refused by its own name', async () => {
    await expect(readLayers({ environment: { QT_ENGINE_WORKERS: 'x' } })).rejects.toThrow('QT_ENGINE_WORKERS: engine.workers is "x"');
    await expect(readLayers({ environment: { QT_FEED_SYMBOLS: '[A' } })).rejects.toThrow('QT_FEED_SYMBOLS');
    await expect(readLayers({ flags: [{ flag: '--workers', path: 'engine.workers', value: 99 }] })).rejects.toThrow(
      '--workers: engine.workers is 99',
    );
    await expect(readLayers({ flags: [{ flag: '--set', path: 'engine.wokers', value: 1 }] })).rejects.toThrow('did you mean workers?');
  });
});

describe('profiles', () => {
  test('follow the length of the bars unless one is asked for', async () => {
    const asked = await readLayers({ flags: [{ flag: '--profile', path: 'profile', value: 'minute' }] });
    const auto = await readLayers({ flags: [{ flag: '--profile', path: 'profile', value: 'auto' }] });

    expect([profileOf([], '1d'), profileOf([], '1m'), profileOf([], '1h')]).toEqual(['daily', 'minute', 'minute']);
    expect([profileOf(asked, '1d'), profileOf(auto, '1d')]).toEqual(['minute', 'daily']);
  });

  test('give positions on daily bars weeks and on minute bars hours', () => {
    expect(resolveConfig([], 'daily').exit.trendingMax).toBe('60d');
    expect(resolveConfig([], 'minute').exit.trendingMax).toBe('72h');
  });
});

describe('the file that qt init writes', () => {
  test.each(PROFILES)('reads back to the defaults of the profile %s', async (profile) => {
    const path = join(folder, `${profile}.yaml`);
    await writeConfigFile(path, profile, false);

    const config = resolveConfig(await readLayers({ file: path }), profile);

    expect(config).toEqual(resolveConfig([], profile));
  });

  test('explains every setting, with its unit, default and variable', () => {
    const text = configTemplate('daily');

    expect(text).toContain(
      '# Worker threads; backtest has none.\n  # an integer from 1 to 31; unit: threads; default 2; QT_ENGINE_WORKERS\n  workers: 2',
    );
    for (const [index, line] of text.split('\n').entries()) {
      if (/^ {0,2}\w+:/.test(line)) expect(text.split('\n')[index - 1], line).toMatch(/^\s*#/);
    }
  });

  test('does not replace a file unless told to, and then whole', async () => {
    const path = join(folder, 'mine.yaml');
    writeFileSync(path, 'mode: backtest\n');

    await expect(writeConfigFile(path, 'daily', false)).rejects.toMatchObject({ code: 'QT_CONFIG_NOT_WRITTEN' });
    expect(readFileSync(path, 'utf8')).toBe('mode: backtest\n');

    await writeConfigFile(path, 'daily', true);
    expect(readFileSync(path, 'utf8')).toBe(configTemplate('daily'));
  });
});
