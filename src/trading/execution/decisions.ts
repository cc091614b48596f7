import { signOf, type ExitDecisionMadePayload, type PositionOpenedPayload } from '../../model/index.ts';
import { beginExit } from './exits.ts';
import { stepsDown } from './grid.ts';
import type { Turn } from './state.ts';
import { exitByStop, isOurs, setStop, syncStop } from './stops.ts';

/** What the exit brain decided; a decision for another life of the position, or the same one again, changes nothing. */
export function onDecision(turn: Turn, decision: ExitDecisionMadePayload): void {
  if (!isOurs(turn, decision.position_id) || !turn.desk.decisions.add(decision.decision_id)) return;
  switch (decision.decision) {
    case 'HOLD':
      return;
    case 'EXIT_FULL':
      if (decision.reason === 'stop') exitByStop(turn);
      else beginExit(turn, { all: true, reason: decision.reason });
      return;
    case 'EXIT_PARTIAL':
      exitPart(turn, decision);
      tighten(turn, decision);
      return;
    case 'TIGHTEN_STOP':
      tighten(turn, decision);
  }
}

/** `exit_percent` is of what is held and not already leaving, rounded down to a step; the last partial takes the dust along. */
function exitPart(turn: Turn, decision: ExitDecisionMadePayload): void {
  const { holding, closing, instrument } = turn.desk;
  if (holding === null) return;
  const staying = Math.abs(holding.steps) - (closing?.all === true ? Math.abs(holding.steps) : (closing?.targetSteps ?? 0));
  const steps = Math.min(stepsDown((staying * (decision.exit_percent ?? 0)) / 100, 1), staying);
  const minimum = stepsDown(instrument.minSize ?? 0, instrument.step);
  const rest = staying - steps;
  const all = steps > 0 && rest < minimum && closing?.all !== true;
  beginExit(turn, { reason: decision.reason, ...(all ? { all } : { steps }) });
}

function tighten(turn: Turn, decision: ExitDecisionMadePayload): void {
  if (decision.new_stop !== undefined && setStop(turn, decision.new_stop, decision.rule)) syncStop(turn);
}

/** The position state names the holding; what belongs to another mode is not ours to trade. */
export function onPositionOpened(turn: Turn, opened: PositionOpenedPayload): void {
  const { desk, state } = turn;
  const { holding } = desk;
  if (opened.mode !== undefined && opened.mode !== state.options.mode) {
    state.counters.foreignPositions++;
    return;
  }
  // Flat already: entry and stop filled within one event, and this is its echo.
  if (holding === null || holding.positionId !== null || Math.sign(holding.steps) !== signOf(opened.direction)) return;
  holding.positionId = opened.position_id;
  if (opened.stop_loss !== null && holding.stopPrice === null && setStop(turn, opened.stop_loss, 'initial')) syncStop(turn);
}
