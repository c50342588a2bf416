/** No answer and no set of vectors is so long. */
const MOST_BYTES = 256 * 1024 * 1024;
/** Of a stream of events. The SDKs look at all of a line again with each piece that comes of it. */
const LONGEST_LINE_BYTES = 1024 * 1024;
/** Of what a backend says when it does not answer; the rest is left. */
const MOST_OF_A_REFUSAL_BYTES = 64 * 1024;

const NEW_LINE = 0x0a;
const RETURN = 0x0d;

function boundedAnswer(isStream: boolean): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  let line = 0;
  return new TransformStream({
    transform(piece, controller) {
      bytes += piece.length;
      const lastEnd = Math.max(piece.lastIndexOf(NEW_LINE), piece.lastIndexOf(RETURN));
      line = lastEnd === -1 ? line + piece.length : piece.length - lastEnd - 1;
      if (bytes > MOST_BYTES || (isStream && line > LONGEST_LINE_BYTES))
        controller.error(new Error('the answer has no end'));
      else controller.enqueue(piece);
    },
  });
}

function beginningOfRefusal(): TransformStream<Uint8Array, Uint8Array> {
  let room = MOST_OF_A_REFUSAL_BYTES;
  return new TransformStream({
    transform(piece, controller) {
      controller.enqueue(piece.subarray(0, room));
      room -= piece.length;
      if (room <= 0) controller.terminate();
    },
  });
}

/** A reply of which no more is read than anybody can mean: a backend that sends without end must not take the daemon. */
export function boundedReply(reply: Response, headers: Headers = reply.headers): Response {
  const { status, statusText, ok, body } = reply;
  const isStream = /^text\/event-stream/i.test(headers.get('content-type') ?? '');
  const bounded = body?.pipeThrough(ok ? boundedAnswer(isStream) : beginningOfRefusal()) ?? null;
  return new Response(bounded, { status, statusText, headers });
}
