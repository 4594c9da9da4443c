/** int64 on the wire. Read as a bigint beyond ±(2^53 − 1), else as a number; either may be sent. */
export type Int64 = number | bigint;

declare const nothing: unique symbol;

/** No parameters, or an answer without fields. */
export interface Nothing {
  readonly [nothing]?: never;
}

/** One row of the table. `Repeatable`: sending it twice leaves the server as sending it once, and succeeds again. */
export interface Call<Parameters, Answer, Repeatable extends boolean> {
  parameters: Parameters;
  answer: Answer;
  repeatable: Repeatable;
}

/** The part of a group of routes that exists at run time: which of them may be sent twice. */
export type Repeatable<Group> = {
  readonly [K in keyof Group]: Group[K] extends Call<infer _P, infer _A, infer R> ? R : never;
};

/** Asks for one page of a list. */
export interface Page {
  /** At most so many entries; each list has a default and a largest value of its own. */
  max_results?: number;
  /** `next_page_token` of the answer before. */
  page_token?: string;
}

/** Tells that there is more. */
export interface NextPage {
  /** Absent on the last page. */
  next_page_token?: string;
}
