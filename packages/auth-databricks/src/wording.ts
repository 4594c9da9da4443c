const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A text of somebody else's, without what could be a credential: tokens by their look, and long runs of characters. */
export function maskCredentials(text: string): string {
  return text
    .replace(/\b(?:eyJ|dapi|dose)[\w.=-]{8,}/g, "***")
    .replace(/[A-Za-z0-9_~+=%-]{24,}/g, (word) => (uuid.test(word) ? word : "***"));
}

/** What somebody else complained of, fit for an error: in one line, not too long, and masked. */
export function complaint(text: string): string {
  const masked = maskCredentials(text.replace(/[\u0000-\u001f\u007f]+/g, " ").trim());
  return masked.length > 300 ? `${masked.slice(0, 300)}…` : masked || "it did not say why";
}
