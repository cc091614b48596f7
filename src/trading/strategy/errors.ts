/** The module of a strategy cannot be used. Remedy: it must exist and export `kind` with `parameters` and `create`. */
export const QT_STRATEGY_MODULE_INVALID = 'QT_STRATEGY_MODULE_INVALID';
