import { QtError } from '../../base/index.ts';
import { QT_EXECUTION_NO_LIVE_VENUE } from './errors.ts';
import type { ResolvedExecutionOptions } from './options.ts';
import { PaperVenue } from './paper-venue.ts';
import type { SimulatedVenue, Venue } from './venue.ts';

/** Where orders end: in a log line, at a venue made of market data, or at a real one. */
export type Outlet =
  | { readonly kind: 'log' }
  | { readonly kind: 'simulated'; readonly venue: SimulatedVenue }
  | { readonly kind: 'venue'; readonly venue: Venue };

/**
 * The choke point: the one place that reads `mode`. Everything in front of it is the same in all modes.
 *
 * @param venue takes the place of the paper venue, or is the venue of `live`
 * @throws QtError QT_EXECUTION_NO_LIVE_VENUE
 */
export function openOutlet(options: ResolvedExecutionOptions, venue?: Venue | SimulatedVenue): Outlet {
  switch (options.mode) {
    case 'logging_only':
      return { kind: 'log' };
    case 'paper':
    case 'backtest': {
      const simulated = venue ?? new PaperVenue(options.paper, options.instruments, options.defaultInstrument);
      return isSimulated(simulated) ? { kind: 'simulated', venue: simulated } : { kind: 'venue', venue: simulated };
    }
    case 'live':
      if (venue === undefined)
        throw new QtError(QT_EXECUTION_NO_LIVE_VENUE, 'Cannot trade in mode live: no live venue is configured and none ships yet');
      return { kind: 'venue', venue };
  }
}

function isSimulated(venue: Venue | SimulatedVenue): venue is SimulatedVenue {
  return 'onTick' in venue && 'onCandle' in venue;
}
