exports.onSaid = (event, ctx) => {
  ctx.publish({ type: 'embedding.word.echoed', payload: { word: `${event.payload.word}!` } });
};
