import { AuthError } from "@mlflow-kit/core";

/** Sections by name; options by lower-case name. Maps, so that no name can reach a prototype. */
export type Ini = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * Reads an INI file by the rules of Python's `ConfigParser`, as MLflow does, except that a `%` is a `%`: options are
 * split at the first `=` or `:`, their names are lower-cased, only whole lines can be comments (`#`, `;`), quotes are
 * part of the value, deeper indented lines continue it, and `[DEFAULT]` is inherited by every section.
 *
 * @param about - Names the file in errors.
 * @throws AuthError `ERR_AUTH_FILE` with the number of the line, never its content, for a line that is no option, an
 * option before the first section, and a section or option that comes twice.
 */
export function parseIni(text: string, about: { owner: string; file: string }): Ini {
  const defaults = new Map<string, string>();
  const sections = new Map<string, Map<string, string>>();
  const fault = (index: number, what: string) =>
    new AuthError("ERR_AUTH_FILE", `${about.owner}: ${about.file}, line ${index + 1}: ${what}`, {
      hint: "Each line is a [section], or name = value, or a # comment.",
    });

  let section: Map<string, string> | undefined;
  let option: string | undefined;
  let indent = 0;
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/);
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (/^[#;]/.test(line)) continue;
    const depth = raw.search(/\S/);
    if (section && option && (line === "" || depth > indent)) {
      section.set(option, `${section.get(option)}\n${line}`);
      continue;
    }
    if (line === "") continue;
    indent = depth;
    const header = /^\[(.+)\]/.exec(line)?.[1];
    if (header !== undefined) {
      if (sections.has(header)) throw fault(index, "this section came before");
      section = header === "DEFAULT" ? defaults : new Map();
      if (section !== defaults) sections.set(header, section);
      option = undefined;
      continue;
    }
    if (!section) throw fault(index, "there is no [section] before it");
    const split = line.search(/[=:]/);
    if (split <= 0) throw fault(index, "it is neither a section nor an option");
    option = line.slice(0, split).trim().toLowerCase();
    if (section.has(option)) throw fault(index, "this option came before");
    section.set(option, line.slice(split + 1).trim());
  }

  return new Map([...sections].map(([name, own]) => [name, withoutEnds([...defaults, ...own])]));
}

/** Empty lines at the end of a value do not belong to it. */
function withoutEnds(options: readonly [string, string][]): Map<string, string> {
  return new Map(options.map(([name, value]) => [name, value.trimEnd()]));
}
