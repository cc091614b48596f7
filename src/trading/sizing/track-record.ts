/** What a strategy's closed trades came to, in account currency. */
export interface TrackRecord {
  trades: number;
  wins: number;
  losses: number;
  won: number;
  lost: number;
}

export type TrackRecords = Map<string, TrackRecord>;

export function onResult(records: TrackRecords, strategyId: string, pnl: number): void {
  const record = records.get(strategyId) ?? { trades: 0, wins: 0, losses: 0, won: 0, lost: 0 };
  records.set(strategyId, record);
  record.trades++;
  if (pnl > 0) {
    record.wins++;
    record.won += pnl;
  } else if (pnl < 0) {
    record.losses++;
    record.lost -= pnl;
  }
}

/** Share of trades won; a break-even trade is not one. */
export function winRatio(record: TrackRecord): number {
  return record.trades === 0 ? 0 : record.wins / record.trades;
}

/** Mean win / mean loss: 0 without wins, Infinity without losses. */
export function payoff(record: TrackRecord): number {
  if (record.wins === 0) return 0;
  return record.losses === 0 ? Infinity : record.won / record.wins / (record.lost / record.losses);
}
