import type { ErrorCode } from "../errors.ts";
import { printable } from "../redact.ts";
import type { HttpResponse } from "../types.ts";

/** What was sent, as far as it helps to explain the answer. */
export interface Sent {
  /** Names of the providers that took part. */
  readonly members: readonly string[];
  readonly workspace?: string | undefined;
  /** Whether one of them signs the request. */
  readonly signed: boolean;
}

/** An answer that is not what was asked for. */
export interface Answer {
  readonly method: string;
  /** Safe to print. */
  readonly url: URL;
  readonly status: number;
  readonly headers: HttpResponse["headers"];
  /** At most 64 KiB of the body, redacted. */
  readonly text: string;
  /** The body, where it is a JSON object. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
  readonly sent: Sent;
  /** A sentence for each variable that is set and that no provider reads: what would read it. */
  readonly unread: readonly string[];
}

/** What a recogniser makes of an answer. */
export interface Diagnosis {
  readonly code: ErrorCode;
  /** What comes after `MLflow authentication error (HTTP n): `, or the whole message of a `RestError`. */
  readonly what: string;
  readonly hint: string;
  readonly remedies?: readonly string[];
  /** For a `RestError`: MLflow's name of the error. Its presence makes it one. */
  readonly errorCode?: string;
}

/** Knows the answers of one layer; `undefined` for all others. */
export type Recogniser = (answer: Answer) => Diagnosis | undefined;

export function header(answer: Pick<Answer, "headers">, name: string): string {
  const value = answer.headers[name];
  return Array.isArray(value) ? value.join(", ") : (value ?? "");
}

export function isHtml({ text }: Pick<Answer, "text">): boolean {
  return /^\s*<(!doctype html|html|head|body)/i.test(text);
}

/** A text of somebody else's on one line, cut. */
export function oneLine(said: string, most = 200): string {
  const line = printable(said.replace(/[\t-\r]+/g, " ").trim());
  return line.length > most ? `${line.slice(0, most)}…` : line;
}

/** The beginning of the body, where titles and forms stand; a whole one would let a hostile server keep us searching. */
export function beginningOf({ text }: Pick<Answer, "text">): string {
  return text.slice(0, 16_384);
}

/** What a person would read of the body: the title of a page, else the text. */
export function saidIn(answer: Pick<Answer, "text">): string {
  const beginning = beginningOf(answer);
  if (!isHtml(answer)) return oneLine(beginning);
  const title = /<(title|h1)[^>]*>([\s\S]*?)<\/\1>/i.exec(beginning)?.[2] ?? "";
  return oneLine(title.replace(/<[^>]*>|\s+/g, " "));
}

export function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function object(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** The providers that sent something to be judged: `"basic"`, `"mtls and token"`; empty when there was none. */
export function credentialsIn({ sent }: Answer): string {
  return sent.members.filter((name) => name !== "anonymous").join(" and ");
}
