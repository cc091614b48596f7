import { describe, expect, test } from 'vitest';
import { ALL_EVENTS } from '../../src/model/index.ts';
import { fieldsOf, type Schema } from './schema-example.ts';

// What a name promises by its ending, and the units that keep the promise.
const BY_SUFFIX: readonly (readonly [RegExp, readonly string[]])[] = [
  [/(^|_)(pct|percent)$/, ['pct']],
  [/_usd$/, ['usd']],
  [/_bps$/, ['bps']],
  [/_ms$/, ['ms']],
  [/_seconds$/, ['seconds']],
  [/_at$|_time$|^(from|to|until|due|expiry)$|^ts_|_ts$/, ['us']],
  [/_ratio$|_multiplier$|_confidence$|^confidence$|_winrate$/, ['ratio']],
  [/_price$|_stop$|_premium$|^stop_loss$/, ['px']],
];
// What each unit may be called if the ending does not say it: the source documents' names.
const PLAIN: Readonly<Record<string, readonly string[]>> = {
  pct: [],
  bps: [],
  ms: [],
  seconds: [],
  usd: ['risk_amount', 'unrealized_pnl', 'realized_pnl', 'profit_loss', 'pnl', 'fees', 'risk_budget_remaining'],
  us: ['gap_from', 'gap_to', 'last_activity', 'train_from', 'train_to'],
  ratio: [
    'quality',
    'rate',
    'p95',
    'p99',
    'iv',
    'current_volatility',
    'baseline_volatility',
    'entry_volatility',
    'p_up',
    'agreement',
    'drawdown_from_hwm',
    'global_min_confidence',
    'max_risk_per_trade',
  ],
};
// Numbers whose unit is named by a field beside them, or by what they modify.
const SPOKEN_FOR = new Set([
  'risk.evaluation.complete modifications[].from',
  'risk.evaluation.complete modifications[].to',
  'position.closed option.exit_premium',
]);

const fields = ALL_EVENTS.flatMap((event) =>
  fieldsOf(event.schema as Schema).map((field) => ({ ...field, at: `${event.type} ${field.path}`, unit: field.schema.title ?? '' })),
);
const isNumber = (schema: Schema): boolean =>
  schema.type === 'number' ||
  schema.type === 'integer' ||
  (schema.anyOf ?? []).some((part) => part.type === 'number' || part.type === 'integer');

describe('units of payload fields', () => {
  test('every number has a unit', () => {
    const bare = fields.filter((field) => isNumber(field.schema) && field.schema.const === undefined && field.unit === '');

    expect(bare.map((field) => field.at)).toEqual([]);
  });

  test('a field whose name ends in a unit holds that unit', () => {
    const broken = fields.filter((field) => {
      if (!isNumber(field.schema) || SPOKEN_FOR.has(field.at)) return false;
      const rule = BY_SUFFIX.find(([suffix]) => suffix.test(field.name));
      return rule !== undefined && !rule[1].includes(field.unit);
    });

    expect(broken.map((field) => field.at)).toEqual([]);
  });

  test('a field that holds a unit says so in its name or is a name of the source documents', () => {
    const broken = fields.filter((field) => {
      const plain = PLAIN[field.unit];
      const named = BY_SUFFIX.some(([suffix, units]) => suffix.test(field.name) && units.includes(field.unit));
      return plain !== undefined && !named && !plain.includes(field.name);
    });

    expect(broken.map((field) => field.at)).toEqual([]);
  });

  test('the two numbers of a kill switch carry their unit beside them', () => {
    const kill = fields.filter((field) => field.at.startsWith('risk.kill_switch.activated')).map((field) => field.name);

    expect(kill).toEqual(expect.arrayContaining(['trigger_value', 'threshold', 'unit']));
  });

  test('a percentage may be -5.2 and a ratio may not pass 1 unless it is one without a ceiling', () => {
    const open = fields.filter((field) => field.unit === 'ratio' && !JSON.stringify(field.schema).includes('"maximum"'));

    expect([...new Set(open.map((field) => field.name))].toSorted()).toEqual([
      'baseline_volatility',
      'current_volatility',
      'drawdown_from_hwm',
      'entry_volatility',
      'iv',
      'margin_ratio',
      'p95',
      'p99',
      'rate',
      'spike_ratio',
    ]);
  });
});
