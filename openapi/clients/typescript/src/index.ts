// A client of a commonpurse service for partner platforms: `contract.d.ts` is generated, the rest of the package is this.

import createClient, { type Client } from "openapi-fetch";
import { Webhook, WebhookVerificationError } from "standardwebhooks";
import type { components, paths } from "./contract.js";
import { authorized, type Credentials } from "./authorized.js";
import { repeating, type Patience } from "./repeating.js";

export { answered, Refused, type Problem } from "./refused.js";
export type { components, operations, paths } from "./contract.js";
export type { Credentials } from "./authorized.js";
export type { Patience } from "./repeating.js";
export { WebhookVerificationError };

/** What happened, as it is listed and sent to endpoints. More kinds come within `/v1`: pass over those that you do not know. */
export type Event = components["schemas"]["Event"];

/** Where a service is, who asks it, and how long that one is patient. */
export interface Connection extends Credentials, Partial<Patience> {
  /** What sends a request; that of the platform when it is left out. */
  fetch?: (request: Request) => Promise<Response>;
}

/**
 * A client with a function for each method, typed by path. It takes a token when it needs one, and asks again after 429, 502, 503, 504 and
 * lost connections whatever may be asked twice: reads, and everything with an `Idempotency-Key`, by the same key.
 */
export function connect({ fetch: send = (request) => fetch(request), ...connection }: Connection): Client<paths> {
  const again = repeating(send, connection);
  return createClient<paths>({ baseUrl: connection.baseUrl, fetch: authorized(again, connection) });
}

/**
 * The event in a message that came to an endpoint, when it is signed with the endpoint's secret and not older than five minutes; throws
 * `WebhookVerificationError` otherwise. The body is taken byte for byte, before anything has read it as JSON.
 */
export function verifyWebhook(
  secret: string,
  body: string | Uint8Array,
  headers: Headers | Record<string, string | string[] | undefined>,
): Event {
  const all: Iterable<[string, unknown]> = headers instanceof Headers ? headers : Object.entries(headers);
  const single = [...all].filter((entry): entry is [string, string] => typeof entry[1] === "string");
  const text = typeof body === "string" ? body : Buffer.from(body);
  return new Webhook(secret).verify(text, Object.fromEntries(single)) as Event;
}
