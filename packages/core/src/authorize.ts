import type { CredentialCache } from "./credential-cache.ts";
import { AuthError } from "./errors.ts";
import { checkHeader, type Headers } from "./headers.ts";
import type { Auth, Awaitable, Credential, HttpRequest } from "./types.ts";

/** A selected provider with its credential cache, if it has something to load. */
export interface ActiveMember {
  readonly name: string;
  readonly auth: Auth;
  readonly cache: CredentialCache | undefined;
  /** The provider's own, bound: looking it up in an object of unknown shape at each request costs more than calling it. */
  readonly authorize: Auth["authorize"];
  /** What it wrote into the request before, so that the same headers are not checked again. */
  last?: Written;
}

/** The headers that one member wrote into one request, and how many the request had then. */
interface Written {
  readonly count: number;
  readonly names: readonly string[];
  readonly values: readonly string[];
}

/** The members that a request has passed, the last one first. */
interface Passed {
  readonly member: ActiveMember;
  readonly written: Written;
  readonly before: Passed | undefined;
}

/** Told of each header that a member wrote, before it can be sent. */
export type OnHeader = (name: string, value: string, member: ActiveMember) => void;

/** Which credential each member used, for a renewal after a refusal. */
export type Used = Map<ActiveMember, Credential>;

/**
 * Lets every member write its headers into the request, in order, at once where nothing has to be awaited. A member
 * overwrites what the caller wrote; `original` is what that was.
 *
 * @throws AuthError `ERR_AUTH_CONFLICT` when two members write the same header, `ERR_AUTH_INVALID` for a header that
 * cannot be sent, and whatever a member throws.
 */
export function authorize(
  members: readonly ActiveMember[],
  original: Headers,
  request: HttpRequest,
  onHeader: OnHeader,
  used?: Used,
): Awaitable<void> {
  return pass(members, 0, undefined, original, request, onHeader, used);
}

function pass(
  members: readonly ActiveMember[],
  from: number,
  before: Passed | undefined,
  original: Headers,
  request: HttpRequest,
  onHeader: OnHeader,
  used: Used | undefined,
): Awaitable<void> {
  let passed = before;
  for (let i = from; i < members.length; i += 1) {
    const member = members[i] as ActiveMember;
    const pending = write(member, request, used);
    if (pending !== undefined) return resume(pending, members, i, passed, original, request, onHeader, used);
    if (member.last !== undefined && members.length === 1 && isSame(request.headers, member.last)) return;
    passed = settle(member, passed, original, request, onHeader);
  }
}

/** The rest of `pass`, apart from it: a closure in there would cost every request, also those that wait for nothing. */
async function resume(
  pending: PromiseLike<void>,
  members: readonly ActiveMember[],
  index: number,
  before: Passed | undefined,
  original: Headers,
  request: HttpRequest,
  onHeader: OnHeader,
  used: Used | undefined,
): Promise<void> {
  await pending;
  const passed = settle(members[index] as ActiveMember, before, original, request, onHeader);
  await pass(members, index + 1, passed, original, request, onHeader, used);
}

function write(member: ActiveMember, request: HttpRequest, used: Used | undefined): Awaitable<void> {
  const { authorize, cache } = member;
  const first = authorize?.(request);
  if (cache === undefined) return first;
  if (first === undefined) {
    const credential = cache.peek();
    if (credential !== undefined) {
      used?.set(member, credential);
      return credential.authorize(request);
    }
  }
  return load(first, member, cache, request, used);
}

async function load(
  first: Awaitable<void>,
  member: ActiveMember,
  cache: CredentialCache,
  request: HttpRequest,
  used: Used | undefined,
): Promise<void> {
  await first;
  const credential = await cache.get(request.signal);
  used?.set(member, credential);
  await credential.authorize(request);
}

function settle(
  member: ActiveMember,
  before: Passed | undefined,
  original: Headers,
  request: HttpRequest,
  onHeader: OnHeader,
): Passed {
  const { last } = member;
  const written =
    last !== undefined && isSame(request.headers, last) ? last : inspect(member, before, original, request, onHeader);
  member.last = written;
  return { member, written, before };
}

function isSame(headers: Headers, last: Written): boolean {
  let count = 0;
  for (const _ in headers) count += 1;
  if (count !== last.count) return false;
  for (let i = 0; i < last.names.length; i += 1) if (headers[last.names[i] as string] !== last.values[i]) return false;
  return true;
}

/** Finds, checks and reports what the member wrote. */
function inspect(
  member: ActiveMember,
  before: Passed | undefined,
  original: Headers,
  request: HttpRequest,
  onHeader: OnHeader,
): Written {
  const { headers } = request;
  const names: string[] = [];
  const values: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (value === original[name] || value === writer(before, name)?.value) continue;
    const key = checkHeader(name, value, member.name);
    const other = writer(before, key);
    if (other !== undefined) {
      throw new AuthError("ERR_AUTH_CONFLICT", `${other.name} and ${member.name} both write the header ${key}`, {
        hint: "Put them into a chain(), where the first wins, or keep one of them.",
      });
    }
    if (key !== name) {
      delete headers[name];
      headers[key] = value;
    }
    names.push(key);
    values.push(value);
    onHeader(key, value, member);
  }
  return { count: Object.keys(headers).length, names, values };
}

/** Who wrote the header before, in this request, and what. */
function writer(before: Passed | undefined, header: string): { name: string; value: string | undefined } | undefined {
  for (let passed = before; passed !== undefined; passed = passed.before) {
    const index = passed.written.names.indexOf(header);
    if (index !== -1) return { name: passed.member.name, value: passed.written.values[index] };
  }
  return undefined;
}
