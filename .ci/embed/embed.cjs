// The installed package in a program of CommonJS modules: the same engine, and a handler module of that kind on the threads.
const assert = require('node:assert/strict');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');
const { createEventBus, moduleHandler, hasCode } = require('quantum-trader');
const trading = require('quantum-trader/trading');

async function main() {
  const { createEventBus: imported } = await import('quantum-trader');
  assert.equal(imported, createEventBus, 'require and import give one engine, not two');
  const bus = createEventBus({ mode: 'threads', workers: 1 });
  const echoes = [];
  bus.subscribe('embedding.word.said', moduleHandler(pathToFileURL(join(__dirname, 'echo.cjs')), 'onSaid'), { group: 'echo' });
  bus.subscribe('embedding.word.echoed', (event) => {
    echoes.push(event.payload.word);
  });
  await bus.start();
  for (const word of ['one', 'two', 'three']) await bus.publish({ type: 'embedding.word.said', payload: { word } });
  await bus.drain();
  await bus.stop();

  assert.deepEqual(echoes, ['one!', 'two!', 'three!']);
  await assert.rejects(bus.publish({ type: 'embedding.word.said', payload: {} }), (error) => hasCode(error, 'QT_BUS_NOT_RUNNING'));
  assert.ok(Object.keys(trading).length > 0);
  console.log(`Node ${process.version}: required`);
}

void main();
