import type { Reply } from "./engine.ts";

const pages = {
  404: [
    "Not Found",
    "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.",
  ],
  405: ["Method Not Allowed", "The method is not allowed for the requested URL."],
  500: [
    "Internal Server Error",
    "The server encountered an internal error and was unable to complete your request. Either the server is overloaded or there is an error in the application.",
  ],
} as const;

/** The page that MLflow's web framework shows where MLflow itself has no answer. */
export function htmlPage(status: keyof typeof pages, headers: Record<string, string> = {}): Reply {
  const [title, explanation] = pages[status];
  return {
    status,
    headers: { "content-type": "text/html; charset=utf-8", ...headers },
    body: `<!doctype html>\n<html lang=en>\n<title>${status} ${title}</title>\n<h1>${title}</h1>\n<p>${explanation}</p>\n`,
  };
}
