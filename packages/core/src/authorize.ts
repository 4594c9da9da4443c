import type { CredentialCache } from "./credential-cache.ts";
import { AuthError } from "./errors.ts";
import { checkHeader } from "./headers.ts";
import type { Auth, Awaitable, Credential, HttpRequest } from "./types.ts";

/** A selected provider with its credential cache, if it has something to load. */
export interface ActiveMember {
  readonly name: string;
  readonly auth: Auth;
  readonly cache: CredentialCache | undefined;
}

/** Told of each header that a member wrote, before it can be sent. */
export type OnHeader = (name: string, value: string, member: ActiveMember) => void;

/** Which credential each member used, for a renewal after a refusal. */
export type Used = Map<ActiveMember, Credential>;

/**
 * Lets every member write its headers into the request, in order, at once where nothing has to be awaited. A member
 * overwrites what the caller wrote.
 *
 * @throws AuthError `ERR_AUTH_CONFLICT` when two members write the same header, `ERR_AUTH_INVALID` for a header that
 * cannot be sent, and whatever a member throws.
 */
export function authorize(
  members: readonly ActiveMember[],
  request: HttpRequest,
  onHeader: OnHeader,
  used?: Used,
): Awaitable<void> {
  const owners = members.length > 1 ? new Map<string, ActiveMember>() : undefined;
  return from(0);

  function from(index: number): Awaitable<void> {
    for (let i = index; i < members.length; i += 1) {
      const member = members[i] as ActiveMember;
      const before = { ...request.headers };
      const written = write(member, request, used);
      if (written !== undefined) {
        return Promise.resolve(written).then(() => {
          settle(member, before);
          return from(i + 1);
        });
      }
      settle(member, before);
    }
  }

  function settle(member: ActiveMember, before: Record<string, string>): void {
    const { headers } = request;
    for (const name in headers) {
      const value = headers[name] as string;
      if (before[name] === value) continue;
      const key = checkHeader(name, value, member.name);
      if (key !== name) {
        delete headers[name];
        headers[key] = value;
      }
      const other = owners?.get(key);
      if (other !== undefined) {
        throw new AuthError("ERR_AUTH_CONFLICT", `${other.name} and ${member.name} both write the header ${key}`, {
          hint: "Put them into a chain(), where the first wins, or keep one of them.",
        });
      }
      owners?.set(key, member);
      onHeader(key, value, member);
    }
  }
}

function write(member: ActiveMember, request: HttpRequest, used: Used | undefined): Awaitable<void> {
  const { auth, cache } = member;
  const first = auth.authorize?.(request);
  if (cache === undefined) return first;
  if (first === undefined) {
    const credential = cache.peek();
    if (credential !== undefined) {
      used?.set(member, credential);
      return credential.authorize(request);
    }
  }
  return load();

  async function load() {
    await first;
    const credential = await (cache as CredentialCache).get(request.signal);
    used?.set(member, credential);
    await credential.authorize(request);
  }
}
