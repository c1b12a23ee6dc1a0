// Asks again what may be asked again.

import { TOKEN_PATH } from "./authorized.js";

/** How often and how long is tried. */
export interface Patience {
  /** Attempts in all. */
  attemptsMax: number;
  /** Milliseconds that one attempt may take. */
  timeoutMs: number;
  /** Milliseconds after which the second attempt comes at the latest; each further one may take twice as long. */
  backoffMs: number;
  /** Milliseconds that are waited at most: an answer that asks for more is the last one. */
  waitMaxMs: number;
}

const PATIENCE: Patience = { attemptsMax: 5, timeoutMs: 60_000, backoffMs: 500, waitMaxMs: 60_000 };

/** Who is here now may be there in a moment. */
const PASSING = new Set([429, 502, 503, 504]);

type Send = (request: Request) => Promise<Response>;

/** Sends a request as it is, and again, until an answer is there that stays. */
export function repeating(send: Send, patience: Partial<Patience>): Send {
  const { attemptsMax, timeoutMs, backoffMs, waitMaxMs } = { ...PATIENCE, ...given(patience) };
  return async (request) => {
    for (let attempt = 1; ; attempt += 1) {
      const isLast = attempt >= attemptsMax;
      const backoff = Math.min(waitMaxMs, backoffMs * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
      let response: Response;
      try {
        const signal = AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]);
        response = await send(new Request(request.clone(), { signal }));
      } catch (lost) {
        if (isLast || request.signal.aborted || !mayBeAskedTwice(request)) throw lost;
        await wait(backoff);
        continue;
      }
      const asked = askedToWait(response);
      // The same request is still running: its answer is there in a moment.
      const isRunning = response.status === 409 && asked !== null;
      const passes = isRunning || PASSING.has(response.status);
      const may = response.status === 429 || mayBeAskedTwice(request);
      if (isLast || !passes || !may || (asked ?? 0) > waitMaxMs) return response;
      await response.body?.cancel();
      await wait(Math.max(backoff, asked ?? 0));
    }
  };
}

/** Reads change nothing, what has a key happens once, and a second token does no harm. */
function mayBeAskedTwice({ method, headers, url }: Request): boolean {
  return ["GET", "HEAD", "DELETE"].includes(method) || headers.has("Idempotency-Key") || url.endsWith(TOKEN_PATH);
}

/** What `Retry-After` asks for, in milliseconds. */
function askedToWait(response: Response): number | null {
  const said = response.headers.get("Retry-After");
  if (said === null) return null;
  const ms = /^\d+$/.test(said) ? Number(said) * 1000 : Date.parse(said) - Date.now();
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}

function given(patience: Partial<Patience>): Partial<Patience> {
  const names = Object.keys(PATIENCE) as (keyof Patience)[];
  return Object.fromEntries(names.filter((name) => patience[name] !== undefined).map((name) => [name, patience[name]]));
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
