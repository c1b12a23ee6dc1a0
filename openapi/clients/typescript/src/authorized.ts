// Takes tokens by client credentials (RFC 6749, section 4.4), and sends them with every request.

import type { components } from "./contract.js";
import { Refused } from "./refused.js";

/** Where tokens are taken: that may be done twice. */
export const TOKEN_PATH = "/v1/oauth/token";

/** Who asks: a credential of a partner platform. */
export interface Credentials {
  /** Where the service is, such as `https://purse.example`. */
  baseUrl: string;
  /** The id of the credential. */
  clientId: string;
  /** Its secret. */
  clientSecret: string;
}

type Send = (request: Request) => Promise<Response>;

/** Milliseconds before its end in which a token is used no more. */
const MARGIN_MS = 30_000;

/** Sends a request with a token; with another one when the first is refused. */
export function authorized(send: Send, credentials: Credentials): Send {
  let token: Promise<{ text: string; endsAt: number }> | null = null;
  const fresh = () => {
    const taken = take(send, credentials);
    token = taken;
    // Whoever asks next tries anew.
    taken.catch(() => (token = null));
    return taken;
  };
  const current = async (): ReturnType<typeof take> => {
    const asked = token;
    const held = await (asked ?? fresh());
    if (Date.now() < held.endsAt) return held;
    return asked === token ? fresh() : current();
  };
  return async (request) => {
    const first = await current();
    const response = await send(withToken(request.clone(), first.text));
    if (response.status !== 401) return response;
    await response.body?.cancel();
    const second = await current();
    return send(withToken(request, (second.text === first.text ? await fresh() : second).text));
  };
}

function withToken(request: Request, token: string): Request {
  request.headers.set("Authorization", `Bearer ${token}`);
  return request;
}

async function take(send: Send, { baseUrl, clientId, clientSecret }: Credentials) {
  const credential = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString("base64");
  const request = new Request(baseUrl.replace(/\/+$/, "") + TOKEN_PATH, {
    method: "POST",
    headers: { Authorization: `Basic ${credential}`, "Content-Type": "application/x-www-form-urlencoded" },
    body: "grant_type=client_credentials",
  });
  const response = await send(request);
  if (!response.ok) throw new Refused(response.status, await response.json().catch(() => null));
  const answer = (await response.json()) as components["schemas"]["OauthToken"];
  return { text: answer.access_token, endsAt: Date.now() + answer.expires_in * 1000 - MARGIN_MS };
}
