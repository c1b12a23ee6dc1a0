// What a client does with a refusal.

import type { components } from "./contract.js";

/** A refusal as it is sent (RFC 9457). */
export type Problem = components["schemas"]["Problem"];

/** What an operation answers when it does what it is for; throws `Refused` when it does not. */
export function answered<T>(result: { data?: T; error?: unknown; response: Response }): T {
  if (result.response.ok) return result.data as T;
  throw new Refused(result.response.status, result.error);
}

/** The service refuses a request. */
export class Refused extends Error {
  /** The status of the answer. */
  readonly status: number;
  /** What it says; null when something between here and the service has answered. */
  readonly problem: Problem | null;

  constructor(status: number, said: unknown) {
    const problem = isProblem(said) ? said : null;
    super(problem === null ? `the answer is ${status}` : `${problem.type}: ${problem.detail}`);
    this.name = "Refused";
    this.status = status;
    this.problem = problem;
  }
}

function isProblem(said: unknown): said is Problem {
  return typeof said === "object" && said !== null && "type" in said && "detail" in said;
}
