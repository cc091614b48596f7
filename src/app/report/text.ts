import { SignalsAdvisoryNew } from '../../model/index.ts';
import { renderCurve, type CurveOptions } from '../../observe/index.ts';
import type { RunResult } from '../result.ts';
import { toCount, toLatency, toMoney, toPercent, toRatio, toSignedMoney, toSignedPercent, toSpan } from './figures.ts';

export interface ReportOptions {
  /** Columns of the text, 60..200, default 92. */
  readonly width?: number;
  /** How the curve is drawn; default braille. */
  readonly style?: NonNullable<CurveOptions['style']>;
}

const LABEL = 16;
const CURVE_HEIGHT = 10;
const CURVE_LABEL = 11;

/**
 * The report of a run as text: what a trader asks first, then how it came about, then what the engine did.
 *
 * @returns lines joined by line ends, without one at the end
 */
export function formatReport(result: RunResult, { width = 92, style = 'braille' }: ReportOptions = {}): string {
  const parts = [
    header(result),
    performance(result),
    trades(result),
    curve(result, width, style),
    periods(result, width),
    decisions(result, width),
    engine(result),
  ];
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function row(label: string, ...values: string[]): string {
  return `${label.padEnd(LABEL)}${values.filter((value) => value !== '').join('   ')}`.trimEnd();
}

function header({
  codeVersion,
  configHash,
  dataHash,
  feed,
  mode,
  outcome,
  performance: { metrics },
  profile,
  runId,
  seed,
}: RunResult): string[] {
  const days = metrics['days'] ?? 0;
  return [
    row('quantum-trader', codeVersion, `run ${runId}`, `mode ${mode}`, outcome),
    row('data', feed.name, `${feed.symbols.join(', ')}, ${feed.timeframe} bars`, `days of ${feed.dayZone}`),
    row(
      'period',
      feed.from === null ? 'no data was sent' : `${feed.from} to ${feed.to}`,
      `${toCount(days)} trading ${days === 1 ? 'day' : 'days'}`,
      rows(feed),
    ),
    row('settings', `profile ${profile}`, `config ${configHash}`, `data ${dataHash}`, `seed ${seed}`),
  ];
}

function rows({ gaps, rowsSkipped }: RunResult['feed']): string {
  return [rowsSkipped > 0 ? `${toCount(rowsSkipped)} bad rows left out` : '', gaps > 0 ? `${toCount(gaps)} gaps` : '']
    .filter((text) => text !== '')
    .join(', ');
}

function performance({ buyAndHoldRatio, currency, performance: report }: RunResult): string[] {
  const { convention, drawdown, initialEquityUsd, metrics, reasons } = report;
  const value = (name: string): number | null => metrics[name] ?? null;
  const reason = (name: string): string => (value(name) === null && reasons[name] !== undefined ? `(${reasons[name]})` : '');
  const periodsPerYear = String(convention['periods_per_year']);
  const span =
    drawdown === null
      ? ''
      : `${drawdown.peakDay ?? 'start'} to ${drawdown.troughDay}, ${drawdown.recoveredDay === null ? 'not yet recovered' : `recovered ${drawdown.recoveredDay}`}`;
  const longest = value('drawdown_longest_days') ?? 0;
  return [
    `RESULT in ${currency}`,
    row(
      'equity',
      `${toMoney(initialEquityUsd)} -> ${toMoney(value('equity_usd') ?? 0)}`,
      toSignedPercent(value('total_return_ratio')),
      `buy and hold ${toSignedPercent(buyAndHoldRatio)}`,
    ),
    row(
      'net P&L',
      toSignedMoney(value('net_pnl_usd') ?? 0),
      `after fees of ${toMoney(value('fees_usd') ?? 0)}`,
      `still open ${toSignedMoney(value('unrealized_pnl_usd') ?? 0)}`,
    ),
    row('CAGR', toSignedPercent(value('cagr_ratio')), reason('cagr_ratio')),
    row('max drawdown', toPercent(value('max_drawdown_ratio')), span),
    row('', `longest time below a high ${toCount(longest)} trading ${longest === 1 ? 'day' : 'days'}`),
    row(
      'Sharpe',
      toRatio(value('sharpe')),
      reason('sharpe') || `daily returns, x sqrt(${periodsPerYear}), risk-free ${toPercent(Number(convention['risk_free_ratio'] ?? 0), 1)}`,
    ),
    row(
      'Sortino',
      toRatio(value('sortino')),
      reason('sortino') ||
        `downside below ${toPercent(Number(convention['required_return_ratio'] ?? 0), 1)} a day over all days, x sqrt(${periodsPerYear})`,
    ),
    row(
      'exposure',
      `${toPercent(value('exposure_time_ratio'), 1)} of the time in the market`,
      `turnover ${toRatio(value('turnover_ratio'), 1)} x equity`,
    ),
    row(
      'costs',
      `fees ${toMoney(value('fees_usd') ?? 0)}`,
      `slippage ${toMoney(value('slippage_usd') ?? 0)} (${toRatio(value('slippage_bps'))} bp against the price decided on)`,
    ),
  ];
}

function trades({ exits, performance: { metrics, reasons }, trades: list }: RunResult): string[] {
  const value = (name: string): number | null => metrics[name] ?? null;
  if (list.length === 0) return ['TRADES', row('closed', 'none')];
  return [
    'TRADES',
    row(
      'closed',
      toCount(list.length),
      `won ${value('wins')}`,
      `lost ${value('losses')}`,
      `win rate ${value('win_rate_ratio') === null ? `- (${reasons['win_rate_ratio']})` : toPercent(value('win_rate_ratio'), 1)}`,
    ),
    row(
      'profit factor',
      toRatio(value('profit_factor')),
      `mean win ${toMoney(value('mean_win_usd') ?? 0)}`,
      `mean loss ${toMoney(value('mean_loss_usd') ?? 0)}`,
      `payoff ${toRatio(value('payoff_ratio'))}`,
    ),
    row(
      'expectancy',
      `${toSignedMoney(value('expectancy_usd') ?? 0)} a trade`,
      `${toRatio(value('expectancy_r'), 3)} R`,
      `best ${toSignedMoney(value('best_trade_usd') ?? 0)}`,
      `worst ${toSignedMoney(value('worst_trade_usd') ?? 0)}`,
    ),
    row(
      'held',
      `${toSpan(value('hold_mean_s'))} on average`,
      `longest streak ${value('win_streak_longest')} won, ${value('loss_streak_longest')} lost`,
    ),
    row('exits', tally(exits)),
  ];
}

function curve(
  { performance: { curve: points, initialEquityUsd } }: RunResult,
  width: number,
  style: NonNullable<CurveOptions['style']>,
): string[] {
  if (points.length < 2) return [];
  const values = [initialEquityUsd, ...points.map(({ equityUsd }) => equityUsd)];
  const columns = Math.max(20, width - CURVE_LABEL - 1);
  const lines = renderCurve(values, {
    width: columns,
    height: CURVE_HEIGHT,
    style,
    label: (value) => toCount(value).padStart(CURVE_LABEL),
  });
  const [first, last] = [points[0]?.day ?? '', points.at(-1)?.day ?? ''];
  const axis = `${' '.repeat(CURVE_LABEL + 1)}${first}${' '.repeat(Math.max(1, columns - first.length - last.length))}${last}`;
  return ['EQUITY at the end of each day', ...lines, axis];
}

function periods({ periods: list, performance: { metrics } }: RunResult, width: number): string[] {
  if ((metrics['days'] ?? 0) < 2) return [];
  const cells = list.map(
    ({ period, pnlUsd, returnRatio }) =>
      `${period.padEnd(8)}${toSignedPercent(returnRatio).padStart(9)}${toSignedMoney(pnlUsd, 0).padStart(9)}`,
  );
  const perLine = Math.max(1, Math.floor((width + 4) / 30));
  const height = Math.ceil(cells.length / perLine);
  // Down the columns, as a calendar is read.
  const lines = Array.from({ length: height }, (_, line) => cells.filter((_cell, index) => index % height === line).join('    '));
  return [list[0]?.period.length === 4 ? 'YEARS' : 'MONTHS', ...lines];
}

function decisions({ denials, evaluations, eventsByType, gates, kill, ordersLogged, vetoes }: RunResult, width: number): string[] {
  const killed =
    kill.trigger === null
      ? 'ARMED, never used'
      : `${kill.state}, by ${kill.trigger}: ${toRatio(kill.triggerValue)} against ${toRatio(kill.threshold)} on ${dayOf(kill.latchedAtUs)}`;
  const advised = eventsByType[SignalsAdvisoryNew.type] ?? 0;
  const lines: [string, string][] = [
    ['signals', `passed ${toCount(advised)}${list('; stopped at ', gates)}`],
    ['risk', Object.keys(evaluations).length === 0 ? 'nothing to decide' : tally(evaluations)],
    ['vetoes', tally(vetoes)],
    ['denied', tally(denials)],
    ['orders logged', ordersLogged > 0 ? toCount(ordersLogged) : ''],
    ['kill switch', killed],
  ];
  return ['DECISIONS', ...lines.filter(([, text]) => text !== '').flatMap(([label, text]) => wrap(row(label, text), width))];
}

function engine({ decisionHash, engine: figures, sql }: RunResult): string[] {
  const { latency } = figures;
  const threads =
    figures.mode === 'inline' ? 'inline, no threads' : `${figures.workers} worker ${figures.workers === 1 ? 'thread' : 'threads'}`;
  const from = figures.latencyFrom === 'intended' ? 'from the time an event was meant to be sent' : 'from the publish';
  const sound =
    figures.lost === 0
      ? 'lost 0: every market event was seen at the far end, every delivery has its outcome'
      : `LOST ${toCount(figures.lost)}`;
  return [
    'ENGINE',
    row('run', `${figures.elapsedS.toFixed(2)} s`, threads, figures.lockstep ? 'lockstep' : 'free running'),
    row(
      'events',
      toCount(figures.events),
      `${toCount(figures.eventsPerSecond)}/s`,
      `of them market ${toCount(figures.marketEvents)}, ${toCount(figures.marketEventsPerSecond)}/s`,
      `deliveries ${toCount(figures.deliveries)}`,
    ),
    row(
      'latency',
      `p50 ${toLatency(latency.p50Us)}`,
      `p99 ${toLatency(latency.p99Us)}`,
      `p99.9 ${toLatency(latency.p999Us)}`,
      `max ${toLatency(latency.maxUs)}`,
    ),
    row('', `${from} to its handler, ${toCount(latency.count)} market events`),
    ...(latency.warmupCount === 0
      ? []
      : [row('', `not counted: the first second, ${toCount(latency.warmupCount)} events, max ${toLatency(latency.warmupMaxUs)}`)]),
    row(
      'failures',
      `retries ${toCount(figures.retried)}`,
      `dead letters ${toCount(figures.deadLettered)}`,
      `threads replaced ${toCount(figures.crashes)}`,
      `pending ${toCount(figures.pending)}`,
    ),
    row('', sound),
    ...(sql === null ? [] : [row('sql', sqlState(sql))]),
    row('decision hash', decisionHash),
  ];
}

function sqlState({ failure, path, position }: NonNullable<RunResult['sql']>): string {
  const upTo = `${path} holds the events up to seq ${toCount(position)}`;
  return failure === null ? upTo : `STOPPED, ${upTo}: ${failure.message} (${failure.code})`;
}

function tally(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${toCount(count)}`)
    .join(', ');
}

function list(lead: string, counts: Readonly<Record<string, number>>): string {
  const text = tally(counts);
  return text === '' ? '' : lead + text;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/(?<=,) /)) {
    if (line !== '' && line.length + word.length + 1 > width) {
      lines.push(line);
      line = ' '.repeat(LABEL) + word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function dayOf(us: number | null): string {
  return us === null ? '-' : new Date(us / 1000).toISOString().slice(0, 10);
}
