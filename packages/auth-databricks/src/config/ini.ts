/** Sections, each with its keys. A key before the first section is in `DEFAULT`. */
export type Ini = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** What is wrong, and in which line; the line itself may hold a secret. */
export class IniError extends Error {
  constructor(
    readonly line: number,
    what: string,
  ) {
    super(`line ${line}: ${what}`);
  }
}

/**
 * Reads an INI file as Databricks' Go SDK and CLI do (gopkg.in/ini.v1 with `SpaceBeforeInlineComment`): a comment needs
 * a space before its `#` or `;`, one pair of surrounding quotes is taken off, values may span lines by a backslash at
 * the end or inside `"""` and backticks, section names are taken literally, the last of two equal keys wins.
 *
 * @throws IniError
 */
export function parseIni(text: string): Ini {
  const sections = new Map<string, Map<string, string>>();
  const lines = text.replace(/^\ufeff/, "").split("\n");
  let section = enter("DEFAULT");
  for (let at = 0; at < lines.length; ) {
    const number = at + 1;
    const line = trimStart(lines[at++]!);
    if (line === "" || line[0] === "#" || line[0] === ";") continue;
    if (line[0] === "[") {
      const end = line.lastIndexOf("]");
      if (end === -1) throw new IniError(number, "a section without its closing bracket");
      if (end === 1) throw new IniError(number, "a section without a name");
      section = enter(line.slice(1, end));
      continue;
    }
    const { key, rest } = splitKey(line, number);
    section.set(key, readValue(rest, number));

    function readValue(raw: string, start: number): string {
      const value = trimStart(raw);
      const quote = value.startsWith('"""') && value.length > 3 ? '"""' : value[0] === "`" ? "`" : undefined;
      if (quote !== undefined) {
        const body = value.slice(quote.length);
        const end = body.lastIndexOf(quote);
        return end === -1 ? readQuoted(body, quote, start) : body.slice(0, end);
      }
      const trimmed = trim(value);
      return trimmed.endsWith("\\") ? readContinued(trimmed.slice(0, -1)) : unquote(withoutComment(trimmed));
    }

    function readQuoted(first: string, quote: string, start: number): string {
      for (let value = `${first}\n`; at < lines.length; value += `${lines[at++]}\n`) {
        const end = lines[at]!.lastIndexOf(quote);
        if (end !== -1) return value + lines[at++]!.slice(0, end);
      }
      throw new IniError(start, "a quoted value without its closing quote");
    }

    function readContinued(first: string): string {
      for (let value = first; ; value = value.slice(0, -1)) {
        const next = at < lines.length ? trim(lines[at++]!) : "";
        value += next;
        if (next === "" || !value.endsWith("\\")) return value;
      }
    }
  }
  return sections;

  function enter(name: string): Map<string, string> {
    const found = sections.get(name) ?? new Map<string, string>();
    sections.set(name, found);
    return found;
  }
}

function splitKey(line: string, number: number): { key: string; rest: string } {
  const quote = ['"""', '"', "`"].find((one) => line.startsWith(one) && (one !== '"""' || line.length > 6));
  const from = quote?.length ?? 0;
  const close = quote === undefined ? 0 : line.indexOf(quote, from);
  if (close === -1) throw new IniError(number, "a quoted key without its closing quote");
  const delimiter = line.slice(close).search(/[=:]/);
  if (delimiter === -1) throw new IniError(number, "neither a section nor a key and its value");
  const key = trim(quote === undefined ? line.slice(0, delimiter) : line.slice(from, close));
  if (key === "") throw new IniError(number, "a value without a key");
  return { key, rest: line.slice(close + delimiter + 1) };
}

function withoutComment(value: string): string {
  const hash = value.indexOf(" #");
  const start = hash === -1 ? value.indexOf(" ;") : hash;
  return start === -1 ? value : trim(value.slice(0, start));
}

function unquote(value: string): string {
  const quote = value[0];
  const quoted = (quote === "'" || quote === '"') && value.length > 1 && value.indexOf(quote, 1) === value.length - 1;
  return quoted ? value.slice(1, -1) : value;
}

/** Go's `unicode.IsSpace`, which does not know the byte order mark that JavaScript's trim takes off. */
const space = "[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const leading = new RegExp(`^${space}+`);
const trailing = new RegExp(`${space}+$`);

function trimStart(text: string): string {
  return text.replace(leading, "");
}

function trim(text: string): string {
  return trimStart(text).replace(trailing, "");
}
