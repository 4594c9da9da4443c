import { checkProvider, compositionOf } from "./compose.ts";
import { AuthError, MlflowError } from "./errors.ts";
import type { Auth, AuthContext, AuthProvider } from "./types.ts";

/** A provider that resolved, with what it contributes. */
export interface Member {
  readonly name: string;
  readonly auth: Auth;
}

/** One provider's line in the report of `explain()`. */
export interface ProviderReport {
  readonly name: string;
  /** `shadowed`: would have resolved, but one before it in the chain did. `broken`: configured, but unusable. */
  readonly outcome: "selected" | "skipped" | "shadowed" | "broken";
  /** Where its credentials come from, when it resolved. */
  readonly source?: string;
  readonly details?: Readonly<Record<string, string>>;
  /** Why it was skipped, shadowed or found broken. */
  readonly reason?: string;
}

export interface Selection {
  readonly members: readonly Member[];
  readonly reports: readonly ProviderReport[];
  /** What stopped the walk, if anything did. */
  readonly error?: unknown;
}

/** A context for one provider; `skip` hands over the reason. */
export type ContextFor = (skip: (reason: string) => void) => AuthContext;

/** Walks chains and combinations, asking each provider until the question is settled. Never throws: see `error`. */
export async function select(provider: AuthProvider, contextFor: ContextFor): Promise<Selection> {
  const composition = compositionOf(provider);
  if (composition === undefined) return ask(provider, contextFor);
  const members: Member[] = [];
  const reports: ProviderReport[] = [];
  for (const [index, next] of composition.members.entries()) {
    const part = await select(next, contextFor);
    members.push(...part.members);
    reports.push(...part.reports);
    const settled = composition.kind === "chain" && part.members.length > 0;
    if (part.error !== undefined || settled) {
      const rest = composition.members.slice(index + 1);
      return { members, reports: [...reports, ...notReached(rest, part)], error: part.error };
    }
  }
  return { members, reports };
}

/** Resolves what a selection left out, for the report only. */
export async function examine(
  provider: AuthProvider,
  selection: Selection,
  contextFor: ContextFor,
): Promise<ProviderReport[]> {
  const reports: ProviderReport[] = [];
  for (const [index, leaf] of leaves(provider).entries()) {
    const report = selection.reports[index];
    if (report?.outcome !== "shadowed") {
      if (report !== undefined) reports.push(report);
      continue;
    }
    const alone = await ask(leaf, contextFor);
    const [found] = alone.reports;
    if (found === undefined) continue;
    reports.push(found.outcome === "selected" ? { ...found, ...report, source: found.source } : found);
  }
  return reports;
}

function leaves(provider: AuthProvider): AuthProvider[] {
  return compositionOf(provider)?.members.flatMap(leaves) ?? [provider];
}

function notReached(providers: readonly AuthProvider[], by: Selection): ProviderReport[] {
  const reason =
    by.error === undefined
      ? `${by.members.map((member) => member.name).join(" and ")} comes first`
      : "a provider before it is broken";
  return providers.flatMap(leaves).map((leaf) => ({ name: leaf.name, outcome: "shadowed", reason }));
}

async function ask(provider: AuthProvider, contextFor: ContextFor): Promise<Selection> {
  const { name } = provider;
  let reason = "not configured here";
  try {
    checkProvider(provider, "auth");
    const auth = await provider.resolve(
      contextFor((given) => {
        reason = given;
      }),
    );
    if (auth === undefined) return { members: [], reports: [{ name, outcome: "skipped", reason }] };
    if (typeof auth?.source !== "string") {
      throw new AuthError("ERR_AUTH_PROVIDER", `${name}: resolve() gave neither undefined nor an object with a source`);
    }
    const report: ProviderReport = { name, outcome: "selected", source: auth.source, details: auth.details };
    return { members: [{ name, auth }], reports: [report] };
  } catch (thrown) {
    const error = asMlflowError(thrown, name);
    return { members: [], reports: [{ name, outcome: "broken", reason: error.message }], error };
  }
}

/** What a provider threw, as an error of the family. */
export function asMlflowError(thrown: unknown, name: string): MlflowError {
  if (MlflowError.is(thrown)) return thrown;
  const said = thrown instanceof Error ? thrown.message : "something that is no Error was thrown";
  return new AuthError("ERR_AUTH_PROVIDER", `${name}: ${said}`, { cause: thrown });
}

/** @throws AuthError `ERR_AUTH_CONFLICT` when two members answer a question that has one answer. */
export function checkCombination(members: readonly Member[]): void {
  for (const [slot, what] of [
    ["baseUrl", "an address"],
    ["tls", "a client certificate"],
  ] as const) {
    const owners = members.filter((member) => member.auth[slot] !== undefined);
    if (owners.length > 1) {
      const names = owners.map((owner) => `${owner.name} (${owner.auth.source})`).join(" and ");
      throw new AuthError("ERR_AUTH_CONFLICT", `${names} both bring ${what}`, {
        hint: "Keep one of them, or put them into a chain(), where the first wins.",
      });
    }
  }
}

/** Signers last; otherwise the order of the composition. */
export function inOrder(members: readonly Member[]): Member[] {
  return [...members.filter((member) => !member.auth.signs), ...members.filter((member) => member.auth.signs)];
}
