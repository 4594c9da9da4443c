import { ConnectionError } from "./errors.ts";
import type { HttpResponse, ResponseBody } from "./types.ts";

const generous = 64 * 1024 * 1024;

/** A body of bytes that are already here, followed by `rest`, if any. */
export function bufferedBody(
  head: Uint8Array,
  rest?: AsyncIterator<Uint8Array>,
  cancel: () => void = () => {},
): ResponseBody {
  async function* iterate(): AsyncGenerator<Uint8Array> {
    if (head.length > 0) yield head;
    if (rest === undefined) return;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  }
  const body: ResponseBody = {
    [Symbol.asyncIterator]: iterate,
    async bytes(limit = generous) {
      if (rest === undefined && head.length <= limit) return head;
      const chunks: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of iterate()) {
        size += chunk.length;
        if (size > limit) {
          cancel();
          throw tooLarge(limit);
        }
        chunks.push(chunk);
      }
      return Buffer.concat(chunks);
    },
    async text(limit) {
      return Buffer.from(await body.bytes(limit)).toString("utf8");
    },
    cancel,
  };
  return body;
}

export function tooLarge(limit: number): ConnectionError {
  return new ConnectionError("ERR_RESPONSE_TOO_LARGE", `the answer is larger than ${limit} bytes`, {
    sent: true,
    retryable: false,
    hint: "Ask for less at a time (max_results), or read it as a stream with client.fetch.",
  });
}

/** At most the first `limit` bytes of an answer as text, and the answer as if nothing had been read. */
export async function peekText(
  response: HttpResponse,
  limit: number,
): Promise<{ text: string; response: HttpResponse }> {
  const { body } = response;
  const iterator = body[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  let size = 0;
  let done = false;
  while (size < limit && !done) {
    const next = await iterator.next();
    done = next.done === true;
    if (!next.done) {
      chunks.push(next.value);
      size += next.value.length;
    }
  }
  const head = Buffer.concat(chunks);
  const again = done ? bufferedBody(head) : bufferedBody(head, iterator, () => body.cancel());
  return { text: head.subarray(0, limit).toString("utf8"), response: { ...response, body: again } };
}
