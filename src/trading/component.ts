/**
 * What `app/` needs to know to wire a trading component: who it is, where its handler lives, what it listens to and who
 * owns its state. Plain data, so it can be handed to any bus.
 */
export interface Component {
  /** Consumer group, and the `source` of everything the component publishes. */
  name: string;
  /** URL of the module that exports `setup` and `onEvent`. */
  module: URL;
  /** Types or patterns that the group shares: each event goes to the one instance that owns its key. */
  patterns: string[];
  /** Types or patterns that every instance must see (kill switch, daily status, policy); they reach the same state. */
  broadcast: string[];
  /** `symbol`: state is sharded by symbol over any number of instances; `account`: one instance sees everything. */
  owner: 'symbol' | 'account';
  /** Given to the module's `setup`; structured-clone data. */
  options: unknown;
}
