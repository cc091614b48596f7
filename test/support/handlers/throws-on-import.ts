export function onStep(): void {}

throw new Error('this module cannot be loaded');
